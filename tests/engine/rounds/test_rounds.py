"""Schedules at work in a real engine: real processes, a clock that only the test moves."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.rounds.rounds import AT_ONCE
from engine.schedule.timetable import set_out
from state.files import atomic_write
from state.model import command as c
from state.model.escalation import EscalationKind
from state.model.when.schedule import Misfire, Ran, Run, Schedule, ScheduleState
from state.settings import Settings
from tests.engine.engines import House, ask, nudge, until
from tests.making import NOON

SHELL = ("sh", "-c", 'echo "$3" >> "$2/ran"; shift 2; eval "$*"', "sh")
"""Writes down that it ran, and runs the words of the schedule as a line of shell."""
ONE = NOON + timedelta(hours=1)


def on_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test on a loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **named: Any) -> None:
        asyncio.run(test(*args, **named))

    return run


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A workspace with an hourly schedule."""
    house = House(tmp_path)
    house.command = SHELL
    plan(house)
    return house


def plan(house: House, *more: Schedule, **changes: Any) -> None:
    """Configure an hourly schedule and others."""
    fields: dict[str, Any] = {"name": "hourly", "cron": "0 * * * *", "run": "'echo all is well'"}
    schedules = (Schedule(**{**fields, **changes}), *more)
    house.settings = Settings(schedules={schedule.name: schedule for schedule in schedules})


def ran(house: House) -> list[str]:
    """What was run, in order."""
    file = house.workspace.root / "ran"
    return file.read_text().splitlines() if file.exists() else []


def state(house: House, name: str = "hourly") -> ScheduleState:
    return house.store.schedules[name]


def actions(house: House) -> list[str]:
    """The record's entries on schedules, oldest first."""
    text = b"".join(file.read_bytes() for file in sorted(house.workspace.journal.glob("*.jsonl")))
    found = []
    for line in text.splitlines():
        for word in line.decode().split('"action":"')[1:]:
            found.append(word.partition('"')[0])
    return [action for action in found if action.startswith("schedule")]


async def over(house: House, name: str = "hourly", runs: int = 1) -> Run:
    """Wait for a run's end and return it."""
    await until(lambda: state(house, name).runs >= runs, lambda: f"{name} to run; it is {state(house, name)}")
    last = state(house, name).last
    assert last is not None
    return last


async def begun(house: House, name: str = "hourly") -> None:
    """Wait until a command really runs."""
    await until(lambda: state(house, name).running is not None and bool(ran(house)), f"{name} to begin")


async def move(house: House, engine: Any, to: datetime) -> None:
    """Set the clock and have the engine look at it."""
    house.clock.set(to)
    await nudge(engine)


@on_a_loop
async def test_a_slot_runs_when_its_time_has_come_and_not_before(house: House) -> None:
    """The slot and the real start are both on record, with how it ended and its last words."""
    async with house.live() as engine:
        await move(house, engine, ONE - timedelta(microseconds=1))
        assert state(house).runs == 0 and state(house).running is None
        await move(house, engine, ONE + timedelta(seconds=2))
        run = await over(house)
    assert run.slot == ONE
    assert run.started_at == ONE + timedelta(seconds=2)
    assert (run.outcome, run.exit_code, run.text) == (Ran.DONE, 0, "all is well")
    assert state(house).next_slot == ONE + timedelta(hours=1)
    assert actions(house) == ["schedules_set", "schedule_started", "schedule_done"]


@on_a_loop
async def test_the_engine_sleeps_until_the_next_slot_and_wakes_by_itself(house: House) -> None:
    """Nothing has to be asked for a slot to run."""
    house.clock.set(ONE - timedelta(seconds=0.2))
    async with house.live():
        house.clock.set(ONE)
        await over(house)


@on_a_loop
async def test_a_failure_becomes_a_question_until_it_runs_well_again(house: House) -> None:
    """The operator is asked once, however often it fails, and no more once it has run well."""
    plan(house, run="'echo the disk is full >&2; test -e mended'")
    async with house.live() as engine:
        await move(house, engine, ONE)
        run = await over(house)
        assert (run.outcome, run.exit_code, run.text) == (Ran.FAILED, 1, "the disk is full")
        await move(house, engine, ONE + timedelta(hours=1))
        await over(house, runs=2)
        questions = [question for question in house.store.escalations.values() if question.open]
        assert [(q.type, q.label, q.count) for q in questions] == [(EscalationKind.SYSTEM_HEALTH, "schedule:hourly", 2)]
        assert "the disk is full; `midwatch schedules why hourly`" in questions[0].text
        (house.workspace.root / "mended").touch()
        await move(house, engine, ONE + timedelta(hours=2))
        await over(house, runs=3)
        assert not any(question.open for question in house.store.escalations.values())


@on_a_loop
async def test_a_question_about_a_schedule_can_be_dismissed(house: House) -> None:
    """`deny` closes it, as it closes a task's."""
    plan(house, run="'exit 1'")
    async with house.live() as engine:
        await move(house, engine, ONE)
        await over(house)
        assert (await ask(engine, c.Deny(label="schedule:hourly", digest=""))).ok
        assert not any(question.open for question in house.store.escalations.values())
        assert not (await ask(engine, c.Deny(label="schedule:hourly", digest=""))).ok


