"""Nights and weeks in the simulator: queued at ten in the evening, looked at at seven in the morning."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.schedule.almanac import Almanac
from engine.schedule.played import Played
from state.model import task as t
from state.model.when.context import Context
from state.model.when.schedule import Schedule
from state.model.when.window import Window
from state.settings import DEFAULT_LIMITS, CalendarSettings, QueueSettings, Settings, TimeSettings
from tests.engine.schedule.playing import local, played, settings_of
from tests.engine.schedule.test_calendar import event, write
from tests.making import NOON, a_task

CHICAGO = ZoneInfo("America/Chicago")
NIGHT = Window(name="night", start_min=23 * 60, end_min=7 * 60, context=Context.SLEEPING)


def nights(*, slots: int = 1, **changes: Any) -> Settings:
    """Settings with nothing but the night from eleven to seven."""
    fields = {"windows": {"night": NIGHT}, "time": TimeSettings(zone="America/Chicago")}
    return Settings(queue=QueueSettings(slots=slots), **{**fields, **changes})


def wall(result: Played) -> list[str]:
    """Each start by the operator's clock."""
    return [f"{bout.label} {bout.at.astimezone(CHICAGO):%a %H:%M}" for bout in result.starts]


def by_label(result: Played) -> dict[str, str]:
    """The first start of each task by the operator's clock."""
    return {line.split()[0]: line.partition(" ")[2] for line in reversed(wall(result))}


def test_from_ten_in_the_evening_to_the_brief_at_seven() -> None:
    """By seven the brief has what shipped, what waits for the operator and why, and what the night had no room for."""
    tasks = [
        a_task("fix", repo="/srv/a", verify="make", hours=0.5),
        a_task("long", repo="/srv/b", verify="make", hours=5.0),
        a_task("unverified", repo="/srv/c", hours=1.0),
        a_task("feature", category=t.Category.NEW_FEATURE, hours=1.0),
        a_task("after", depends=("feature",), hours=1.0),
        a_task("weekend", hours=10.0),
        a_task("vague", description="", criteria=()),
    ]
    result = played(tasks, local("2026-02-05 22:00"), 9)
    assert wall(result)[0] == "fix Thu 22:00"
    assert {label: when for label, when in by_label(result).items() if label != "unverified"} == {
        "fix": "Thu 22:00",
        "long": "Thu 23:00",
    }
    shipped = {bout.label for bout in result.starts if bout.ending == "done" and bout.ends_at <= result.end}
    assert shipped == {"fix", "long"}
    assert {wait.label: (wait.whom, wait.state) for wait in result.waits} == {
        "unverified": ("you", "awaiting_review"),
        "feature": ("you", "awaiting_approval"),
        "vague": ("you", "held"),
        "after": ("tasks", "queued"),
        "weekend": ("time", "queued"),
    }
    assert all(wait.reason for wait in result.waits)


@pytest.mark.parametrize(
    ("evening", "hours", "length_h"),
    [("2026-03-07 22:00", 9, 7), ("2026-10-31 22:00", 11, 9), ("2026-03-06 22:00", 10, 8)],
)
def test_the_night_of_the_change_is_as_long_as_it_is(evening: str, hours: int, length_h: int) -> None:
    """A night of seven hours takes a task of seven and not of seven and a half; one of nine hours takes nine."""
    tasks = [a_task("fits", hours=float(length_h)), a_task("longer", hours=length_h + 0.5)]
    longer = Window(name="longer", days=(2,), start_min=20 * 60, end_min=8 * 60, priority=1)
    settings = nights(slots=2, windows={"night": NIGHT, "longer": longer})
    result = played(tasks, local(evening), hours, settings=settings)
    assert [bout.label for bout in result.starts] == ["fits"]
    (night,) = (span for span in result.windows if span.window == "night")
    assert (night.closes_at - night.opens_at) == timedelta(hours=length_h)
    assert night.hours == 2 * length_h
    assert f"{night.opens_at.astimezone(CHICAGO):%H:%M}-{night.closes_at.astimezone(CHICAGO):%H:%M}" == "23:00-07:00"


