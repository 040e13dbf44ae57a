"""`context`, from the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.cli.base import Refused
from console.cli.when.context import moment
from engine.schedule.calendar import Calendar
from tests.console.cli.conftest import Midwatch
from tests.engine.schedule.test_calendar import event, write
from tests.front.midwatch import until

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 2, 6, 18, 30, tzinfo=UTC)
ALWAYS = """
[time]
zone = "America/Chicago"
[windows.ever]
from = "00:00"
to = "24:00"
context = "sleeping"
[contexts.sleeping]
slots = 7
"""


def configure(midwatch: Midwatch, text: str) -> None:
    (midwatch.root / "midwatch.toml").write_text(text)


def test_without_windows_it_is_always_the_same(midwatch: Midwatch) -> None:
    """Available, with all slots, without anything to come."""
    assert midwatch.json("context", "detect") == {
        "context": "available",
        "window": "",
        "since": None,
        "until": None,
        "window_until": None,
        "why": "no windows are configured",
        "intensity": 100,
        "slots": 2,
        "trouble": "",
    }
    assert midwatch.json("context", "upcoming") == []
    assert midwatch.ok("context", "upcoming") == "nothing changes within 2 days\n"
    assert "any time is fine" in midwatch.ok("context", "summary")


def test_a_window_without_end(midwatch: Midwatch) -> None:
    """Its context and slots hold, and no end is made up."""
    configure(midwatch, ALWAYS)
    found = midwatch.json("context", "detect")
    assert (found["context"], found["window"], found["slots"], found["until"]) == ("sleeping", "ever", 7, None)
    assert midwatch.ok("context", "detect").splitlines() == [
        "sleeping: the ever window is open",
        "window: ever, without an end that is known",
        "intensity: 100 %, builds at the same time: 7",
    ]


def test_the_built_in_week_is_told_of(midwatch: Midwatch) -> None:
    """Within two days the night comes twice, and the summary has everything."""
    configure(midwatch, '[time]\nzone = "Asia/Kathmandu"\n[windows]\ndefaults = true\n')
    coming = midwatch.json("context", "upcoming")
    assert [change["window"] for change in coming].count("overnight") == 2
    assert all(set(change) == {"at", "context", "window", "slots"} for change in coming)
    assert [change["at"] for change in coming] == sorted(change["at"] for change in coming)
    table = midwatch.ok("context", "upcoming", "--days", "7").splitlines()
    assert table[0].split() == ["FROM", "CONTEXT", "WINDOW", "BUILDS"]
    assert any(line.split()[-3:] == ["weekend", "weekend", "2"] for line in table)
    told = midwatch.json("context", "summary")
    assert told["zone"] == "Asia/Kathmandu"
    assert told["windows"][0]["name"] == "overnight"
    assert told["slots"] == {
        "available": 2, "working": 1, "sleeping": 2, "away": 2, "gym": 2, "meeting": 0, "weekend": 2,
    }  # fmt: skip
    words = midwatch.ok("context", "summary")
    assert "work: weekdays 09:00-17:00, working, high priority and above" in words


@pytest.mark.parametrize("running", [False, True])
def test_the_operators_word(midwatch: Midwatch, running: bool) -> None:
    """Set, seen and cleared, with or without an engine; the journal has who and until when."""

    def play() -> None:
        assert midwatch.ok("context", "set", "gym", "--until", "2h", "--why", "leg day").startswith(
            "the context is gym"
        )
        found = midwatch.json("context", "detect")
        assert found["context"] == "gym" and found["why"].startswith("set by ")
        assert found["until"] is not None
        assert [change["context"] for change in midwatch.json("context", "upcoming")] == ["sleeping"]
        assert "gym" in midwatch.ok("context", "detect")
        midwatch.ok("context", "clear")
        assert midwatch.json("context", "detect")["context"] == "sleeping"
        assert midwatch.fails("context", "clear")[0] == 1

    configure(midwatch, ALWAYS)
    if running:
        with midwatch.engine():
            play()
            until(lambda: "context_changed" in midwatch.ok("audit", "list"), "the change on record")
    else:
        play()
    assert "leg day" in midwatch.ok("audit", "list")


def test_what_is_no_context_or_no_time_is_refused(midwatch: Midwatch) -> None:
    """With the exit code for what cannot be understood, and the names that there are."""
    code, text = midwatch.fails("context", "set", "napping")
    assert code == 2 and "gym" in text
    assert midwatch.fails("context", "set", "gym", "--until", "soon")[0] == 2
    code, text = midwatch.fails("context", "set", "gym", "--until", "2020-01-01T00:00")
    assert code == 1 and "is past" in text


def test_time_for_builds_in_the_calendar_is_no_meeting(midwatch: Midwatch, tmp_path: Path) -> None:
    """The file holds the night, week by week, in the operator's zone, and stops no build when it is read back."""
    file = tmp_path / "building.ics"
    configure(midwatch, f'[time]\nzone = "America/Chicago"\n[calendar]\nfiles = ["{file}"]\n')
    midwatch.ok("context", "block", str(file))
    text = file.read_text()
    for line in ("DTSTART;TZID=America/Chicago:", "T230000", "T070000", "RRULE:FREQ=WEEKLY", "UID:overnight@midwatch"):
        assert line in text
    assert midwatch.json("context", "detect")["trouble"] == ""
    reading = Calendar([str(file)], CHICAGO).read(NOW)
    assert (reading.meetings, reading.trouble) == ((), "")
    assert midwatch.fails("context", "block", str(file), "--window", "nap")[0] == 2
    midwatch.ok("context", "block", str(file), "--window", "work")
    assert "MO" in file.read_text() and "SA" not in file.read_text().partition("RRULE")[2].partition("\n")[0]


def test_a_calendar_that_cannot_be_read_is_told(midwatch: Midwatch, tmp_path: Path) -> None:
    """In words with the file's name, wherever the time is asked for; a good one gives the meeting."""
    file = tmp_path / "work.ics"
    configure(midwatch, f'[calendar]\nfiles = ["{file}"]\n')
    assert str(file) in midwatch.ok("context", "detect")
    assert midwatch.json("context", "detect")["slots"] == 0
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    write(file, event(f":{now - hour:%Y%m%dT%H%M%SZ}", f":{now + hour:%Y%m%dT%H%M%SZ}", "SUMMARY:Standup"))
    found = midwatch.json("context", "detect")
    assert (found["context"], found["slots"], found["trouble"]) == ("meeting", 0, "")
    assert "Standup" in found["why"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19:00", datetime(2026, 2, 7, 1, 0, tzinfo=UTC)),
        ("12:30", datetime(2026, 2, 7, 18, 30, tzinfo=UTC)),
        ("12:31", datetime(2026, 2, 6, 18, 31, tzinfo=UTC)),
        ("2h", NOW + timedelta(hours=2)),
        ("+90m", NOW + timedelta(minutes=90)),
        ("2026-02-06T19:00", datetime(2026, 2, 7, 1, 0, tzinfo=UTC)),
        ("2026-02-06T19:00+01:00", datetime(2026, 2, 6, 18, 0, tzinfo=UTC)),
        ("2026-03-08T02:30", datetime(2026, 3, 8, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_is_meant_by_the_operators_clock(text: str, expected: datetime) -> None:
    """A time of day is the next one; also a time that the clock skips has its moment."""
    assert moment(text, NOW, CHICAGO) == expected


@pytest.mark.parametrize("text", ["", "24:30", "soon", "19", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A bare number could mean anything."""
    with pytest.raises(Refused, match="is no time"):
        moment(text, NOW, CHICAGO)
