"""The file of a roll-out is read with every mistake in it."""

from pathlib import Path

import pytest

from state.model.brakes.rollout import Promote
from state.settings import SettingsError
from state.settings.rollout import read_rollout


def test_what_it_says_is_read(tmp_path: Path) -> None:
    """Its name is the file's unless it has one."""
    path = tmp_path / "trust.toml"
    path.write_text(
        '[rollout]\npromote = "hand"\nsamples = 5\nmargin = 0.2\n'
        '[approval]\nbudget_over = 5\nself_starting = ["new_feature"]\n'
    )
    found = read_rollout(path, "to see")
    assert (found.name, found.promote, found.samples, found.margin, found.why) == (
        "trust",
        Promote.HAND,
        5,
        0.2,
        "to see",
    )
    assert (found.overrides.budget_over, found.overrides.self_starting) == (5_000_000, ("new_feature",))


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("[approval]\nbudget = 5", 2, "approval.budget"),
        ('[approval]\nbudget_over = "much"', 2, "approval.budget_over"),
        ("[rollout]\n\nmargin = 2", 3, "rollout.margin"),
        ("[windows]", 1, "windows"),
        ("approval = 3", 1, "approval"),
        ("[approval", 1, ""),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, line: int, key: str) -> None:
    """As everywhere in the settings."""
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as refused:
        read_rollout(path)
    [problem] = refused.value.problems
    assert (problem.line, problem.key) == (line, key)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_rollout(tmp_path / "none.toml")
