"""Schedules that fail, or whose times pass without a run."""

import shlex
from datetime import timedelta

import msgspec

from engine.learning.problems.facts import Facts
from engine.learning.problems.words import many
from state.model.learning.problem import Fix, Kind, Severity, Sighting
from state.model.when.schedule import Ran, Run, Schedule, ScheduleState
from state.text import one_line

BUSY = 4
"""The exit code of a command that did nothing because something else held the workspace."""
_RECENT = timedelta(days=1)
_MISSED = 3
_WIDTH = 160
REPEATABLE = (
    ("snapshot", "create"),
    ("snapshot", "rehearse"),
    ("audit", "publish"),
    ("overnight", "report"),
    ("overnight", "brief"),
    ("report",),
    ("weekend",),
    ("problems", "scan"),
)
"""How commands begin that do no harm when they are run twice."""


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return the schedules that something is wrong with."""
    found = []
    for name, schedule in facts.settings.schedules.items():
        state = facts.view.schedules.get(name)
        if state is None or not schedule.enabled or state.paused:
            continue
        if state.last is not None and state.last.outcome in (Ran.FAILED, Ran.INTERRUPTED):
            found.append(_failed(schedule, state, state.last, facts))
        else:
            recent = sum(facts.now - missed.noted_at < _RECENT for missed in state.missed)
            if recent >= _MISSED:
                found.append(_missed(schedule, recent))
    return tuple(found)


def _failed(schedule: Schedule, state: ScheduleState, last: Run, facts: Facts) -> Sighting:
    how = "failed" if last.outcome is Ran.FAILED else "was interrupted"
    said = one_line(last.text, _WIDTH) or "it printed nothing"
    sighting = Sighting(
        kind=Kind.SCHEDULE,
        subject=schedule.name,
        severity=Severity.MEDIUM,
        text=f"{schedule.name} {how} at its last run: {said}: `midwatch schedules why {schedule.name}` tells more",
        figures={} if last.exit_code is None else {"exit_code": last.exit_code},
    )
    before = facts.view.problems.get(sighting.id)
    tried = before is not None and before.tried_at is not None and before.tried_at >= last.started_at
    if tried or state.running is not None or not passing(schedule, last):
        return sighting
    text = f"{sighting.text}; `midwatch problems fix` runs it once more"
    return msgspec.structs.replace(sighting, text=text, fix=Fix.RERUN)


def passing(schedule: Schedule, last: Run) -> bool:
    """Whether a run came to nothing for a reason that passes, and may be made once more without harm."""
    words = tuple(shlex.split(schedule.run))
    if not any(words[: len(known)] == known for known in REPEATABLE):
        return False
    return last.outcome is Ran.INTERRUPTED or last.exit_code == BUSY


def _missed(schedule: Schedule, count: int) -> Sighting:
    return Sighting(
        kind=Kind.SCHEDULE,
        subject=schedule.name,
        severity=Severity.LOW,
        text=f"{many(count, 'time')} of {schedule.name} passed in the last day without a run: "
        f"`midwatch schedules why {schedule.name}` says why",
        figures={"missed": count},
    )
