"""The one table of which state may follow which."""

import itertools
from typing import Any, get_args

import pytest

from state.model import build as b
from state.model import task as t
from state.model.moves import BUILD_MOVES, TASK_MOVES, IllegalMove, move_build, move_task
from tests.making import NOON, a_build, a_task

TASK_STATES: dict[type, Any] = {
    t.Queued: t.Queued(),
    t.Held: t.Held(findings=()),
    t.AwaitingApproval: t.AwaitingApproval(findings=()),
    t.Building: t.Building(build="tidy-1"),
    t.Verifying: t.Verifying(build="tidy-1"),
    t.AwaitingReview: t.AwaitingReview(build="tidy-1", digest="d"),
    t.Retrying: t.Retrying(at=NOON, text="failed"),
    t.Done: t.Done(build="tidy-1", note="merged", at=NOON),
    t.Failed: t.Failed(build="tidy-1", text="failed", at=NOON),
    t.Killed: t.Killed(build="tidy-1", text="killed", at=NOON),
    t.Unknown: t.Unknown(build="tidy-1", text="lost", at=NOON),
}
BUILD_STATES: dict[type, Any] = {
    b.Preparing: b.Preparing(),
    b.Starting: b.Starting(token="x"),
    b.Running: b.Running(token="x", pid=2, start_ticks=3, boot="b"),
    b.Ended: b.Ended(exit_code=0),
    b.Checking: b.Checking(candidate=""),
    b.Reviewing: b.Reviewing(digest="d"),
    b.Delivering: b.Delivering(old="o", new="n"),
    b.Finished: b.Finished(ending="done", text="merged", at=NOON),
}


def test_every_state_is_in_the_table() -> None:
    """A state that is added must say what may follow it."""
    assert set(TASK_MOVES) == set(TASK_STATES) == set(get_args(t.TaskState))
    assert set(BUILD_MOVES) == set(BUILD_STATES) == set(get_args(b.BuildState))


@pytest.mark.parametrize(("before", "after"), [*itertools.product(TASK_STATES, repeat=2)])
def test_a_task_moves_as_the_table_says(before: type, after: type) -> None:
    """Every pair is tried: those in the table move and keep the rest of the task, all others are defects."""
    task = a_task(state=TASK_STATES[before], attempts=2)
    if after in TASK_MOVES[before]:
        moved = move_task(task, TASK_STATES[after], failures=1)
        assert (moved.state, moved.spec, moved.attempts, moved.failures) == (TASK_STATES[after], task.spec, 2, 1)
    else:
        with pytest.raises(IllegalMove, match=f"task tidy: {task.state_name} cannot become"):
            move_task(task, TASK_STATES[after])


@pytest.mark.parametrize(("before", "after"), [*itertools.product(BUILD_STATES, repeat=2)])
def test_a_build_moves_as_the_table_says(before: type, after: type) -> None:
    """Every pair is tried, as for tasks."""
    build = a_build(state=BUILD_STATES[before], percent=40)
    if after in BUILD_MOVES[before]:
        moved = move_build(build, BUILD_STATES[after], percent=50)
        assert (moved.state, moved.id, moved.percent) == (BUILD_STATES[after], "tidy-1", 50)
    else:
        with pytest.raises(IllegalMove, match=f"build tidy-1: {build.state_name} cannot become"):
            move_build(build, BUILD_STATES[after])


def test_what_is_over_begins_again_only_through_the_queue() -> None:
    """Nothing that ended runs again without being queued, and a finished build stays so."""
    for ended in (t.Done, t.Failed, t.Killed, t.Unknown):
        assert not TASK_MOVES[ended] & {t.Building, t.Verifying, t.Retrying}
    assert BUILD_MOVES[b.Finished] == frozenset()


def test_every_task_state_is_reached_from_the_queue() -> None:
    """No state is dead wood."""
    reached: set[type] = {t.Queued}
    frontier = reached
    while frontier:
        frontier = {after for before in frontier for after in TASK_MOVES[before]} - reached
        reached |= frontier
    assert reached == set(TASK_STATES)
