"""Which window counts when: the weekly windows as stretches of real time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from engine.schedule.local import instant
from state.model.when.window import Exceptional, Span, Window

AHEAD = timedelta(days=15)
"""How far ahead is looked: two whole weeks."""
_BACK = timedelta(days=2)
_DAY = timedelta(days=1)
_Stretch = tuple[datetime, datetime, Window]


class Week:
    """The operator's windows in his zone. Pure, but for what it remembers of its own answers."""

    def __init__(self, windows: Sequence[Window], exceptions: Sequence[Exceptional], zone: tzinfo) -> None:
        self.windows = tuple(windows)
        self.zone = zone
        self._exceptions: Mapping[date, Exceptional] = {exception.day: exception for exception in exceptions}
        self._known: tuple[datetime, tuple[Span, ...]] | None = None

    def spans(self, start: datetime, end: datetime) -> tuple[Span, ...]:
        """Return, in order and without overlap, the stretches between two instants in which a window counts."""
        found = list(self._stretches(start, end))
        edges = sorted({edge for opens, closes, _ in found for edge in (opens, closes)})
        found.sort(key=lambda stretch: stretch[0])
        spans: list[Span] = []
        open_now: list[_Stretch] = []
        begun = 0
        for edge, next_edge in pairwise(edges):
            while begun < len(found) and found[begun][0] <= edge:
                open_now.append(found[begun])
                begun += 1
            open_now = [stretch for stretch in open_now if stretch[1] > edge]
            if not open_now:
                continue
            window = min((stretch[2] for stretch in open_now), key=lambda window: (-window.priority, window.name))
            goes_on = spans and spans[-1].closes_at == edge and spans[-1].window == window
            opens = spans.pop().opens_at if goes_on else edge
            spans.append(Span(window=window, opens_at=opens, closes_at=next_edge, endless=next_edge == end))
        return tuple(spans)

    def ahead(self, now: datetime) -> tuple[Span, ...]:
        """Return the spans of the next two weeks at least, the present one first if one is open."""
        if self._known is None or not self._known[0] <= now < self._known[0] + _DAY:
            self._known = (now, self.spans(now - _BACK, now + AHEAD + _DAY))
        return tuple(span for span in self._known[1] if span.closes_at > now)

    def at(self, now: datetime) -> Span | None:
        """Return the span that is open; None when none is."""
        first = next(iter(self.ahead(now)), None)
        return first if first is not None and first.opens_at <= now else None

    def next_change(self, now: datetime) -> datetime | None:
        """Return when another window counts than now, or none; None when that is not within two weeks."""
        first = next(iter(self.ahead(now)), None)
        if first is None:
            return None
        if first.opens_at > now:
            return first.opens_at
        return None if first.endless else first.closes_at

    def _stretches(self, start: datetime, end: datetime) -> Iterator[_Stretch]:
        day = start.astimezone(self.zone).date() - _BACK
        last = end.astimezone(self.zone).date()
        while day <= last:
            for window, (from_min, to_min) in self._opening(day):
                opens, closes = self._times(day, from_min, to_min)
                opens, closes = max(opens, start), min(closes, end)
                if opens < closes:
                    yield opens, closes, window
            day += _DAY

    def _opening(self, day: date) -> Iterator[tuple[Window, tuple[int, int]]]:
        exception = self._exceptions.get(day)
        weekday = day.weekday() if exception is None or exception.counts_as is None else exception.counts_as
        for window in self.windows:
            if exception is not None and window.name in exception.hours:
                hours = exception.hours[window.name]
                if hours is not None:
                    yield window, hours
            elif weekday in window.days and not (exception is not None and exception.off):
                yield window, (window.start_min, window.end_min)

    def _times(self, day: date, from_min: int, to_min: int) -> tuple[datetime, datetime]:
        midnight = datetime.combine(day, time())
        length = timedelta(minutes=to_min - from_min) + (timedelta() if to_min > from_min else _DAY)
        opens = instant(midnight + timedelta(minutes=from_min), self.zone)
        closes = instant(midnight + timedelta(minutes=from_min) + length, self.zone)
        # One that lies wholly in the hour that the clocks skip opens right after it, for as long as ever.
        return opens, closes if closes > opens else opens + length
