"""A build that is unlike those before it stands still and asks; one that is like them is left alone."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.clock import SystemClock
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.escalation import EscalationKind
from state.model.view import Record
from state.settings import SandboxSettings, Settings, TaskSettings
from state.settings.brakes import AnomalySettings, CapSettings
from tests.engine.engines import House, ask, until
from tests.making import NOON, ManualClock, a_build, a_spec, a_task

COMMAND = "head -c {} /dev/zero; touch here; while ! test -e go; do sleep 0.01; done"
MUCH = 3 << 20


def plain(**changes: Any) -> Settings:
    """Settings under which a build gets its share of a busy machine."""
    return Settings(sandbox=SandboxSettings(idle_priority=False), **changes)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, settings=plain())


def past(count: int = 12, ending: str = "done", files: int = 2, printed: int = 2000) -> list[Record]:
    """Builds of the same kind that are over, half a minute long each."""
    records: list[Record] = []
    for number in range(count):
        at = NOON - timedelta(hours=count - number)
        end = at + timedelta(seconds=20 + number)
        over = b.Finished(ending=ending, text="", at=end)
        state = t.Done(build=f"t{number}-1", note="", at=end)
        result = b.Result.YES if ending == "done" else b.Result.NO
        build = a_build(
            f"t{number}-1",
            over,
            started_at=at,
            ended_at=end,
            executed=b.Check(result=result, at=end),
            files_changed=files,
            output_bytes=printed + 10 * number,
        )
        records += [a_task(f"t{number}", state, command=COMMAND.format(1)), build]
    return records


def seen(house: House, label: str = "tidy") -> list[Anomaly]:
    return [anomaly for anomaly in house.store.anomalies.values() if anomaly.label == label]


def let_go(house: House, build_id: str = "tidy-1") -> None:
    (house.workspace.build(build_id).work / "go").touch()


async def held(house: House, build_id: str = "tidy-1") -> str:
    """Wait until a build is held; return what an answer to that is bound to."""
    await until(lambda: build_id in house.store.builds and house.build(build_id).hold is not None, "it is held")
    hold = house.build(build_id).hold
    assert hold is not None
    return hold.digest


def test_a_build_that_prints_far_more_than_such_builds_do_is_held(house: House) -> None:
    """It stands still, with figure and band on record; a yes lets it go on, and it is not stopped for that again."""
    house.seed(*past())

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=COMMAND.format(MUCH)),)))
            digest = await held(house)
            assert house.questions() == [EscalationKind.ANOMALY]
            [asked] = house.store.escalations.values()
            assert asked.text.startswith(f"tidy-1 is frozen: {seen(house)[0].text}; ")
            assert "`midwatch deny tidy` kills it" in asked.text
            let_go(house)
            assert (await ask(engine, c.Approve(label="tidy", digest=digest))).ok
            await house.task_is("done")

    asyncio.run(scene())
    [found] = seen(house)
    assert (found.figure, found.build) == ("output_bps", "tidy-1")
    assert found.value <= MUCH / 60 * 1.01
    assert found.band is not None
    assert found.band.n == 12
    assert found.value > found.limit == found.band.high
    assert found.text.startswith("output ")
    assert "; usual 1.96 KiB/min to 2.05 KiB/min, 3 sigma band up to 602 KiB/min, from 12 builds (" in found.text
    assert "3 sigma band up to " in found.text
    assert house.build().output_bytes == MUCH
    assert house.questions() == []


def test_a_no_kills_it(house: House) -> None:
    """The operator's answer to what is unusual may also be its end."""
    house.seed(*past())

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=COMMAND.format(MUCH)),)))
            digest = await held(house)
            assert (await ask(engine, c.Deny(label="tidy", digest=digest))).ok
            await house.task_is("killed")

    asyncio.run(scene())
    assert len(seen(house)) == 1


@pytest.mark.parametrize(
    ("count", "settings"),
    [
        (9, plain()),
        (12, plain(anomalies=AnomalySettings(enabled=False))),
        (12, plain(anomalies=AnomalySettings(min_samples=13))),
        (12, plain(tasks={"tidy": TaskSettings(anomalies=False)})),
    ],
)
def test_it_is_left_alone_where_too_little_is_known(house: House, count: int, settings: Settings) -> None:
    """Nine builds make no band, and neither do twelve where more are asked for or it is switched off, also for one."""
    house.settings = settings
    house.seed(*past(count))
    run(house, MUCH)
    assert seen(house) == []


