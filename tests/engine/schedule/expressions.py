"""Cron expressions for tests: random ones, and what a walk over the clock says about them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)


def _field(low: int, high: int, *, step: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: f"{pair[0]}-{pair[1]}")
    steps = st.integers(1, step)
    item = st.one_of(
        number.map(str),
        span,
        st.tuples(st.one_of(st.just("*"), span), steps).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
    lists = st.lists(item, min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), number.map(str), lists)


expressions = st.tuples(
    _field(0, 59, step=59),
    _field(0, 23, step=23),
    st.one_of(st.just("*"), _field(1, 31, step=31)),
    st.one_of(st.just("*"), _field(1, 12, step=12)),
    st.one_of(st.just("*"), _field(0, 6, step=6)),
).map(" ".join)
"""Expressions of five fields; some of them can never fire."""

ZONES = (
    "America/Chicago",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
)
"""An hour's change, one at 01:00 UTC, half an hour's, one at midnight, none any more, and none at an odd offset."""

CHANGES = {
    "America/Chicago": ("2026-03-08T08:00", "2026-11-01T07:00"),
    "Europe/London": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Africa/Cairo": ("2026-04-23T22:00", "2026-10-29T21:00"),
    "America/Sao_Paulo": ("2018-11-04T03:00", "2019-02-17T02:00"),
    "Asia/Kathmandu": ("1985-12-31T18:30",),
}
"""The moments at which a zone's clocks change, in UTC."""


def field_values(field: str, low: int, high: int) -> set[int]:
    """What a field of numbers stands for, read in the plainest way."""
    values: set[int] = set()
    for item in field.split(","):
        base, _, step = item.partition("/")
        first, dash, last = base.partition("-")
        if base == "*":
            first, last = str(low), str(high)
        elif not dash:
            last = str(high) if step else first
        values |= set(range(int(first), int(last) + 1, int(step or 1)))
    return values


class Walk:
    """Asks of every single minute whether an expression fires in it, as Debian's cron does."""

    def __init__(self, expression: str, zone: tzinfo) -> None:
        minute, hour, day, month, weekday = expression.split()
        self._zone = zone
        self._minutes, self._hours = field_values(minute, 0, 59), field_values(hour, 0, 23)
        self._days, self._months = field_values(day, 1, 31), field_values(month, 1, 12)
        self._weekdays = {value % 7 for value in field_values(weekday, 0, 7 if "7" in weekday else 6)}
        self._both = day.startswith("*") or weekday.startswith("*")
        self._fixed = not minute.startswith("*") and not hour.startswith("*")

    def fits(self, wall: datetime) -> bool:
        """Whether the clock on the wall shows a time that the expression names."""
        if wall.minute not in self._minutes or wall.hour not in self._hours or wall.month not in self._months:
            return False
        day, weekday = wall.day in self._days, wall.isoweekday() % 7 in self._weekdays
        return day and weekday if self._both else day or weekday

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Every moment in (start, end] at which it fires; both are whole minutes in UTC."""
        before = start.astimezone(self._zone).replace(tzinfo=None)
        shown = set()
        at = start
        while at < end:
            at += MINUTE
            wall = at.astimezone(self._zone).replace(tzinfo=None)
            if self._fixed:
                # What the clock skipped counts as shown in the minute after; what it shows again counts no more.
                passed = [wall] if wall <= before else _minutes(before, wall)
                new = [minute for minute in passed if minute not in shown]
                shown.update(passed)
                if any(self.fits(minute) for minute in new):
                    yield at
            elif self.fits(wall):
                yield at
            before = wall


def _minutes(after: datetime, until: datetime) -> list[datetime]:
    return [after + MINUTE * count for count in range(1, (until - after) // MINUTE + 1)]


def utc(text: str) -> datetime:
    """A moment written as ISO, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
