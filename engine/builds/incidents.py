"""Tells failures that are the same as one incident, however often they come and whichever task they are of."""

from datetime import datetime

from engine.hall import Hall
from engine.safety.limits.signature import signature
from state.model.build import Build, Finished
from state.model.escalation import Escalation

_BACK = 1000
"""So many attempts are looked back over."""


def given_up(hall: Hall, build: Build, text: str) -> tuple[Escalation, ...]:
    """Return the question about a build that was the last try, to be staged; `text` says how it failed."""
    found = signature(text)
    times, since = _in_a_row(hall, build, found)
    task = hall.task(build.label)
    told = f"failed {task.failures + 1} times; the last time: {text}"
    if times > task.failures + 1:
        told = f"failed {times} times in the same way since it last succeeded: {text}"
    now = hall.clock.now()
    return hall.questions.fail(task, told, found, now, build=build.id, count=times, since=since)


def _in_a_row(hall: Hall, build: Build, found: str) -> tuple[int, datetime | None]:
    """How often a task has failed with a signature since it last succeeded, this time included, and when that was."""
    times = 1
    for attempt in range(build.attempt - 1, max(build.attempt - _BACK, 0), -1):
        earlier = hall.store.builds.get(f"{build.label}-{attempt}")
        if earlier is None or not isinstance(earlier.state, Finished):
            continue
        if earlier.state.ending == "done":
            return times, earlier.state.at
        if earlier.state.ending == "failed" and signature(earlier.state.text) == found:
            times += 1
    return times, None