def run(house: House, printed: int) -> None:
    """Have a build run to its end."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=COMMAND.format(printed)),)))
            await until((house.workspace.build("tidy-1").work / "here").exists, "it printed")
            let_go(house)
            await house.task_is("done")

    asyncio.run(scene())


def test_a_usual_build_passes_untouched(house: House) -> None:
    """One that prints as much as those before it is neither held nor written down."""
    house.seed(*past())
    run(house, 3000)
    assert seen(house) == []
    assert house.questions(open_only=False) == []


def test_a_cap_counts_where_nothing_is_known(house: House) -> None:
    """What the settings forbid is forbidden from the first build on."""
    house.settings = plain(caps=CapSettings(output_per_min=1 << 20))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=COMMAND.format(MUCH)),)))
            await held(house)

    asyncio.run(scene())
    [found] = seen(house)
    assert found.band is None
    assert found.text.startswith("output ")
    assert found.text.endswith(" MiB/min, over the cap of 1 MiB/min in [anomalies.caps]")


def test_a_build_that_runs_for_too_long_is_held(house: House) -> None:
    """Time is compared as well, and the time that it stands still is none of its own."""
    house.seed(*past())

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=COMMAND.format(1)),)))
            await house.build_is("running")
            work = house.workspace.build("tidy-1").work
            await until((work / "here").exists, "it works")
            house.clock.forward(1800)
            (work / "more").touch()
            digest = await held(house)
            assert seen(house)[0].figure == "run_s"
            house.clock.forward(3600)
            let_go(house)
            assert (await ask(engine, c.Approve(label="tidy", digest=digest))).ok
            await house.task_is("done")

    asyncio.run(scene())
    assert [anomaly.figure for anomaly in seen(house)] == ["run_s"]
    assert house.build().held_s == 3600.0


def test_too_little_is_told_at_the_end(house: House) -> None:
    """A build that changed far fewer files than such builds do is written down, and not held."""
    house.seed(*past(files=40))
    run(house, 2000)
    [found] = seen(house)
    assert found.figure == "files"
    assert found.value == 2.0
    assert found.limit == pytest.approx(20, abs=9)
    assert "down to" in found.text
    assert house.questions(open_only=False) == []


def test_a_row_of_failures_is_told_once(house: House) -> None:
    """Where builds of a kind hardly ever failed, the one by which too many of the last five did is written down."""
    house.seed(*past(30))
    house.settings = msgspec.structs.replace(house.settings, retry=msgspec.structs.replace(plain().retry, times=0))
    labels = [f"bad{number}" for number in range(5)]

    async def scene() -> None:
        async with house.live() as engine:
            for label in labels:
                await ask(engine, c.AddTasks(specs=(a_spec(label, command="head -z; exit 3"),)))
                await house.task_is("failed", label=label)

    asyncio.run(scene())
    told = [anomaly for label in labels for anomaly in seen(house, label)]
    assert [(anomaly.figure, anomaly.label, anomaly.value) for anomaly in told] == [("failures", "bad2", 3.0)]
    assert told[0].text.startswith("3 of the last 5 builds failed, where 2 would be usual (from 28 builds, ")


class Ticking(ManualClock):
    """A clock that goes by itself."""

    def now(self) -> datetime:
        return SystemClock().now()

    def monotonic(self) -> float:
        return SystemClock().monotonic()


def test_a_silent_build_is_held_in_time(house: House) -> None:
    """Nothing needs to happen for a build to be found to run for too long: the moment itself wakes the engine."""
    house.clock = Ticking()
    house.settings = plain(caps=CapSettings(duration_s=0.6))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="sleep 1000"),)))
            await held(house)

    asyncio.run(scene())
    assert [anomaly.figure for anomaly in seen(house)] == ["run_s"]


@pytest.mark.slow
def test_a_build_that_only_works_is_seen_to(house: House) -> None:
    """Processor time is compared although the build prints and writes nothing."""
    house.settings = plain(caps=CapSettings(cpu_s=0.5))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="while :; do :; done"),)))
            await held(house)

    asyncio.run(scene())
    assert [anomaly.figure for anomaly in seen(house)] == ["cpu_s"]