@on_a_loop
async def test_the_kill_switch_ends_what_runs_and_lets_nothing_start(house: House) -> None:
    """A command dies with everything else; the slots that pass meanwhile are decided after `arm`."""
    plan(house, run="'exec sleep 1000'", time_limit_s=2000.0, misfire=Misfire.SKIP)
    async with house.live() as engine:
        await move(house, engine, ONE)
        await begun(house)
        assert (await ask(engine, c.KillAll(why="enough"))).ok
        run = await over(house)
        assert run.outcome is Ran.KILLED
        house.clock.set(ONE + timedelta(hours=1, minutes=30))
        refused = await ask(engine, c.RunSchedule(name="hourly"))
        assert not refused.ok and "midwatch arm" in refused.text
        assert len(ran(house)) == 1
        await nudge(engine)
        await until(lambda: state(house).missed_count == 1, "the slot to be noted as missed")
        assert state(house).missed[0].slot == ONE + timedelta(hours=1)
    assert len(ran(house)) == 1


@on_a_loop
async def test_nothing_starts_while_all_is_paused(house: House) -> None:
    """After the pause the policy says what is made up."""
    async with house.live() as engine:
        assert (await ask(engine, c.Pause(on=True))).ok
        await move(house, engine, ONE + timedelta(hours=2))
        assert not ran(house)
        assert (await ask(engine, c.Pause(on=False))).ok
        run = await over(house)
        assert run.slot == ONE + timedelta(hours=2)
        assert [missed.slot for missed in state(house).missed] == [ONE, ONE + timedelta(hours=1)]


@on_a_loop
async def test_the_engine_that_leaves_ends_what_runs_and_says_so(house: House) -> None:
    """What a command had done by then is not known, so it is a question and is not run again."""
    plan(house, run="'echo $$ > pid; exec sleep 1000'", time_limit_s=2000.0)
    async with house.live() as engine:
        await move(house, engine, ONE)
        pid = house.workspace.root / "pid"
        await until(lambda: pid.exists() and bool(pid.read_text()), "it to begin")
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
    run = state(house).last
    assert run is not None and run.outcome is Ran.INTERRUPTED and run.slot == ONE
    async with house.live() as engine:
        await nudge(engine)
        assert state(house).running is None
        assert house.questions() == [EscalationKind.SYSTEM_HEALTH]
    assert len(ran(house)) == 1


@on_a_loop
async def test_what_a_killed_engine_left_running_is_interrupted(house: House) -> None:
    """A run that is on record and has no end is never run again; the next slot runs as ever."""
    running = Run(slot=ONE, by="engine", started_at=ONE)
    seeded = set_out(house.settings.schedules["hourly"], None, ONE)
    house.seed(msgspec.structs.replace(seeded, running=running))
    house.clock.set(ONE + timedelta(minutes=1))
    async with house.live() as engine:
        await until(lambda: state(house).last is not None, "it to be noticed")
        last = state(house).last
        assert last is not None and last.outcome is Ran.INTERRUPTED
        assert "it is not run again" in last.text
        await move(house, engine, ONE + timedelta(hours=1))
        assert (await over(house, runs=2)).slot == ONE + timedelta(hours=1)
    assert len(ran(house)) == 1


@pytest.mark.parametrize(
    ("misfire", "slots", "missed"),
    [(Misfire.SKIP, [], 3), (Misfire.ONCE, [3], 2), (Misfire.ALL, [2, 3], 1)],
)
@on_a_loop
async def test_what_passed_while_no_engine_ran_goes_by_the_policy(
    house: House, misfire: Misfire, slots: list[int], missed: int
) -> None:
    """After three hours without an engine: none, the last, or the last two, one after the other."""
    plan(house, misfire=misfire, at_most=2)
    async with house.live():
        pass
    house.clock.set(NOON + timedelta(hours=3, minutes=10))
    async with house.live() as engine:
        await nudge(engine)
        await until(lambda: state(house).runs == len(slots) and state(house).running is None, "the runs")
        assert state(house).missed_count == missed
        assert len(ran(house)) == len(slots)
        if slots:
            last = state(house).last
            assert last is not None and last.slot == NOON + timedelta(hours=slots[-1])


@on_a_loop
async def test_an_hour_that_comes_twice_runs_once(house: House) -> None:
    """Neither a clock that is put back nor a restart in that hour runs a slot again."""
    async with house.live() as engine:
        await move(house, engine, ONE)
        await over(house)
        await move(house, engine, ONE - timedelta(minutes=30))
        await move(house, engine, ONE)
    house.clock.set(ONE - timedelta(minutes=5))
    async with house.live() as engine:
        await move(house, engine, ONE + timedelta(minutes=5))
        assert state(house).next_slot == ONE + timedelta(hours=1)
    assert len(ran(house)) == 1


