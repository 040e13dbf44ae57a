"""Builds that do not want to die."""

import pytest

from console.drill import tree
from engine.safety.kill import kill_build
from tests.engine.work.running import build_in, start, until, workspace

__all__ = ["workspace"]


def test_all_of_it_lives_until_it_is_killed(workspace) -> None:
    """At least as many processes as asked for come up, and its lock is free only once the last is dead."""
    paths = build_in(workspace)
    start(paths, tree.command(24))
    until(lambda: tree.grown(paths.work) >= 24, "the tree stands")
    assert not tree.dead(paths.work)
    report = kill_build(paths)
    assert report.found and report.survivors == () and report.processes >= 24
    assert tree.dead(paths.work)


def test_it_is_deaf_to_polite_signals(workspace) -> None:
    """A grace period ends nothing of it: only SIGKILL does, which is what a rehearsal is to prove."""
    paths = build_in(workspace)
    start(paths, tree.command(8))
    until(lambda: tree.grown(paths.work) >= 8, "the tree stands")
    report = kill_build(paths, grace_s=0.2)
    assert report.how[0] == "asked to end" and len(report.how) > 1
    assert tree.dead(paths.work)


def test_what_never_came_up_is_not_taken_for_dead(workspace) -> None:
    """Without the lock's file nothing is proven."""
    paths = build_in(workspace)
    assert tree.grown(paths.work) == 0
    with pytest.raises(FileNotFoundError):
        tree.dead(paths.work)
