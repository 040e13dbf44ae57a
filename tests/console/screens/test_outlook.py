"""The outlook gathers what lies in a week."""

from datetime import timedelta

from console.screens.outlook import frozen, look_out
from state.model.build import Finished
from state.model.view import View
from state.model.when.schedule import Schedule, ScheduleState
from state.model.when.window import Window
from state.settings import Settings, TimeSettings
from tests.console.fake_engine import running
from tests.making import NOON, a_build, a_task
from widgets.week import Kind

HOUR = timedelta(hours=1)
SETTINGS = Settings(
    time=TimeSettings(zone="America/Chicago"),
    windows={"overnight": Window(name="overnight", start_min=23 * 60, end_min=7 * 60)},
    schedules={"nightly": Schedule(name="nightly", cron="0 9 * * *", run="report nightly")},
)


def test_tells_of_the_past_the_present_and_the_future() -> None:
    """What was built, what runs, what will start and slots stand in order, in the week's windows."""
    over = Finished(ending="failed", text="no", at=NOON - HOUR)
    builds = [
        a_build("old-1", over, started_at=NOON - 2 * HOUR, ended_at=NOON - HOUR),
        running("ledger-1", started_at=NOON - HOUR / 2),
        a_build("never-1"),
    ]
    view = View(
        at=NOON,
        tasks={"csv": a_task("csv", hours=2.0)},
        builds={build.id: build for build in builds},
        schedules={"nightly": ScheduleState(name="nightly")},
    )
    found = look_out(view, SETTINGS, NOON - 24 * HOUR, NOON + 30 * HOUR)
    assert [(mark.label, mark.kind) for mark in found.marks] == [
        ("old-1", Kind.FAILED),
        ("ledger-1", Kind.RUNNING),
        ("csv", Kind.PLANNED),
        ("nightly", Kind.SCHEDULE),
    ]
    planned = found.marks[2]
    assert planned.until - planned.at == 2 * HOUR
    assert [span.window.name for span in found.spans] == ["overnight"] * 3
    assert any(span.opens_at <= planned.at < span.closes_at for span in found.spans)


def test_a_frozen_view_stays() -> None:
    """What comes into the mirror later is not in it."""
    tasks = {"csv": a_task("csv")}
    view = frozen(View(at=NOON, tasks=tasks))
    tasks["docs"] = a_task("docs")
    assert set(view.tasks) == {"csv"}
