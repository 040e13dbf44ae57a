"""The operator's calendar files, read for the times at which he is busy."""

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.schedule.local import instant
from engine.schedule.windows import AHEAD
from state.model.when.context import Meeting
from state.model.when.window import Window
from state.text import clean
from state.zones import zone_of

if TYPE_CHECKING:
    from icalendar import Calendar as Parsed

log = logging.getLogger("midwatch.calendar")

OURS = "@midwatch"
"""What the UIDs of entries end in that Midwatch wrote itself: time for building is no meeting."""
MOST_BYTES = 32 << 20

_BACK = timedelta(days=1)
_LONGEST = 120
"""Characters that are kept of a title or of a parser's complaint."""
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_Stamp = tuple[int, int, int]


class Unreadable(Exception):
    """A calendar that cannot be used; its text says why."""


class Reading(NamedTuple):
    """What the calendars said when they were read."""

    meetings: tuple[Meeting, ...] = ()
    """Busy times from a day before the reading to two weeks and a day after it, the earliest first."""
    trouble: str = ""
    """Which of them could not be read, and why; empty when all is well."""
    blind: bool = False
    """Whether one of them was never read, so that nobody knows of its meetings."""


class Calendar:
    """Reads files anew when they change; one that breaks counts as it last was. Not for two threads at once."""

    def __init__(self, files: Sequence[str], zone: tzinfo) -> None:
        self.files = tuple(Path(name) for name in files)
        self._zone = zone
        self._parsed: dict[Path, Parsed] = {}
        self._troubles: dict[Path, str] = {}
        self._stamps: dict[Path, _Stamp | None] = {}
        self._read_at: datetime | None = None

    def stale(self, now: datetime) -> bool:
        """Whether reading would tell more than the last time: a file has changed, or a day has passed."""
        at = self._read_at
        if at is None or not at <= now < at + _BACK:
            return bool(self.files)
        return any(self._stamps[file] != _stamp(file) for file in self.files)

    def read(self, now: datetime) -> Reading:
        """Read what has changed and return all that the files say. Blocks on disk and parser."""
        meetings: list[Meeting] = []
        for file in self.files:
            stamp = _stamp(file)
            if self._stamps.get(file, ()) != stamp:
                self._take(file, now)
            self._stamps[file] = stamp
            if file in self._parsed:
                meetings += _busy(self._parsed[file], now, self._zone)
        self._read_at = now
        return Reading(
            meetings=tuple(sorted(meetings, key=lambda meeting: (meeting.starts_at, meeting.ends_at))),
            trouble="; ".join(self._troubles.values()),
            blind=any(file not in self._parsed for file in self.files),
        )

    def _take(self, file: Path, now: datetime) -> None:
        """Take a file's new contents if they can be read to the end, and keep the old ones otherwise."""
        try:
            parsed = _parse(file)
            _busy(parsed, now, self._zone)
        except Unreadable as error:
            kept = "what it said before still counts" if file in self._parsed else "there could be a meeting"
            self._troubles[file] = f"the calendar {file} cannot be read: {error}; {kept}"
            log.warning("%s", self._troubles[file])
        else:
            self._parsed[file] = parsed
            self._troubles.pop(file, None)


def building_time(window: Window, zone: str, now: datetime) -> bytes:
    """Return an ICS file that sets a window's time aside for builds, from today on; it is no meeting to `Calendar`."""
    import icalendar

    place = zone_of(zone)
    midnight = datetime.combine(now.astimezone(place).date(), time(), place)
    while midnight.weekday() not in window.days:
        midnight += timedelta(days=1)
    opens = midnight + timedelta(minutes=window.start_min)
    entry = icalendar.Event()
    entry.add("UID", f"{window.name}{OURS}")
    entry.add("DTSTAMP", now)
    entry.add("DTSTART", opens)
    entry.add("DTEND", opens + timedelta(seconds=window.length_s))  # by the clock on the wall
    entry.add("RRULE", {"FREQ": "WEEKLY", "BYDAY": [_DAYS[day] for day in window.days]})
    entry.add("SUMMARY", f"Midwatch builds ({window.name.replace('_', ' ')})")
    made = icalendar.Calendar()
    made.add("PRODID", "-//Midwatch//EN")
    made.add("VERSION", "2.0")
    made.add_component(entry)
    made.add_missing_timezones()
    return bytes(made.to_ical())


def _parse(file: Path) -> "Parsed":
    import icalendar  # costs 60 ms, which only those pay who have a calendar

    try:
        if file.stat().st_size > MOST_BYTES:
            raise Unreadable(f"it is larger than {MOST_BYTES >> 20} MB")
        data = file.read_bytes()
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    try:
        parsed = icalendar.Calendar.from_ical(data)
        parsed.subcomponents = [part for part in parsed.subcomponents if not _left_out(part)]
    except Exception as error:
        raise Unreadable(_complaint(error)) from error
    return parsed


def _left_out(part: Any) -> bool:
    """Whether a component is no event, one of ours, free time, or one that recurs so often that it tells nothing."""
    if part.name != "VEVENT":
        return bool(part.name != "VTIMEZONE")
    rules = part.get("RRULE", [])
    often = {str(each) for rule in (rules if isinstance(rules, list) else [rules]) for each in rule.get("FREQ", ())}
    return (
        str(part.get("UID", "")).endswith(OURS)
        or str(part.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(part.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
        or bool(often & _TOO_OFTEN)
    )


def _busy(parsed: "Parsed", now: datetime, zone: tzinfo) -> list[Meeting]:
    """Return the busy times of one calendar around a moment, recurrences included; raises Unreadable."""
    import recurring_ical_events

    start, end = now - _BACK, now + AHEAD + _BACK
    try:
        found = recurring_ical_events.of(parsed).between(start, end)
        return [meeting for event in found for meeting in _meeting(event, zone)]
    except Exception as error:
        raise Unreadable(_complaint(error)) from error


def _meeting(event: Any, zone: tzinfo) -> Iterator[Meeting]:
    """Return an occurrence as a meeting; none for a cancelled one, and none for whole days, which seldom mean busy."""
    starts, ends = event["DTSTART"].dt, event["DTEND"].dt
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or not isinstance(starts, datetime):
        return
    starts_at, ends_at = _instant(starts, zone), _instant(ends, zone)
    if starts_at < ends_at:
        yield Meeting(starts_at=starts_at, ends_at=ends_at, title=clean(str(event.get("SUMMARY", "")))[:_LONGEST])


def _instant(at: datetime, zone: tzinfo) -> datetime:
    # A time without a zone is meant by the clock on the operator's wall.
    return instant(at.replace(tzinfo=None), zone if at.tzinfo is None else at.tzinfo)


def _complaint(error: Exception) -> str:
    lines = clean(str(error), lines=True).splitlines()
    return (lines[0] if lines else type(error).__name__)[:_LONGEST]


def _stamp(file: Path) -> _Stamp | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
