"""Kinds of builds, the closest first."""

import pytest

from engine.policy.bands.kinds import ALL, Kind, kinds, runner
from state.model.task import Category
from tests.making import a_spec


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("pytest -q", "pytest"),
        ("/usr/bin/make all", "make"),
        ("LANG=C A='x y' ./build.sh --fast", "build.sh"),
        ("# what for\nclaude -p 'mend it'", "claude"),
        ("echo 'never closed", "echo"),
        ("A=1", "nothing"),
        ("", "nothing"),
    ],
)
def test_the_runner_is_the_program(command: str, name: str) -> None:
    """A command line's first word that sets no variable names who does the work."""
    assert runner(command) == name


def test_kinds_fall_back_from_the_closest() -> None:
    """First category, runner and repository, then the category, then everything."""
    spec = a_spec(category=Category.BUG_FIX, command="pytest -q", repo="/srv/ledger")
    own = Kind(category="bug_fix", runner="pytest", repo="/srv/ledger")
    assert kinds(spec) == (own, Kind(category="bug_fix"), ALL)
    assert [kind.words for kind in kinds(spec)] == ["bug fix, pytest, ledger", "bug fix", "all tasks"]
    assert kinds(a_spec(command="make"))[0].words == "bug fix, make, no repository"
