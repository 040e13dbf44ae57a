"""The one table of which state may follow which."""

from datetime import datetime
from typing import Any

import msgspec

from state.model import build as b
from state.model import task as t

_OVER = (t.Done, t.Failed, t.Killed, t.Unknown)

TASK_MOVES: dict[type, frozenset[type]] = {
    t.Queued: frozenset({t.Held, t.AwaitingApproval, t.Building, t.Failed, t.Killed}),
    t.Held: frozenset({t.Queued, t.AwaitingApproval, t.Failed, t.Killed}),
    t.AwaitingApproval: frozenset({t.Queued, t.Held, t.Failed, t.Killed}),
    t.Building: frozenset({t.Verifying, t.Retrying, t.Queued, *_OVER}),
    t.Verifying: frozenset({t.AwaitingReview, t.Retrying, t.Queued, *_OVER}),
    t.AwaitingReview: frozenset({t.Verifying, t.AwaitingReview, t.Queued, t.Retrying, *_OVER}),
    t.Retrying: frozenset({t.Queued, t.Building, t.Failed, t.Killed}),
    t.Done: frozenset({t.Queued, t.Killed}),
    t.Failed: frozenset({t.Queued}),
    t.Killed: frozenset({t.Queued}),
    t.Unknown: frozenset({t.Queued, t.Failed, t.Killed}),
}

BUILD_MOVES: dict[type, frozenset[type]] = {
    b.Preparing: frozenset({b.Starting, b.Finished}),
    b.Starting: frozenset({b.Running, b.Ended, b.Finished}),
    b.Running: frozenset({b.Ended, b.Finished}),
    b.Ended: frozenset({b.Checking, b.Reviewing, b.Delivering, b.Finished}),
    b.Checking: frozenset({b.Checking, b.Reviewing, b.Delivering, b.Finished}),
    b.Reviewing: frozenset({b.Checking, b.Delivering, b.Finished}),
    b.Delivering: frozenset({b.Checking, b.Reviewing, b.Finished}),
    b.Finished: frozenset(),
}


class IllegalMove(Exception):
    """A state was asked to follow one that it may not follow: a defect, never an operator's mistake."""


def move_task(task: t.Task, state: t.TaskState, **changes: Any) -> t.Task:
    """Return the task in its next state; IllegalMove when the table does not have it."""
    if type(state) not in TASK_MOVES[type(task.state)]:
        raise IllegalMove(f"task {task.label}: {task.state_name} cannot become {t.state_name(state)}")
    return msgspec.structs.replace(task, state=state, **changes)


def move_build(build: b.Build, state: b.BuildState, **changes: Any) -> b.Build:
    """Return the build in its next state; IllegalMove when the table does not have it."""
    if type(state) not in BUILD_MOVES[type(build.state)]:
        raise IllegalMove(f"build {build.id}: {build.state_name} cannot become {type(state).__name__.lower()}")
    return msgspec.structs.replace(build, state=state, **changes)


def held_s(build: b.Build, now: datetime) -> float:
    """Return for how many seconds a build has stood still in all, up to now."""
    return build.held_s + (max((now - build.hold.since).total_seconds(), 0.0) if build.hold else 0.0)


def release(build: b.Build, now: datetime, **changes: Any) -> b.Build:
    """Return the build as one that stands still no longer; the time that it stood still is kept."""
    return msgspec.structs.replace(build, hold=None, held_s=held_s(build, now), **changes)
