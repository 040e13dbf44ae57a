"""How often something is to be done, from words such as `2x daily`, `every 30 min` or `at 07:00`."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from state.model.record import Noun

_DAY_MIN = 24 * 60
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = "|".join(f"{day}s?|{day[:3]}" for day in _DAYS)
_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_TIMES = rf"{_TIME}(?:(?:\s*,\s*|\s+and\s+){_TIME})*"
_EVERY = re.compile(r"every\s+(\d+)?\s*(m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)")
_OFTEN = re.compile(r"(?:(\d+)\s*(?:x|times)|(once|twice))\s+(?:daily|a day|per day)")
_AT = re.compile(rf"(?:(?:daily|every day)?\s*(?:at\s+)?)({_TIMES})")
_WEEKLY = re.compile(rf"(?:weekly|every week)?(?:\s*(?:on|every)?\s*({_DAY}))?(?:\s+at)?(?:\s+({_TIMES}))?")
_MOST_OFTEN = 48
_LONGEST = 100
_LONGEST_S = 7 * 86_400.0
HELP = "hourly, every 30 min, 2x daily, daily, at 07:00, weekly or fridays at 18:00"


class Frequency(Noun, frozen=True, kw_only=True):
    """Either every so many seconds, or at times of the day by the operator's clock."""

    every_s: float = 0.0
    """Counted from the beginning of 1970 by UTC, so that no change of clocks repeats or skips one; 0 for times."""
    times_min: tuple[int, ...] = ()
    """Minutes after midnight, in order."""
    weekday: int | None = None
    """0 for Monday; None for every day."""


def parse(text: str) -> Frequency:
    """Return what the words say. Raises ValueError, which says what could be written instead."""
    words = " ".join(text[:_LONGEST].lower().split())
    if words == "hourly":
        return Frequency(every_s=3600.0)
    if words in ("daily", "every day"):
        return Frequency(times_min=(0,))
    if found := _EVERY.fullmatch(words):
        every_s = int(found[1] or 1) * _UNITS[found[2][0]]
        if not 60 <= every_s <= _LONGEST_S:
            raise ValueError(f"({text}) should be between a minute and seven days")
        return Frequency(every_s=every_s)
    if found := _OFTEN.fullmatch(words):
        count = int(found[1]) if found[1] else {"once": 1, "twice": 2}[found[2]]
        if not 1 <= count <= _MOST_OFTEN:
            raise ValueError(f"({text}) should be once to {_MOST_OFTEN} times a day")
        return Frequency(times_min=tuple(_DAY_MIN * number // count for number in range(count)))
    if found := _AT.fullmatch(words):
        return Frequency(times_min=_minutes(found[1]))
    if words and (found := _WEEKLY.fullmatch(words)):
        day = next((number for number, name in enumerate(_DAYS) if found[1] and found[1][:3] == name[:3]), 0)
        return Frequency(times_min=_minutes(found[2]) if found[2] else (0,), weekday=day)
    raise ValueError(f"({text}) is no frequency that is known: write {HELP}")


def _minutes(text: str) -> tuple[int, ...]:
    found = (moment.split(":") for moment in re.findall(_TIME, text))
    return tuple(sorted({int(hour) * 60 + int(minute) for hour, minute in found}))


def latest(often: Frequency, now: datetime, zone: tzinfo) -> datetime:
    """Return the last slot that has come, in UTC."""
    if often.every_s:
        return datetime.fromtimestamp(now.timestamp() // often.every_s * often.every_s, UTC)
    today = now.astimezone(zone).date()
    slots = (slot for back in range(9) for slot in _slots(often, today - timedelta(days=back), zone))
    return max(slot for slot in slots if slot <= now)


def following(often: Frequency, now: datetime, zone: tzinfo) -> datetime:
    """Return the first slot that has not come yet, in UTC."""
    if often.every_s:
        return latest(often, now, zone) + timedelta(seconds=often.every_s)
    today = now.astimezone(zone).date()
    slots = (slot for ahead in range(9) for slot in _slots(often, today + timedelta(days=ahead), zone))
    return min(slot for slot in slots if slot > now)


def _slots(often: Frequency, day: date, zone: tzinfo) -> list[datetime]:
    if often.weekday is not None and day.weekday() != often.weekday:
        return []
    # A time that the clocks skip counts by the offset before; one that comes twice counts the first time.
    moments = (time(minute // 60, minute % 60) for minute in often.times_min)
    return [datetime.combine(day, moment, zone).astimezone(UTC) for moment in moments]
