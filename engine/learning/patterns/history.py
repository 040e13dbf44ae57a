"""What happened when, as patterns are looked for in it: the latest year of the record, on the operator's wall."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from engine.learning.patterns.likeness import Likeness, of_task
from state.model.build import Finished
from state.model.escalation import EscalationKind
from state.model.learning.pattern import SOURCE
from state.model.task import Done, Task
from state.model.view import View

REACHES = timedelta(days=400)
"""How far back it is looked: past a year, so that twelve months are seen."""
BURST = timedelta(minutes=10)
"""What is asked for again so soon is the same wish."""

_ASKING = (EscalationKind.APPROVAL_NEEDED, EscalationKind.REVIEW_NEEDED)


class Happening(NamedTuple):
    """Something that the operator wanted or did, by the clock and on the wall."""

    at: datetime
    wall: datetime
    """Naive."""
    label: str


class History(NamedTuple):
    """All that happened, by likeness, each in order."""

    tasks: dict[Likeness, list[Happening]]
    answers: list[Happening]
    zone: tzinfo

    def wall(self, at: datetime) -> datetime:
        """Return a moment as the operator's clock shows it, naive."""
        return at.astimezone(self.zone).replace(tzinfo=None)


def gather(view: View, zone: tzinfo) -> History:
    """Return the history of a view, as it is seen from its moment."""
    begin = view.at - REACHES
    takings = _takings(view)
    tasks: dict[Likeness, list[Happening]] = {}
    for at, task in _wanted(view, takings):
        if begin <= at <= view.at:
            tasks.setdefault(of_task(task.spec), []).append(_happening(at, task.label, zone))
    answered = [
        _happening(asked.answered_at, asked.label, zone)
        for asked in view.escalations.values()
        if asked.answered_at is not None and asked.type in _ASKING and begin <= asked.answered_at <= view.at
    ]
    return History({like: _once(found) for like, found in tasks.items()}, _once(answered), zone)


def _happening(at: datetime, label: str, zone: tzinfo) -> Happening:
    return Happening(at, at.astimezone(zone).replace(tzinfo=None), label)


def _wanted(view: View, takings: dict[str, datetime]) -> Iterable[tuple[datetime, Task]]:
    """Yield when which task was wanted: added, or built anew after it was done.

    What comes by a cron expression of its own is no routine to be learnt. What was built ahead for a pattern counts at
    the time that it was meant for if the operator took it: else the routine would die of being served.
    """
    for task in view.tasks.values():
        if task.spec.source == SOURCE:
            if task.label in takings and isinstance(task.state, Done):
                yield takings[task.label], task
        elif not task.spec.cron:
            yield task.added_at, task
    done: dict[str, datetime] = {}
    for build in sorted(view.builds.values(), key=lambda build: build.created_at):
        again = view.tasks.get(build.label)
        if again is None or again.spec.cron or again.spec.source == SOURCE:
            continue
        if build.label in done:
            yield build.created_at, again
            del done[build.label]
        if isinstance(build.state, Finished) and build.state.ending == "done":
            done[build.label] = build.state.at


def _takings(view: View) -> dict[str, datetime]:
    """Return by label the time that each task was built ahead for."""
    return {made.label: made.at for pattern in view.patterns.values() for made in pattern.prebuilt}


def _at(one: Happening) -> datetime:
    return one.at


def _once(found: list[Happening]) -> list[Happening]:
    """Put happenings in order, without those that follow another within the same burst."""
    found.sort(key=_at)
    kept: list[Happening] = []
    for one in found:
        if not kept or one.at - kept[-1].at >= BURST:
            kept.append(one)
    return kept
