"""What the tests of a build's life do alike."""

import asyncio
from typing import Any

from engine.engine import Engine
from state.model import command as c
from state.model import task as t
from tests.engine.engines import House, ask
from tests.making import a_spec

ONCE = "echo ran >> runs"
"""A command that shows how often it was run."""
CHANGE = f"{ONCE}; echo more >> a.txt"
"""A change to a repository of the tests."""


async def add(engine: Engine, **changes: Any) -> None:
    reply = await ask(engine, c.AddTasks(specs=(a_spec(**changes),)))
    assert reply.ok and reply.text == f"tidy: {'awaiting_approval' if 'category' in changes else 'queued'}", reply.text


async def approve(engine: Engine, house: House) -> None:
    """Say yes to what is open on the task."""
    task = house.task()
    digest = task.state.digest if isinstance(task.state, t.AwaitingReview) else task.spec.digest
    assert (await ask(engine, c.Approve(label="tidy", digest=digest))).ok


def go_on(house: House, *states: str) -> None:
    """Let an engine adopt what was left, until the task is in one of the states, with nothing to complain of."""

    async def scene() -> None:
        async with house.live() as engine:
            await house.task_is(*states)
            assert not engine.view().engine.trouble

    asyncio.run(scene())
