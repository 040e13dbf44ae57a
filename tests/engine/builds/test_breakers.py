"""Breakers follow what comes of real builds."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.engine import Engine
from state.model import command as c
from state.model import task as t
from state.model.brakes.breaker import Closed, HalfOpen, Open
from state.settings import BreakerSettings, QueueSettings, RetrySettings, Settings
from tests.engine.engines import House, ask, nudge
from tests.engine.work.repositories import repository
from tests.making import a_spec

KEY = "command:-"
FAILS = "echo broken; exit 3"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Builds that fail are not tried again; two failures in a row open a breaker for ten minutes."""
    rules = BreakerSettings(failures=2, unchanged=2, wait_s=600.0, longest_s=3600.0)
    retry = RetrySettings(times=0)
    return House(tmp_path, settings=Settings(breaker=rules, retry=retry, queue=QueueSettings(slots=2)))


def state(house: House, key: str = KEY) -> object:
    known = house.store.breakers.get(key)
    return Closed() if known is None else known.state


async def fail(house: House, engine: Engine, *labels: str) -> None:
    for label in labels:
        await ask(engine, c.AddTasks(specs=(a_spec(label, command=FAILS),)))
        await house.task_is("failed", label=label)


def asked(house: House) -> list[tuple[str, bool, int]]:
    about = f"breaker:{KEY}"
    return [(row.answer, row.open, row.count) for row in house.store.escalations.values() if row.label == about]


def test_failures_of_different_tasks_open_it_and_one_success_closes_it(house: House) -> None:
    """Nothing starts while it is open; when its time has come one build tries, and the others wait for it."""

    async def scene() -> None:
        async with house.live() as engine:
            await fail(house, engine, "a", "b")
            assert isinstance(state(house), Open)
            assert asked(house) == [("", True, 1)]
            gate = "while ! test -e go; do sleep 0.01; done"
            await ask(engine, c.AddTasks(specs=(a_spec("x", command=gate), a_spec("y"))))
            await nudge(engine)
            assert "x-1" not in house.store.builds and house.task("x").state_name == "queued"
            house.clock.forward(600)
            await nudge(engine)
            await house.build_is("running", "x-1")
            assert state(house) == HalfOpen(since=house.clock.now() - timedelta(seconds=600), build="x-1")
            await nudge(engine)
            assert "y-1" not in house.store.builds
            (house.workspace.build("x-1").work / "go").touch()
            await house.task_is("done", label="x")
            await house.task_is("done", label="y")
            assert state(house) == Closed()
            assert [row[:2] for row in asked(house)] == [("closed: x-1 succeeded", False)]

    asyncio.run(scene())


def test_a_failed_try_opens_it_for_twice_as_long_and_a_restart_knows_it(house: House) -> None:
    """The operator is asked once more in the same row, and an engine that starts anew waits as long."""

    async def first() -> None:
        async with house.live() as engine:
            await fail(house, engine, "a", "b")
            house.clock.forward(600)
            await fail(house, engine, "x")

    async def second() -> None:
        async with house.live() as engine:
            assert state(house) == Open(since=began, until=began + timedelta(seconds=1800))
            assert asked(house) == [("", True, 2)]
            await ask(engine, c.AddTasks(specs=(a_spec("y"),)))
            house.clock.forward(1199)
            await nudge(engine)
            assert house.task("y").state_name == "queued"
            house.clock.forward(1)
            await nudge(engine)
            await house.task_is("done", label="y")

    began = house.clock.now()
    asyncio.run(first())
    asyncio.run(second())


def test_killing_the_one_that_tries_lets_another_try(house: House) -> None:
    """The operator's kill is no verdict."""

    async def scene() -> None:
        async with house.live() as engine:
            await fail(house, engine, "a", "b")
            house.clock.forward(600)
            await ask(engine, c.AddTasks(specs=(a_spec("x", command="sleep 60"),)))
            await house.build_is("running", "x-1")
            await ask(engine, c.Kill(label="x"))
            await house.task_is("killed", label="x")
            assert isinstance(state(house), Open)
            await ask(engine, c.AddTasks(specs=(a_spec("y"),)))
            await house.task_is("done", label="y")
            assert state(house) == Closed()

    asyncio.run(scene())


def test_a_repository_in_which_nothing_ever_changes_is_left_alone(house: House, tmp_path: Path) -> None:
    """Builds that succeed and change nothing open the breaker of their repository, and of no other."""
    repo = str(repository(tmp_path / "repo", {"a.txt": "a\n"}))

    async def scene() -> None:
        async with house.live() as engine:
            for label in "ab":
                await ask(engine, c.AddTasks(specs=(a_spec(label, repo=repo, branch="main"),)))
                await house.task_is("done", label=label)
            breaker = house.store.breakers[f"command:{repo}"]
            assert isinstance(breaker.state, Open)
            assert breaker.text == "2 builds in a row succeeded and changed nothing"
            await ask(engine, c.AddTasks(specs=(a_spec("x", repo=repo, branch="main"), a_spec("y"))))
            await house.task_is("done", label="y")
            assert house.task("x").state_name == "queued"

    asyncio.run(scene())


def test_what_is_not_asked_to_change_anything_may_change_nothing(house: House, tmp_path: Path) -> None:
    """Actions outside, and builds without a repository, succeed as often as they like."""
    repo = str(repository(tmp_path / "repo", {"a.txt": "a\n"}))

    async def scene() -> None:
        async with house.live() as engine:
            for number in range(3):
                outside = a_spec(f"out{number}", repo=repo, branch="main", category=t.Category.EXTERNAL_ACTION)
                await ask(engine, c.SpawnTask(spec=outside))
                await ask(engine, c.AddTasks(specs=(a_spec(f"plain{number}"),)))
                await house.task_is("done", label=f"plain{number}")
                await house.task_is("done", label=f"out{number}")
            assert {breaker.state for breaker in house.store.breakers.values()} <= {Closed()}

    asyncio.run(scene())
