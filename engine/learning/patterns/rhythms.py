"""Finds the rhythms in a series of times, and tells them from chance."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from engine.learning.patterns.rhythm import LAST, Rhythm
from engine.telemetry.odds import Sure, log_chance, sure

LEAST = 4
"""Of fewer days no rhythm is made."""
LIKELY = 0.5
"""What is less likely than this to come again is no routine."""
CHANCE = 0.01
"""How likely it may be that anything is found in times without a rhythm, over all that is looked at together."""
AWAKE_MIN = 480
"""People do what they do in a third of the day: so much likelier is any time of it by chance."""

_DAY_MIN = 1440
_DAY = timedelta(days=1)
_WIDEST_MIN = 90
_NARROWEST_MIN = 15
_TIMES_A_DAY = 3
_RECENT_DAYS = 70
_WORKED = 7 / 5
"""By how much likelier chance makes a weekday than any day of the week."""
_FORMS_OF_WEEK = 127 * _DAY_MIN // (2 * _WIDEST_MIN) * 2
_FORMS_OF_MONTH = 32 * _DAY_MIN // (2 * _WIDEST_MIN) * 2
"""How many rhythms are tried, in effect, so that the best of them is not taken for more than it is."""


class Beat(NamedTuple):
    """A rhythm with how sure it is, and the times that it accounts for."""

    rhythm: Rhythm
    sure: Sure
    walls: tuple[datetime, ...]


def find(walls: Sequence[datetime], now: datetime, series: int = 1) -> list[Beat]:
    """Return the rhythms of times on the wall (naive, in order), by `now` on the same wall, in the order of the day.

    `series` is how many series are searched together: the more, the less of a coincidence is believed.
    """
    rest = list(walls)
    found = []
    for _ in range(_TIMES_A_DAY):
        if len(rest) < LEAST:
            break
        near, minute = _densest(rest)
        if len(near) < LEAST:
            break
        beat = _fit(near, minute, walls, now, series)
        if beat is not None:
            found.append(beat)
        taken = set(near)
        rest = [wall for wall in rest if wall not in taken]
    return sorted(found, key=lambda beat: beat.rhythm.minute)


def _densest(walls: Sequence[datetime]) -> tuple[list[datetime], int]:
    """Return the times in the three hours of the day that hold most of them, and the minute in their middle.

    The day is a circle: a time right after midnight is near one right before.
    """
    minutes = [wall.hour * 60 + wall.minute for wall in walls]
    ordered = sorted(range(len(walls)), key=minutes.__getitem__)
    once = [minutes[index] for index in ordered]
    doubled = once + [minute + _DAY_MIN for minute in once]
    best, start, end = 0, 0, 0
    for first in range(len(ordered)):
        end = max(end, first)
        while end < first + len(ordered) and doubled[end] - doubled[first] <= 2 * _WIDEST_MIN:
            end += 1
        if end - first > best:
            best, start = end - first, first
    held = doubled[start : start + best]
    middle = held[(len(held) - 1) // 2] % _DAY_MIN
    near = sorted(ordered[index % len(ordered)] for index in range(start, start + best))
    return [walls[index] for index in near], middle


def _fit(near: Sequence[datetime], minute: int, walls: Sequence[datetime], now: datetime, series: int) -> Beat | None:
    """Return the rhythm by week, or else by month, of times near one time of day; None where there is none."""
    apart = sorted(abs(_off(wall, minute)) for wall in near)
    give = min(_WIDEST_MIN, max(_NARROWEST_MIN, math.ceil(1.5 * apart[math.ceil(0.8 * len(apart)) - 1] / 5) * 5))
    on_time = [wall for wall in near if abs(_off(wall, minute)) <= give]
    dates = sorted({_date(wall, minute) for wall in on_time})
    if len(dates) < LEAST:
        return None
    # Today's counts once its time is over, or as soon as it has come.
    until = (now - timedelta(minutes=minute + give)).date()
    span = _Span(dates=dates, until=max(until, dates[-1]))
    by_chance = _by_chance(walls, span, give)
    days = _weekdays(span)
    for rhythm, forms in (
        (Rhythm(minute=minute, give_min=give, days=days), _FORMS_OF_WEEK),
        (Rhythm(minute=minute, give_min=give, month_day=_month_day(dates)), _FORMS_OF_MONTH),
    ):
        if not rhythm.days and not rhythm.month_day:
            continue
        hits = span.hits(rhythm)
        if sum(hits) < LEAST:
            continue
        # The first time began the series, and says nothing about whether it comes again.
        known = sure(hits[:-1])
        unlikely = log_chance(known.hits, known.n, by_chance) + math.log(forms * max(1, series)) < math.log(CHANCE)
        if known.confidence >= LIKELY and unlikely:
            held = tuple(wall for wall in on_time if rhythm.falls_on(_date(wall, minute)))
            return Beat(rhythm, known, held)
    return None


class _Span(NamedTuple):
    """The days on which something was at about its time, and until when that is known."""

    dates: Sequence[date]
    until: date

    def hits(self, rhythm: Rhythm) -> list[bool]:
        """Return whether it came, on each day of a rhythm since the first time that it did, the latest first."""
        came = set(self.dates)
        first = next((day for day in self.dates if rhythm.falls_on(day)), None)
        if first is None:
            return []
        days = (self.until - _DAY * back for back in range((self.until - first).days + 1))
        return [day in came for day in days if rhythm.falls_on(day)]


def _weekdays(span: _Span) -> tuple[int, ...]:
    """Return the weekdays on which it comes more often than not, of late; none where it hardly comes lately."""
    since = span.until - _DAY * _RECENT_DAYS
    recent = Counter(day.weekday() for day in span.dates if day > since)
    if sum(recent.values()) < LEAST - 1:
        return ()
    came = set(span.dates)
    first = max(since, span.dates[0])
    chosen = []
    for weekday in recent:
        latest = span.until - _DAY * ((span.until.weekday() - weekday) % 7)
        weeks = [latest - _DAY * 7 * back for back in range((latest - first).days // 7 + 1)]
        hits = [day in came for day in weeks]
        if sum(hits) > 1 and sure(hits).confidence >= LIKELY:
            chosen.append(weekday)
    return tuple(sorted(chosen))


def _month_day(dates: Iterable[date]) -> int:
    """Return the day of the month on which it came most often, in at least as many months as count; else 0."""
    days: Counter[int] = Counter()
    for day in dates:
        days[day.day] += 1
        if (day + _DAY).day == 1:
            days[LAST] += 1
    best, count = max(days.items(), key=lambda item: (item[1], item[0] == LAST), default=(0, 0))
    return best if count >= LEAST else 0


def _by_chance(walls: Sequence[datetime], span: _Span, give: int) -> float:
    """Return how likely one day holds one of as many times, were they spread over the working days as they come."""
    held = sum(span.dates[0] <= wall.date() <= span.until for wall in walls)
    a_day = held / ((span.until - span.dates[0]).days + 1)
    return -math.expm1(-a_day * _WORKED * min(1.0, (2 * give + 1) / AWAKE_MIN))


def _off(wall: datetime, minute: int) -> int:
    """Return how many minutes a time lies behind a minute of the day, or in front, the short way round."""
    return (wall.hour * 60 + wall.minute - minute + _DAY_MIN // 2) % _DAY_MIN - _DAY_MIN // 2


def _date(wall: datetime, minute: int) -> date:
    """Return the day whose minute is nearest to a time."""
    return (wall - timedelta(minutes=minute) + timedelta(minutes=_DAY_MIN // 2)).date()
