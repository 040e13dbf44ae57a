"""Calendar files, read for the times at which the operator is busy."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.schedule import calendar as module
from engine.schedule.calendar import Calendar, Reading
from state.zones import zone_of

CHICAGO = zone_of("America/Chicago")
NOW = datetime(2026, 3, 6, 12, tzinfo=CHICAGO).astimezone(UTC)


def event(start: str, end: str, *more: str, uid: str = "a") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{start}", f"DTEND{end}", *more, "END:VEVENT", ""])


def write(file: Path, *events: str) -> None:
    file.write_bytes("".join(["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\n", *events, "END:VCALENDAR\r\n"]).encode())
    os.utime(file, ns=(1, os.stat(file).st_mtime_ns + 1))


def told(reading: Reading) -> list[tuple[str, str]]:
    return [
        (
            f"{meeting.starts_at.astimezone(CHICAGO):%m-%d %H:%M}-{meeting.ends_at.astimezone(CHICAGO):%H:%M}",
            meeting.title,
        )
        for meeting in reading.meetings
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "work.ics"


def read(file: Path, *events: str) -> Reading:
    write(file, *events)
    return Calendar([str(file)], CHICAGO).read(NOW)


def test_a_daily_meeting_over_the_change_of_the_clock(file: Path) -> None:
    """Recurrences keep the time on the wall, and leave out and move what the calendar says."""
    zone = ";TZID=America/Chicago:"
    daily = event(
        f"{zone}20260302T093000", f"{zone}20260302T100000", "RRULE:FREQ=DAILY;UNTIL=20260311T000000Z",
        "EXDATE;TZID=America/Chicago:20260308T093000", "SUMMARY:Standup",
    )  # fmt: skip
    moved = event(
        f"{zone}20260309T150000", f"{zone}20260309T153000", "RECURRENCE-ID;TZID=America/Chicago:20260309T093000",
        "SUMMARY:Standup later",
    )  # fmt: skip
    reading = read(file, daily, moved)
    assert told(reading) == [
        ("03-06 09:30-10:00", "Standup"),
        ("03-07 09:30-10:00", "Standup"),
        ("03-09 15:00-15:30", "Standup later"),
        ("03-10 09:30-10:00", "Standup"),
    ]
    assert (reading.trouble, reading.blind) == ("", False)
    assert reading.meetings[1].starts_at.hour == 15 and reading.meetings[3].starts_at.hour == 14


@pytest.mark.parametrize(
    "more",
    [
        ("TRANSP:TRANSPARENT",),
        ("STATUS:CANCELLED",),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE",),
        ("RRULE:FREQ=SECONDLY",),
        ("RRULE:FREQ=MINUTELY;COUNT=5",),
    ],
)
def test_what_is_no_meeting(file: Path, more: tuple[str, ...]) -> None:
    """Free, cancelled, or so often that it tells nothing."""
    assert read(file, event(":20260306T200000Z", ":20260306T210000Z", *more)).meetings == ()


def test_whole_days_and_our_own_time_are_no_meetings(file: Path) -> None:
    """A birthday stops no build, and neither does the time that was set aside for builds."""
    ours = event(":20260306T200000Z", ":20260307T070000Z", "SUMMARY:Builds", uid="overnight@midwatch")
    assert read(file, event(";VALUE=DATE:20260306", ";VALUE=DATE:20260307"), ours).meetings == ()


def test_times_without_a_zone_are_the_operators(file: Path) -> None:
    """A floating time is meant by the clock on his wall; a duration serves as well as an end."""
    lasting = "BEGIN:VEVENT\r\nUID:b\r\nDTSTART:20260306T160000\r\nDURATION:PT45M\r\nEND:VEVENT\r\n"
    assert told(read(file, event(":20260306T140000", ":20260306T150000"), lasting)) == [
        ("03-06 14:00-15:00", ""),
        ("03-06 16:00-16:45", ""),
    ]


def test_titles_are_harmless(file: Path) -> None:
    """What somebody wrote into an invitation cannot drive the terminal."""
    (meeting,) = read(file, event(":20260306T200000Z", ":20260306T210000Z", "SUMMARY:a\x1b[2Jb" + "x" * 500)).meetings
    assert "\x1b" not in meeting.title and len(meeting.title) <= 120


BROKEN = [
    b"",
    b"hello",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260306T200000Z\r\n",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:nonsense\r\nDTEND:more\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260306T200000Z\r\nRRULE:FREQ=NEVER\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Mars/Base:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    bytes(range(256)),
    None,
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_broken_file_counts_as_it_last_was(file: Path, data: bytes | None) -> None:
    """What was known stays known and the trouble is told; once mended, the file counts again."""
    write(file, event(":20260306T200000Z", ":20260306T210000Z", "SUMMARY:Dinner"))
    calendar = Calendar([str(file)], CHICAGO)
    good = calendar.read(NOW)
    if data is None:
        file.unlink()
    else:
        file.write_bytes(data)
    assert calendar.stale(NOW)
    broken = calendar.read(NOW)
    assert broken.meetings == good.meetings != ()
    assert str(file) in broken.trouble and "still counts" in broken.trouble
    assert not broken.blind
    assert not calendar.stale(NOW)
    write(file)
    assert calendar.read(NOW) == Reading()


@pytest.mark.parametrize("data", BROKEN)
def test_a_file_that_was_never_good_leaves_one_blind(file: Path, data: bytes | None) -> None:
    """Nobody knows of its meetings, and the words say so."""
    if data is not None:
        file.write_bytes(data)
    reading = Calendar([str(file)], CHICAGO).read(NOW)
    assert reading.blind and reading.meetings == ()
    assert str(file) in reading.trouble and "there could be a meeting" in reading.trouble


def test_a_file_that_is_far_too_large_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar cannot take the engine's memory."""
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    write(file)
    assert "larger than" in Calendar([str(file)], CHICAGO).read(NOW).trouble


def test_it_is_read_again_when_it_changed_or_a_day_has_passed(file: Path) -> None:
    """And not otherwise; also when the clock was set back."""
    write(file)
    calendar = Calendar([str(file)], CHICAGO)
    assert calendar.stale(NOW)
    calendar.read(NOW)
    assert [calendar.stale(NOW + timedelta(hours=hours)) for hours in (0, 23, 24, -1)] == [False, False, True, True]
    write(file, event(":20260306T200000Z", ":20260306T210000Z"))
    assert calendar.stale(NOW)
    assert not Calendar([], CHICAGO).stale(NOW)
    assert Calendar([], CHICAGO).read(NOW) == Reading()


def test_meetings_of_several_files_are_in_order(tmp_path: Path) -> None:
    """The earliest first, whichever calendar it stands in."""
    names: list[Any] = [tmp_path / "one.ics", tmp_path / "other.ics"]
    write(names[0], event(":20260307T200000Z", ":20260307T210000Z", "SUMMARY:second"))
    write(names[1], event(":20260306T200000Z", ":20260306T210000Z", "SUMMARY:first"))
    reading = Calendar([str(name) for name in names], CHICAGO).read(NOW)
    assert [meeting.title for meeting in reading.meetings] == ["first", "second"]