@on_a_loop
async def test_one_run_at_a_time(house: House) -> None:
    """A slot that comes due while the run before it goes on is decided when that has ended."""
    plan(house, run="'while ! test -e go; do sleep 0.02; done'", misfire=Misfire.ALL)
    async with house.live() as engine:
        await move(house, engine, ONE)
        await begun(house)
        await move(house, engine, ONE + timedelta(hours=2))
        assert len(ran(house)) == 1
        (house.workspace.root / "go").touch()
        await over(house, runs=3)
    assert len(ran(house)) == 3
    assert actions(house).count("schedule_missed") == 0


@on_a_loop
async def test_only_so_many_commands_run_at_once(house: House) -> None:
    """What is due beyond that waits for a place, and none is lost."""
    wait = "'while ! test -e go; do sleep 0.02; done'"
    others = [Schedule(name=f"s{n}", cron="0 * * * *", run=wait) for n in range(AT_ONCE + 3)]
    plan(house, *others, enabled=False)
    async with house.live() as engine:
        await move(house, engine, ONE)
        await until(lambda: len(ran(house)) == AT_ONCE, "the first to begin")
        await nudge(engine)
        assert sum(one.running is not None for one in house.store.schedules.values()) == AT_ONCE
        (house.workspace.root / "go").touch()
        await until(lambda: all(state(house, other.name).runs == 1 for other in others), "all to run")
    assert len(ran(house)) == len(others)


@on_a_loop
async def test_a_run_out_of_turn_leaves_the_slots_alone(house: House) -> None:
    """Who asked is on record; the next slot is what it was."""
    async with house.live() as engine:
        assert (await ask(engine, c.RunSchedule(name="hourly"))).text == "hourly: runs at once, where an engine runs"
        run = await over(house)
        assert (run.slot, run.by) == (None, "operator:ada")
        assert state(house).next_slot == ONE
        await move(house, engine, ONE)
        assert (await over(house, runs=2)).slot == ONE


@on_a_loop
async def test_a_paused_schedule_lets_its_slots_pass(house: House) -> None:
    """It can still be run by hand, and goes on with the slots that lie ahead."""
    async with house.live() as engine:
        assert (await ask(engine, c.PauseSchedule(name="hourly", on=True))).ok
        await move(house, engine, ONE + timedelta(hours=3))
        assert not ran(house)
        assert (await ask(engine, c.RunSchedule(name="hourly"))).ok
        await over(house)
        assert (await ask(engine, c.PauseSchedule(name="hourly", on=False))).ok
        assert state(house).next_slot == ONE + timedelta(hours=4)
        assert state(house).missed_count == 0


@on_a_loop
async def test_settings_that_change_move_only_what_they_change(house: House) -> None:
    """A schedule whose times are the same keeps its next slot; a changed, a taken out and a fresh one are set out."""
    keep = Schedule(name="keep", cron="30 * * * *", run="true")
    plan(house, keep)
    async with house.live():
        pass
    house.clock.set(NOON + timedelta(minutes=40))
    plan(house, keep, Schedule(name="fresh", cron="50 * * * *", run="true", misfire=Misfire.SKIP), cron="45 * * * *")
    async with house.live() as engine:
        assert state(house).next_slot == NOON + timedelta(minutes=45)
        assert state(house, "fresh").next_slot == NOON + timedelta(minutes=50)
        assert (await over(house, "keep")).slot == NOON + timedelta(minutes=30)
        await nudge(engine)
    house.settings = Settings()
    async with house.live():
        assert {state(house, name).timing for name in ("hourly", "keep", "fresh")} == {""}


@on_a_loop
async def test_an_engine_that_drains_starts_nothing_and_waits_for_what_runs(house: House) -> None:
    """The last command may end, and then the engine does."""
    plan(house, run="'while ! test -e go; do sleep 0.02; done'")
    async with house.live() as engine:
        await move(house, engine, ONE)
        await begun(house)
        engine.drain()
        await asyncio.sleep(0)
        house.clock.set(ONE + timedelta(hours=1))
        (house.workspace.root / "go").touch()
        await until(lambda: state(house).runs == 1, "it to end")
    assert len(ran(house)) == 1
    run = state(house).last
    assert run is not None and run.outcome is Ran.DONE


@on_a_loop
async def test_schedules_that_are_saved_while_it_runs_are_taken_up(house: House) -> None:
    """A fresh schedule is set out without a restart; one that cannot be read leaves the old ones and says where."""
    house.settings = Settings()
    file = house.workspace.settings
    async with house.live() as engine:
        good = '[time]\nzone = "UTC"\n[schedules.hourly]\ncron = "0 * * * *"\nrun = "true"\n'
        atomic_write(file, good.encode())
        await until(lambda: "hourly" in house.store.schedules, "the schedule to be set out")
        assert state(house).next_slot == ONE
        atomic_write(file, good.replace("0 *", "0 25").encode())
        await until(lambda: "column 3" in engine.view().engine.settings, "the mistake to be told")
        assert f"{file}:4: schedules.hourly.cron" in engine.view().engine.settings
        await move(house, engine, ONE)
        assert (await over(house)).slot == ONE
