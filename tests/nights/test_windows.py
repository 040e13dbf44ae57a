"""Nights and weeks by the operator's windows."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.when.window import Exceptional, Window
from state.settings import CalendarSettings, QueueSettings
from tests.engine.engines import ask
from tests.engine.schedule.test_calendar import event, write
from tests.nights.night import USUAL, Night, play

NIGHT = msgspec.structs.replace(USUAL, windows={"night": Window(name="night", start_min=23 * 60, end_min=7 * 60)})


def test_a_night_and_the_weekend_after_it(tmp_path: Path) -> None:
    """Each task starts in the first window that is long enough for it, and what is urgent at once."""

    async def scene(night: Night) -> None:
        await night.add("short", hours=1)
        await night.add("evening", hours=2)
        await night.add("long", hours=5)
        await night.add("weekend", hours=10)
        await night.add("urgent", hours=10, priority=t.Priority.HIGH)
        await night.add("unwanted", hours=1, priority=t.Priority.LOW)
        await night.until("2026-02-05T22:30")
        assert night.began() == {"urgent-1": "Thu 22:00", "short-1": "Thu 22:00"}
        await night.until("2026-02-07T08:00")
        assert night.began() == {
            "urgent-1": "Thu 22:00",
            "short-1": "Thu 22:00",
            "evening-1": "Thu 23:00",
            "long-1": "Thu 23:00",
            "weekend-1": "Sat 07:00",
        }

    house = play(tmp_path, "2026-02-05T22:00", scene)
    assert house.task("unwanted").state_name == "awaiting_approval"


def test_a_day_at_work_starts_only_what_is_urgent(tmp_path: Path) -> None:
    """From nine to five nothing of medium priority starts, and one build at a time is enough."""

    async def scene(night: Night) -> None:
        await night.add("medium")
        await night.add("one", priority=t.Priority.HIGH, command="sleep 600")
        await night.add("two", priority=t.Priority.HIGH, command="sleep 600")
        await night.until("2026-02-05T17:00")
        assert night.began() == {"one-1": "Thu 09:00", "two-1": "Thu 17:00"}

    play(tmp_path, "2026-02-05T09:00", scene)


@pytest.mark.parametrize(
    ("evening", "morning", "length_h"),
    [
        ("2026-03-07T22:30", "2026-03-08T07:00", 7),
        ("2026-10-31T22:30", "2026-11-01T07:00", 9),
        ("2026-03-06T22:30", "2026-03-07T07:00", 8),
    ],
)
def test_the_night_of_the_change_is_as_long_as_it_is(
    tmp_path: Path, evening: str, morning: str, length_h: float
) -> None:
    """On a night of seven hours one of seven fits and half an hour more does not; on one of nine, nine."""

    async def scene(night: Night) -> None:
        await night.add("fits", hours=length_h)
        await night.add("longer", hours=length_h + 0.5)
        await night.until(morning)
        assert list(night.began()) == ["fits-1"]
        assert night.began()["fits-1"].endswith("23:00")

    # Another night is long enough for both, so that neither is held.
    longer = Window(name="longer", days=(2,), start_min=20 * 60, end_min=8 * 60, priority=1)
    play(tmp_path, evening, scene, msgspec.structs.replace(NIGHT, windows={**NIGHT.windows, "longer": longer}))


def test_a_laptop_asleep_from_one_to_five(tmp_path: Path) -> None:
    """Back at five, what no longer fits into the night waits for the next; what fits starts at once, and only once."""

    async def scene(night: Night) -> None:
        await night.add("first", hours=1, command="sleep 600")
        await night.until("2026-02-06T01:00")
        await night.add("short", hours=2)
        await night.add("long", hours=4)
        await night.jump("2026-02-06T05:00")
        assert night.began() == {"first-1": "Thu 23:00"}
        await night.house.build_is("running", "first-1")
        await ask(night.engine, c.Kill(label="first"))
        await night.settle()
        assert night.began() == {"first-1": "Thu 23:00", "short-1": "Fri 05:00"}
        await night.until("2026-02-06T23:00")
        assert night.began() == {"first-1": "Thu 23:00", "short-1": "Fri 05:00", "long-1": "Fri 23:00"}

    one = msgspec.structs.replace(NIGHT, queue=QueueSettings(slots=1))
    play(tmp_path, "2026-02-05T22:30", scene, one)


def test_a_clock_that_is_set_back_an_hour(tmp_path: Path) -> None:
    """The window is shut again until its time comes again; what runs goes on, and nothing runs twice."""

    async def scene(night: Night) -> None:
        await night.add("runs", command="sleep 600")
        await night.jump("2026-02-05T23:10")
        await night.house.build_is("running", "runs-1")
        await night.jump("2026-02-05T22:10")
        await night.add("late")
        await night.until("2026-02-05T22:50")
        assert night.began() == {"runs-1": "Thu 23:10"}
        assert isinstance(night.house.build("runs-1").state, b.Running)
        await night.until("2026-02-06T00:30")
        assert night.began() == {"runs-1": "Thu 23:10", "late-1": "Thu 23:20"}

    play(tmp_path, "2026-02-05T22:30", scene, NIGHT)


def test_a_meeting_in_the_morning(tmp_path: Path) -> None:
    """At half past nine even what is urgent waits until the meeting is over."""
    file = tmp_path / "work.ics"
    write(
        file, event(";TZID=America/Chicago:20260205T093000", ";TZID=America/Chicago:20260205T100000", "SUMMARY:Standup")
    )

    async def scene(night: Night) -> None:
        await night.until("2026-02-05T09:30")
        await night.add("urgent", priority=t.Priority.HIGH)
        await night.until("2026-02-05T10:30", step_min=10)
        assert night.began() == {"urgent-1": "Thu 10:00"}

    play(
        tmp_path,
        "2026-02-05T09:00",
        scene,
        msgspec.structs.replace(USUAL, calendar=CalendarSettings(files=(str(file),))),
    )


def test_a_holiday_is_a_sunday(tmp_path: Path) -> None:
    """On a Thursday that counts as a Sunday a long task starts in the morning."""
    day = date(2026, 2, 5)
    settings = msgspec.structs.replace(USUAL, holidays={day: Exceptional(day=day, counts_as=6)})

    async def scene(night: Night) -> None:
        await night.add("long", hours=10)
        await night.until("2026-02-05T12:00")
        assert night.began() == {"long-1": "Thu 07:00"}

    play(tmp_path, "2026-02-05T06:00", scene, settings)
