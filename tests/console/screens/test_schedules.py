"""The screen of schedules shows what runs when, and asks the engine for what the operator wants."""

from datetime import UTC, datetime, timedelta
from typing import Any

from console.screens.schedules import facts
from engine.schedule.timetable import coming
from state.model import command as c
from state.model.when.schedule import Missed, Ran, Run, Schedule, ScheduleState
from state.settings import Problem, SettingsError
from tests.console.fake_engine import FakeEngine, night, ports
from tests.console.helm import Helm, sail
from tests.making import NOON, ManualClock
from widgets.schedules import Scheduled

NIGHTLY = Schedule(name="nightly", cron="0 23 * * *", run="report nightly", zone="America/Chicago")
LAST = Run(slot=NOON, by="engine", started_at=NOON, ended_at=NOON, outcome=Ran.FAILED, exit_code=2, text="no room")
STATE = ScheduleState(
    name="nightly",
    timing=NIGHTLY.timing,
    next_slot=datetime(2026, 3, 5, 5, tzinfo=UTC),
    last=LAST,
    missed=(Missed(slot=NOON - timedelta(days=1), why="nothing could run at its time", noted_at=NOON),),
    missed_count=1,
)


def scheduled(engine: FakeEngine) -> tuple[FakeEngine, dict[str, Any]]:
    """An engine with one schedule, and the ports that know it."""
    engine.put(STATE)
    return engine, {"schedules": lambda: {"nightly": NIGHTLY}, "coming": coming}


def test_shows_times_and_outcomes_in_a_small_window() -> None:
    """At 80x24 the list, the next times, the last outcome and what was missed are there; Escape leads back."""
    engine, known = scheduled(night(FakeEngine()))

    async def scene(helm: Helm) -> None:
        await helm.press("S")
        await helm.sees("● on", "0 23 * * *", "1 missed", "nightly: report nightly")
        await helm.sees("Wed 2026-03-04 23:00 -0600", "Sun 2026-03-08 23:00 -0500", "exit code 2", "no room")
        await helm.sees("builds 1/2", "p pause", "K kill switch")
        await helm.press("escape")
        await helm.sees("Active builds")

    sail(scene, engine, (80, 24), clock=ManualClock(), **known)


def test_runs_now_and_pauses() -> None:
    """Enter and `n` run it now, `p` pauses it and goes on again; the deck's own keys do nothing there."""
    engine, known = scheduled(FakeEngine())

    async def scene(helm: Helm) -> None:
        await helm.press("S")
        await helm.sees("nightly: report nightly")
        await helm.press("enter")
        await helm.press("n")
        await helm.press("p")
        await helm.press("a", "k", "r")
        run, pause = c.RunSchedule(name="nightly"), c.PauseSchedule(name="nightly", on=True)
        assert await helm.asked(3) == [run, run, pause]
        helm.engine.put(ScheduleState(name="nightly", timing=NIGHTLY.timing, paused=True))
        await helm.sees("‖ paused", "p resume", "paused: nothing runs until you resume it")
        await helm.press("p")
        assert (await helm.asked(4))[3] == c.PauseSchedule(name="nightly", on=False)

    sail(scene, engine, clock=ManualClock(), **known)


def test_what_runs_is_not_run_again() -> None:
    """A schedule that runs says so, and nothing is sent."""
    engine, known = scheduled(FakeEngine())
    engine.put(ScheduleState(name="nightly", timing=NIGHTLY.timing, running=Run(slot=None, by="ann", started_at=NOON)))

    async def scene(helm: Helm) -> None:
        await helm.press("S")
        await helm.sees("▶ running")
        await helm.press("n")
        await helm.sees("nightly runs already.")
        assert helm.engine.commands == []

    sail(scene, engine, clock=ManualClock(), **known)


def test_the_kill_switch_is_within_reach() -> None:
    """`K` asks there as it does everywhere."""
    engine, known = scheduled(night(FakeEngine()))

    async def scene(helm: Helm) -> None:
        await helm.press("S", "K")
        await helm.sees("Engage the kill switch?")
        await helm.press("right", "enter")
        assert await helm.asked() == [c.KillAll()]

    sail(scene, engine, clock=ManualClock(), **known)


def test_settings_that_cannot_be_read_are_told() -> None:
    """The list stays, with what is wrong below it."""
    engine, _ = scheduled(FakeEngine())

    def broken() -> dict[str, Schedule]:
        raise SettingsError((Problem(file="midwatch.toml", line=3, key="", text="no TOML"),))

    async def scene(helm: Helm) -> None:
        await helm.press("S")
        await helm.sees("The settings cannot be read: midwatch.toml:3: no TOML", "nightly")

    sail(scene, engine, schedules=broken)


def test_nothing_scheduled() -> None:
    """An empty list says how to fill it, and no key asks the engine for anything."""

    async def scene(helm: Helm) -> None:
        await helm.press("S")
        await helm.sees(" Nothing is scheduled: midwatch.toml shows")
        await helm.press("p")
        await helm.sees("Nothing is scheduled.")
        await helm.press("n", "p")
        assert helm.engine.commands == []

    sail(scene, FakeEngine())


def test_what_is_configured_no_more() -> None:
    """Its record stays to be seen."""
    lines = facts(Scheduled(STATE, None), ports(), NOON)
    assert lines[0].text == "nightly: it is configured no more"
    assert any("nothing could run at its time" in line.text for line in lines)