@pytest.mark.parametrize(("sunday", "hour"), [("2026-03-08", "03:00"), ("2026-11-01", "02:30")])
def test_schedules_keep_their_meaning_when_the_clocks_change(sunday: str, hour: str) -> None:
    """A time in the hour that is skipped comes once right after it, one in the hour that is repeated once."""
    schedules = {"research": Schedule(name="research", cron="30 2 * * *", run="status", zone="America/Chicago")}
    result = played([], local(f"{sunday} 00:00"), 12, settings=nights(schedules=schedules))
    assert [f"{slot.at.astimezone(CHICAGO):%H:%M}" for slot in result.commands] == [hour]


def test_a_meeting_at_half_past_nine(tmp_path: Path) -> None:
    """What is urgent waits until the meeting is over, and the answer shows the meeting."""
    file = tmp_path / "work.ics"
    zone = ";TZID=America/Chicago"
    write(file, event(f"{zone}:20260205T093000", f"{zone}:20260205T100000", "SUMMARY:Standup"))
    settings = settings_of(calendar=CalendarSettings(files=(str(file),)))
    almanac = Almanac(settings)
    start = local("2026-02-05 09:00")
    almanac.take(almanac.calendar.read(start))
    tasks = [
        a_task("urgent", priority=t.Priority.HIGH, start_at=local("2026-02-05 09:35"), hours=0.2),
        a_task("before", priority=t.Priority.HIGH, hours=0.1),
    ]
    result = played(tasks, start, 4, settings=settings, almanac=almanac)
    assert by_label(result) == {"before": "Thu 09:00", "urgent": "Thu 10:00"}
    assert [(span.context, span.slots) for span in result.windows][:3] == [
        (Context.WORKING, 1),
        (Context.MEETING, 0),
        (Context.WORKING, 1),
    ]


def test_a_calendar_that_was_never_read_lets_nothing_start() -> None:
    """Nobody knows of its meetings, so nothing starts in the simulation either."""
    settings = settings_of(calendar=CalendarSettings(files=("/nowhere/work.ics",)))
    assert (
        played([a_task("urgent", priority=t.Priority.HIGH)], local("2026-02-05 09:00"), settings=settings).starts == ()
    )


def test_a_laptop_that_sleeps_from_one_to_five_plays_the_rest_of_its_night() -> None:
    """Asked at five, it foresees what still fits until seven, and the rest for the next night."""
    tasks = [a_task("short", hours=1.5), a_task("long", hours=4.0)]
    result = played(tasks, local("2026-02-06 05:00"), 24, settings=nights())
    assert by_label(result) == {"short": "Fri 05:00", "long": "Fri 23:00"}


def test_a_week_runs_by_itself() -> None:
    """Every night ships something, no day at work starts what is not urgent, and the long ones wait for Saturday."""
    limits = msgspec.structs.replace(DEFAULT_LIMITS, time_s=24 * 3600.0)
    tasks = [a_task(f"night{number}", hours=6.0, repo=f"/srv/{number}", verify="make") for number in range(10)]
    tasks += [a_task(f"week{number}", hours=10.0, repo=f"/srv/w{number}", verify="make") for number in range(2)]
    first = local("2026-02-02 23:00")
    tasks += [a_task("nightly", cron="0 23 * * *", slot=first, hours=0.5, added_at=NOON - timedelta(days=99))]
    result = played(tasks, local("2026-02-02 12:00"), 7 * 24, settings=settings_of(slots=2, limits=limits))
    nightly = [line for line in wall(result) if line.startswith("nightly")]
    assert nightly == [f"nightly {day} 23:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
    assert {bout.window for bout in result.starts} == {"overnight", "weekend"}
    assert {by_label(result)[f"week{number}"].split()[0] for number in range(2)} <= {"Sat", "Sun"}
    assert {bout.ending for bout in result.starts} == {"done"}
    assert {wait.label for wait in result.waits} == {"nightly"}
    assert result.overflow == ()
