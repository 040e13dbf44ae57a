"""What the engine does by itself: when it starts, when it looks again, when it ends."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.rounds import alarm
from engine.safety import freezer
from state.model import command as c
from state.model import task as t
from state.settings import DEFAULT_LIMITS, QueueSettings, RetrySettings, Settings
from tests.engine.engines import House, ask, nudge, until
from tests.making import a_spec, a_task


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_draining_lets_what_runs_end_and_starts_nothing_more(house: House) -> None:
    """The running build comes to its end; the queued one waits for the next engine."""
    house.settings = Settings(queue=QueueSettings(slots=1))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec("first", command="while ! test -e go; do sleep 0.01; done"),)))
            await house.build_is("running", "first-1")
            await ask(engine, c.AddTasks(specs=(a_spec("second"),)))
            engine.drain()
            await nudge(engine)
            assert house.build("first-1").state_name == "running"
            (house.workspace.build("first-1").work / "go").touch()
            await until(engine._leaving.is_set, "it ends")

    asyncio.run(scene())
    assert (house.task("first").state_name, house.task("second").state_name) == ("done", "queued")


@pytest.mark.parametrize("waits_for", ["nothing", "an approval", "a retry", "a time"])
def test_until_idle_ends_when_nothing_more_can_start_by_itself(house: House, waits_for: str) -> None:
    """It ends beside a task that waits for the operator, and stays for one that waits for a time."""
    tomorrow = house.clock.now() + timedelta(days=1)
    spec = {
        "nothing": a_spec(),
        "an approval": a_spec(category=t.Category.NEW_FEATURE),
        "a retry": a_spec(command="test -e /nowhere"),
        "a time": a_spec(start_at=tomorrow),
    }[waits_for]
    house.settings = Settings(retry=RetrySettings(times=1, wait_s=300))

    async def scene() -> None:
        async with house.live(until_idle=True) as engine:
            await until(engine._leaving.is_set, "an engine with nothing to do ends")
        house.seed(
            a_task(state=t.Queued(), **{name: getattr(spec, name) for name in ("category", "command", "start_at")})
        )
        async with house.live(until_idle=True) as engine:
            if waits_for in ("a retry", "a time"):
                if waits_for == "a retry":
                    await house.task_is("retrying")
                await until(lambda: engine._alarm is not None and engine._alarm.armed, "it sleeps until then")
                assert not engine._leaving.is_set()
                house.clock.forward(86_400)
                engine._wake()
            await until(engine._leaving.is_set, "it ends")

    asyncio.run(scene())
    ends = {"nothing": "done", "an approval": "awaiting_approval", "a retry": "failed", "a time": "done"}
    assert house.task().state_name == ends[waits_for]


def test_until_idle_leaves_a_frozen_build_to_the_next_engine(house: House) -> None:
    """It ends beside one that waits for an answer, not beside one that runs; the next engine carries the yes out."""
    waits = "touch a b; while ! test -e go; do sleep 0.01; done"
    house.settings = Settings(limits=msgspec.structs.replace(DEFAULT_LIMITS, files=1))
    house.seed(a_task(command=waits))

    async def first() -> None:
        async with house.live(until_idle=True, keep=True) as engine:
            await until(engine._leaving.is_set, "an engine beside nothing but a frozen build ends")
            assert engine.frozen == ("tidy-1",)

    async def second() -> None:
        async with house.live() as engine:
            hold = house.build().hold
            assert hold is not None
            assert (await ask(engine, c.Approve(label="tidy", digest=hold.digest))).ok
            engine.go_headless()
            await until(lambda: house.build().hold is None, "it goes on")
            assert not engine._leaving.is_set()
            (house.workspace.build("tidy-1").work / "go").touch()
            await until(engine._leaving.is_set, "it ends")

    asyncio.run(first())
    assert house.build().hold is not None and freezer.frozen(house.workspace.build("tidy-1"))
    asyncio.run(second())
    assert house.task().state_name == "done"


def test_a_hosted_engine_that_loses_its_screen_goes_on_until_idle(house: House) -> None:
    """It says that it is headless now, finishes what it can, and ends."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="while ! test -e go; do sleep 0.01; done"),)))
            await house.build_is("running")
            engine.go_headless()
            assert engine.view().engine.mode == "headless"
            await nudge(engine)
            assert not engine._leaving.is_set()
            (house.workspace.build("tidy-1").work / "go").touch()
            await until(engine._leaving.is_set, "it ends")

    asyncio.run(scene())
    assert house.task().state_name == "done"


def test_a_clock_that_is_set_is_noticed_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back, nothing starts before its time; set forward, what is due starts without being asked."""
    monkeypatch.setattr(alarm, "_LOOK_AGAIN_S", 0.01)
    monkeypatch.setattr(alarm, "_system", object())  # as on a system without a timer of the kernel's
    noon = house.clock.now()

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(start_at=noon + timedelta(minutes=5)),)))
            house.clock.set(noon - timedelta(hours=2))
            turns = 0
            real = engine._agenda.decide

            def counted(starts: list[str], rounds: list[str]) -> None:
                nonlocal turns
                turns += 1
                real(starts, rounds)

            monkeypatch.setattr(engine._agenda, "decide", counted)
            await until(lambda: turns > 3, "it has looked at the clock again")
            assert not house.store.builds
            house.clock.set(noon + timedelta(minutes=6))
            await house.task_is("done")

    asyncio.run(scene())
