"""What a week holds: its windows, the builds that were, and the starts that are foreseen."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

import msgspec

from engine.facts import gather, rules_of
from engine.schedule.almanac import Almanac
from engine.schedule.durations import Durations
from engine.schedule.forecast import forecast
from engine.schedule.timetable import coming
from engine.schedule.windows import AHEAD
from engine.telemetry.history import History
from state.model.build import Build, Finished
from state.model.view import View
from state.model.when.window import Span
from state.settings import Settings
from widgets.week import Kind, Mark

_TIMES = 50
"""Times ahead that are told of one schedule."""


class Outlook(NamedTuple):
    """A stretch of time; moments are aware, and days are those of `zone`."""

    zone: tzinfo
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    """In the order of time."""


def look_out(view: View, settings: Settings, start: datetime, end: datetime) -> Outlook:
    """Return what lies between two moments, seen from the view's own; reads the calendar's files.

    The view must not change meanwhile.
    """
    almanac = Almanac(settings)
    if almanac.calendar.files:
        almanac.take(almanac.calendar.read(view.at))
    marks = [*_built(view), *_foreseen(view, settings, almanac), *_scheduled(view, settings)]
    inside = [mark for mark in marks if mark.at < end and (mark.until or mark.at) >= start]
    return Outlook(
        zone=almanac.zone,
        spans=almanac.week.spans(start, end),
        marks=tuple(sorted(inside, key=lambda mark: (mark.at, mark.label))),
    )


def frozen(view: View) -> View:
    """Return a view whose maps stay as they are, for another thread."""
    names = ("tasks", "builds", "escalations", "anomalies", "schedules", "progress")
    return msgspec.structs.replace(view, **{name: dict(getattr(view, name)) for name in names})


def _built(view: View) -> Iterator[Mark]:
    for build in view.builds.values():
        if build.started_at is None:
            continue
        kind = Kind.RUNNING if build.occupies else _KINDS[_ending(build)]
        until = build.ended_at or (view.at if build.occupies else build.started_at)
        yield Mark(at=build.started_at, until=until, label=build.id, kind=kind, text=build.step)


_KINDS = {"done": Kind.DONE, "review": Kind.REVIEW}
_KINDS |= dict.fromkeys(("failed", "killed", "unknown"), Kind.FAILED)


def _ending(build: Build) -> str:
    return build.state.ending if isinstance(build.state, Finished) else "review"


def _foreseen(view: View, settings: Settings, almanac: Almanac) -> Iterator[Mark]:
    facts = gather(view, settings, view.at, spans=almanac.spans(view.at))
    first, *later = almanac.changes(view.at, view.at + AHEAD, view.control)
    # What the engine says of the present moment counts: it knows whether the operator is there.
    now = msgspec.structs.replace(first, slots=facts.slots)
    durations = Durations(History(view.tasks, view.builds.values()))
    for found in forecast(view, facts, rules_of(settings), (now, *later), durations).values():
        if found.starts_at is not None:
            lasts = timedelta(seconds=durations.expected(view.tasks[found.label].spec).median_s)
            yield Mark(
                at=found.starts_at,
                until=found.starts_at + lasts,
                label=found.label,
                kind=Kind.PLANNED,
                text=found.text,
            )


def _scheduled(view: View, settings: Settings) -> Iterator[Mark]:
    for schedule in settings.schedules.values():
        state = view.schedules.get(schedule.name)
        if state is not None:
            for at in coming(schedule, state, view.at, _TIMES):
                yield Mark(at=at, until=at, label=schedule.name, kind=Kind.SCHEDULE, text=schedule.run)
