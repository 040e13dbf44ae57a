"""Days, times of day and dates as operators write them."""

import re
from datetime import date
from typing import Any

from state import units
from state.model.when.window import DAY_MIN, EVERY_DAY, Exceptional

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days, Monday first."""
_SETS = {"daily": EVERY_DAY, "weekdays": EVERY_DAY[:5], "weekend": EVERY_DAY[5:]}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*(?:-|–)\s*(\d{1,2}:\d{2})")
_OFF = "off"


def read_days(value: Any) -> tuple[int, ...]:
    """Return the weekdays of `"mon-fri"`, `"sat,sun"` or `"daily"`, Monday as 0; raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f'expected days such as "mon-fri", "sat,sun" or "daily", not {units.said(value)}')
    found: set[int] = set()
    for part in value.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if part in _SETS:
            found.update(_SETS[part])
        elif dash:
            start, end = _day(first), _day(last)
            found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
        else:
            found.add(_day(part))
    return tuple(sorted(found))


def show_days(days: tuple[int, ...]) -> str:
    """Return what `read_days` reads as these days."""
    for name, known in _SETS.items():
        if days == known:
            return f'"{name}"'
    return f'"{",".join(NAMES[day] for day in days)}"'


def _day(text: str) -> int:
    for number, name in enumerate(NAMES):
        if text[:3] == name and text in (name, *_LONG[number]):
            return number
    raise ValueError(f"{text!r} is not a day: write {', '.join(NAMES)}, or daily, weekdays, weekend")


_LONG = (
    ("monday",), ("tuesday", "tues"), ("wednesday",), ("thursday", "thur", "thurs"), ("friday",), ("saturday",),
    ("sunday",),
)  # fmt: skip


def read_clock(value: Any) -> int:
    """Return minutes after midnight for `"23:00"`; `"24:00"` is the end of the day. Raises ValueError."""
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY_MIN + 1
    if found is None or int(found[2]) > 59 or minutes > DAY_MIN:
        raise ValueError(f'expected a time of day such as "23:00", not {units.said(value)}')
    return minutes


def show_clock(minutes: int) -> str:
    """Return `"23:00"` for 1380 minutes after midnight."""
    return f'"{minutes // 60:02}:{minutes % 60:02}"'


def read_opening(value: Any) -> int:
    """Return minutes after midnight for a time at which something can begin; raises ValueError."""
    minutes = read_clock(value)
    if minutes == DAY_MIN:
        raise ValueError('nothing opens at 24:00: write "00:00" and the day after')
    return minutes


def read_hours(value: Any) -> tuple[int, int] | None:
    """Return the two times of `"10:00-14:00"` as minutes after midnight, None for `"off"`; raises ValueError."""
    if value == _OFF:
        return None
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'expected "off" or times such as "10:00-14:00", not {units.said(value)}')
    return read_opening(found[1]), read_clock(found[2])


def read_date(text: str) -> date:
    """Return the date that a key names; raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date: write it as 2026-12-25") from error


def read_exception(day: date, value: Any) -> Exceptional:
    """Return what differs on a date for `"off"` or the name of a weekday; raises ValueError."""
    if value == _OFF:
        return Exceptional(day=day, off=True)
    if isinstance(value, str) and value.lower()[:3] in NAMES:
        return Exceptional(day=day, counts_as=_day(value.lower()))
    raise ValueError(f'expected "off", a weekday such as "sun" or a table of windows, not {units.said(value)}')


DAYS = units.Kind(read_days, show_days)
OPENING = units.Kind(read_opening, show_clock)
CLOCK = units.Kind(read_clock, show_clock)
