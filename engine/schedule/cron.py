"""When a cron expression fires next, with the meaning that Debian's cron gives it where clocks change."""

import hashlib
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from engine.schedule.expression import Cron, CronError, read
from state.model.when.schedule import Seconds

__all__ = ["Cron", "CronError", "jitter_s", "next_after", "next_local", "parse", "slots"]

REMEMBERED = 16_384
"""Expressions that are kept parsed."""
_ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 (a wall clock of no zone)
_SECOND = timedelta(seconds=1)
_YEARS = 50
"""How far to look ahead. A 29 February of a given weekday can be 40 years away."""
_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKS = sum(1 << 7 * week + 1 for week in range(5))
"""One bit for the first day of each week, counted from the first of a month."""


@lru_cache(maxsize=REMEMBERED)
def parse(expression: str, *, seconds: Seconds = Seconds.FIRST) -> Cron:
    """Return an expression of five fields, of six with the seconds where `seconds` says, or `@daily` and its kin.

    Raises CronError for what cannot be read, can never fire, or is read differently by different programs.
    """
    cron, column = read(expression, seconds)
    if next_local(cron, _ANY_DAY) is None:
        hint = "look at the day and the month together"
        raise CronError(expression, column, "no such day ever comes, so it would never fire", hint)
    return cron


def next_after(cron: Cron, zone: tzinfo, instant: datetime) -> datetime:
    """Return the first moment after `instant` (both aware, the result in UTC) at which it fires in a zone.

    Where the clock is put forward, a fixed time that is skipped fires once, right after the gap; one that follows the
    clock does not. Where it is put back, a fixed time fires once, the first time; one that follows the clock fires
    twice. A time is fixed when none of its seconds, minutes and hours begin with `*`.
    Raises CronError when that is beyond the calendar.
    """
    local = instant.astimezone(zone)
    at = local.replace(tzinfo=None, fold=0)
    if zone is UTC:
        return _known(cron, next_local(cron, at)).replace(tzinfo=UTC)
    if cron.follows_clock:
        return _following(cron, zone, instant, local)
    while True:
        at = _known(cron, next_local(cron, at))
        before, after = _offsets(at, zone)
        found = (at - before).replace(tzinfo=UTC)
        if before < after:
            found = _end_of_gap(zone, (at - after).replace(tzinfo=UTC), found)
        if found > instant:
            return found


def _following(cron: Cron, zone: tzinfo, instant: datetime, local: datetime) -> datetime:
    at = local.replace(tzinfo=None, fold=0)
    first, second = _offsets(at, zone)
    while True:
        at = _known(cron, next_local(cron, at))
        before, after = _offsets(at, zone)
        if before >= after:
            break
    found = (at - before).replace(tzinfo=UTC)
    if found <= instant:
        return (at - after).replace(tzinfo=UTC)
    if first > second and local.fold == 0 and before == after:
        # Within the hour that will be shown again, and nothing fires in what is left of its first showing.
        again = local.replace(tzinfo=None) - (first - second) - _SECOND
        while (again := _known(cron, next_local(cron, again))) < at:
            if _offsets(again, zone) == (first, second):
                return (again - second).replace(tzinfo=UTC)
    return found


def _offsets(at: datetime, zone: tzinfo) -> tuple[timedelta, timedelta]:
    """Return the offset by which a wall clock's time is read the first and the second time.

    They are equal for an ordinary time; the first is the smaller one in a gap, the larger one in a repeated hour.
    """
    before = at.replace(tzinfo=zone).utcoffset()
    after = at.replace(tzinfo=zone, fold=1).utcoffset()
    assert before is not None
    assert after is not None
    return before, after


