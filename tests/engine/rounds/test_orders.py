"""What the operator may order of a schedule, with and without an engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.desk.desk import Desk
from engine.questions import Questions
from state.files import create_workspace
from state.model import command as c
from state.model.when.schedule import Schedule, ScheduleState
from state.settings import Settings
from state.store import Store
from tests.making import ManualClock

NIGHTLY = Schedule(name="nightly", cron="0 23 * * *", run="report nightly")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk where no engine runs."""
    clock = ManualClock()
    with Store.open(create_workspace(tmp_path), clock) as store:
        yield Desk(store, Settings(schedules={"nightly": NIGHTLY}), clock, Questions(store))


def ask(desk: Desk, command: c.Command) -> tuple[bool, str]:
    reply = desk.handle(c.Request(actor="operator:ada", command=command))
    return reply.ok, reply.text


def state(desk: Desk) -> ScheduleState:
    return desk.common.store.schedules["nightly"]


def test_a_schedule_is_paused_and_goes_on(desk: Desk) -> None:
    """Each order is on record with who gave it, and the opposite of what is already so is refused."""
    assert ask(desk, c.PauseSchedule(name="nightly", on=False)) == (False, "nightly is not paused")
    ok, text = ask(desk, c.PauseSchedule(name="nightly", on=True, why="too loud"))
    assert ok and "`midwatch schedules resume nightly`" in text
    assert state(desk).paused
    assert ask(desk, c.PauseSchedule(name="nightly", on=True)) == (False, "nightly is paused already")
    assert ask(desk, c.PauseSchedule(name="nightly", on=False))[0]
    assert not state(desk).paused


def test_a_run_is_asked_for_once(desk: Desk) -> None:
    """The order waits on record for an engine."""
    assert ask(desk, c.RunSchedule(name="nightly")) == (True, "nightly: runs at once, where an engine runs")
    assert state(desk).asked_by == "operator:ada"
    assert ask(desk, c.RunSchedule(name="nightly")) == (False, "nightly: a run is asked for already")


@pytest.mark.parametrize(("brake", "hint"), [(c.KillAll(), "midwatch arm"), (c.Pause(on=True), "midwatch resume")])
def test_the_brakes_come_first(desk: Desk, brake: c.Command, hint: str) -> None:
    """While nothing may start no run is promised."""
    ask(desk, brake)
    ok, text = ask(desk, c.RunSchedule(name="nightly"))
    assert not ok and hint in text
    assert "nightly" not in desk.common.store.schedules


@pytest.mark.parametrize(
    ("name", "hint"), [("nigthly", "did you mean nightly?"), ("x", "`midwatch schedules` lists them")]
)
def test_an_unknown_schedule_is_told_with_the_nearest(desk: Desk, name: str, hint: str) -> None:
    """A name that is none changes nothing."""
    for command in (c.RunSchedule(name=name), c.PauseSchedule(name=name, on=True)):
        assert ask(desk, command) == (False, f"there is no schedule {name!r}: {hint}")


def test_a_pause_before_the_first_engine_holds(desk: Desk) -> None:
    """An order for a schedule that no engine has seen yet does not invent a time for it."""
    ask(desk, c.PauseSchedule(name="nightly", on=True))
    assert (state(desk).next_slot, state(desk).timing) == (None, "")
