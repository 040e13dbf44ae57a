"""Routines that are learnt, as an operator meets them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.console.cli.learning.past import daily, write
from tests.engine.work.repositories import git
from tests.front.midwatch import Space

Open = Callable[[str], Space]

SETTINGS = '[time]\nzone = "UTC"\n[limits.breaker]\nunchanged = 0\n[patterns]\nprebuild = {on}\n'
VERIFY = "test -s swept"


def with_a_past(open_space: Open, repo: Path, on: str) -> Space:
    """A workspace in which a like task was added, and done, on each of twenty days."""
    space = open_space(SETTINGS.format(on=on))
    write(space.paths, daily(repo=str(repo), command="date +%N > swept", verify=VERIFY, paths=("swept",)))
    return space


@pytest.mark.slow
def test_a_routine_is_built_ahead_and_waits_for_the_operator(open_space: Open, repo: Path) -> None:
    """The engine builds what is queued ahead and does not merge it, though it merges the same that was asked for."""
    space = with_a_past(open_space, repo, "true")
    with space.engine():
        (queued,) = space.json("patterns", "check")["queued"]
        label = queued.partition(":")[0]
        space.wait(label, "awaiting_review")
        assert git(repo, "log", "--format=%s", "main").count("\n") == 0
        assert space.json("patterns", "check")["queued"] == []
        space.ok("approve", label)
        space.wait(label, "done")
        space.add("asked", "date +%N > swept", "--repo", str(repo), "--paths", "swept", "--verify", VERIFY)
        space.wait("asked", "done")
    merged = git(repo, "log", "--format=%b", "main")
    assert f"Midwatch-Task: {label}" in merged and "Midwatch-Task: asked" in merged
    (row,) = space.json("patterns", "list")["patterns"]
    assert [made["label"] for made in row["prebuilt"]] == [label]
    assert space.json("patterns", "stats")["prebuilds_done"] == 1
    assert "patterns per week" in space.ok("kpis")


def test_nothing_is_built_ahead_unless_it_is_allowed(open_space: Open, repo: Path) -> None:
    """The same past, and the setting as it is by default: the pattern is noted, and the queue stays empty."""
    space = with_a_past(open_space, repo, "false")
    with space.engine():
        checked = space.json("patterns", "check")
        assert (len(checked["noted"]), checked["queued"]) == (1, [])
        assert space.json("queue") == []
