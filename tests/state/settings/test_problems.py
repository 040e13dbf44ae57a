"""How a mistake in the settings is told."""

from state.settings import Problem, SettingsError

FILE = "/w/midwatch.toml"


def test_a_mistake_names_file_line_and_key() -> None:
    """The words begin as compilers' do; a file that is no TOML has no key to name."""
    assert str(Problem(file=FILE, line=3, key="queue.slots", text="no")) == f"{FILE}:3: queue.slots: no"
    assert str(Problem(file=FILE, line=3, key="", text="no")) == f"{FILE}:3: no"


def test_all_mistakes_are_told_a_line_each() -> None:
    """An operator mends all of them at once."""
    problems = tuple(Problem(file=FILE, line=line, key="a", text="no") for line in (1, 2))
    assert str(SettingsError(problems)).splitlines() == [str(problem) for problem in problems]
