"""What kind of time it is, from the operator's word, the calendar, his presence and the windows, in this order."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from engine.policy.times import say_here, who
from engine.schedule.windows import AHEAD, Week
from state.model.when.context import Change, Context, ContextRule, Meeting, Override, Situation
from state.model.when.window import Span

_BACK = timedelta(days=2)


class Presence(NamedTuple):
    """The operator touches keys in the console, and counts as present for a while after the last."""

    since: datetime
    until: datetime


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides on the context."""

    week: Week
    rules: Mapping[Context, ContextRule]
    slots: int
    """Builds at the same time by [queue]."""
    meetings: Sequence[Meeting] = ()
    override: Override | None = None
    presence: Presence | None = None
    trouble: str = ""
    """Why the calendar is not fully known, in words."""
    blind: bool = False
    """Whether a calendar was never read, so that nothing may start: there could be a meeting."""


class _Found(NamedTuple):
    context: Context
    why: str


def situation(known: Known, now: datetime) -> Situation:
    """Return the kind of time that it is. Pure."""
    timeline = _Timeline(known, now - _BACK, now + AHEAD)
    found = timeline.at(now)
    span = known.week.at(now)
    rule = known.rules[found.context]
    return Situation(
        context=found.context,
        why=found.why,
        since=timeline.since(now),
        until=timeline.until(now),
        window=span.window.name if span else "",
        window_until=known.week.next_change(now),
        intensity=rule.intensity,
        slots=0 if known.blind else rule.of(known.slots),
        trouble=known.trouble,
    )


def upcoming(known: Known, start: datetime, end: datetime) -> tuple[Change, ...]:
    """Return how context, window and slots change between two instants, beginning with how they stand at the first."""
    timeline = _Timeline(known, start, end)
    found: list[Change] = []
    for at in [start, *(edge for edge in timeline.edges if start < edge < end)]:
        context = timeline.at(at).context
        span = timeline.span(at)
        change = Change(
            at=at,
            context=context,
            window=span.window.name if span else "",
            slots=0 if known.blind else known.rules[context].of(known.slots),
        )
        if not found or msgspec.structs.replace(found[-1], at=at) != change:
            found.append(change)
    return tuple(found)


class _Timeline:
    """The contexts over a stretch of time: each moment's is that of the edge before it."""

    def __init__(self, known: Known, start: datetime, end: datetime) -> None:
        self._known = known
        self._spans = known.week.spans(start, end)
        self._openings = [span.opens_at for span in self._spans]
        edges = {edge for span in self._spans for edge in (span.opens_at, span.closes_at)}
        edges |= {edge for meeting in known.meetings for edge in (meeting.starts_at, meeting.ends_at)}
        if known.override is not None:
            edges |= {known.override.set_at, *([known.override.until] if known.override.until else [])}
        if known.presence is not None:
            edges |= set(known.presence)
        self.edges = sorted(edge for edge in edges if start < edge < end)

    def span(self, at: datetime) -> Span | None:
        """The window's span that a moment lies in."""
        index = bisect_right(self._openings, at) - 1
        return self._spans[index] if index >= 0 and at < self._spans[index].closes_at else None

    def at(self, at: datetime) -> _Found:
        """The context of a moment, and why it is so."""
        known = self._known
        override, presence = known.override, known.presence
        if override is not None and override.set_at <= at and (override.until is None or at < override.until):
            until = "" if override.until is None else f" until {say_here(override.until, at, known.week.zone)}"
            return _Found(override.context, f"set by {who(override.by)}{until}")
        meeting = next((meeting for meeting in known.meetings if meeting.starts_at <= at < meeting.ends_at), None)
        if meeting is not None:
            until = say_here(meeting.ends_at, at, known.week.zone)
            return _Found(Context.MEETING, f"the calendar has {meeting.title!r} until {until}")
        if presence is not None and presence.since <= at < presence.until:
            return _Found(Context.AVAILABLE, "the operator is at the console")
        if not known.week.windows:
            return _Found(Context.AVAILABLE, "no windows are configured")
        span = self.span(at)
        if span is not None:
            return _Found(span.window.context, f"the {span.window.name} window is open")
        return _Found(Context.AWAY, "no window is open")

    def since(self, now: datetime) -> datetime | None:
        """When the context of a moment began; None when that is further back than was looked."""
        context = self.at(now).context
        before = [edge for edge in self.edges if edge <= now]
        for index in range(len(before) - 1, -1, -1):
            earlier = before[index - 1] if index else before[0] - timedelta(microseconds=1)
            if self.at(earlier).context is not context:
                return before[index]
        return None

    def until(self, now: datetime) -> datetime | None:
        """When the context changes next; None when that is not foreseen."""
        context = self.at(now).context
        return next((edge for edge in self.edges if edge > now and self.at(edge).context is not context), None)