def _end_of_gap(zone: tzinfo, earlier: datetime, later: datetime) -> datetime:
    """Return the moment between two (the second included) at which the zone's offset changes."""
    old = earlier.astimezone(zone).utcoffset()
    while later - earlier > _SECOND:
        middle = earlier + timedelta(seconds=(later - earlier) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == old:
            earlier = middle
        else:
            later = middle
    return later


def next_local(cron: Cron, at: datetime) -> datetime | None:
    """Return the first time on a wall clock (naive) after `at` that fits, as if no clock changed; None for never."""
    if not cron.plain:
        return _by_croniter(cron, at)
    at = at.replace(microsecond=0) + _SECOND
    day = at.day
    year, month = at.year, at.month
    if cron.months >> month & 1 and _days(cron, year, month) >> day & 1:
        found = _time(cron, at.hour, at.minute, at.second)
        if found is not None:
            return at.replace(hour=found[0], minute=found[1], second=found[2])
    day += 1
    last = min(year + _YEARS, 9999)
    while year <= last:
        if cron.months >> month & 1:
            left = _days(cron, year, month) >> day
            if left:
                day += _lowest(left)
                return datetime(  # noqa: DTZ001 (a wall clock of no zone)
                    year, month, day, _lowest(cron.hours), _lowest(cron.minutes), _lowest(cron.seconds)
                )
        day = 1
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return None


def _time(cron: Cron, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
    """Return the first time of day that fits and is not before this one."""
    if cron.hours >> hour & 1:
        if cron.minutes >> minute & 1 and (left := cron.seconds >> second):
            return hour, minute, second + _lowest(left)
        if left := cron.minutes >> minute + 1:
            return hour, minute + 1 + _lowest(left), _lowest(cron.seconds)
    if left := cron.hours >> hour + 1:
        return hour + 1 + _lowest(left), _lowest(cron.minutes), _lowest(cron.seconds)
    return None


def _days(cron: Cron, year: int, month: int) -> int:
    """Return the mask of the days of a month that fit."""
    length = 29 if month == 2 and year % 4 == 0 and (year % 100 or year % 400 == 0) else _LENGTHS[month]
    whole = (2 << length) - 2
    if cron.weekdays == 127:
        return cron.days & whole if cron.both else whole
    first = datetime(year, month, 1).isoweekday() % 7  # noqa: DTZ001 (a wall clock of no zone)
    week = (cron.weekdays >> first | cron.weekdays << 7 - first) & 127
    weekdays = week * _WEEKS
    return (cron.days & weekdays if cron.both else cron.days | weekdays) & whole


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _by_croniter(cron: Cron, at: datetime) -> datetime | None:
    from croniter import CroniterBadDateError, croniter

    asked = croniter(cron.text, at, datetime, implement_cron_bug=True, second_at_beginning=cron.seconds_first)
    try:
        found: datetime = asked.get_next()
    except (CroniterBadDateError, OverflowError):
        return None
    return found


def _known(cron: Cron, at: datetime | None) -> datetime:
    if at is None:
        raise CronError(cron.text, 1, "it does not fire again before the calendar ends")
    return at


def slots(cron: Cron, zone: tzinfo, after: datetime, until: datetime, most: int) -> tuple[tuple[datetime, ...], bool]:
    """Return the latest moments in (after, until] at which it fires, oldest first, and whether there were more.

    At most `most` are returned, and no more work is done for a year of them than for a day.
    """
    start, span = after, timedelta(minutes=1)
    while True:
        # From the end backwards in spans that grow, so that the many slots of a long absence are not walked over.
        start = max(after, until - span)
        found = _between(cron, zone, start, until)
        if len(found) > most or start == after:
            more = len(found) > most or (start > after and next_after(cron, zone, after) <= start)
            return tuple(found[-most:]) if most else (), more
        span *= 4


def _between(cron: Cron, zone: tzinfo, after: datetime, until: datetime) -> list[datetime]:
    found = []
    while (after := next_after(cron, zone, after)) <= until:
        found.append(after)
    return found


def jitter_s(name: str, most_s: float) -> float:
    """Return a schedule's own delay in seconds, at least 0 and less than `most_s`, the same at each call."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 * most_s
