"""What is done in the world after a command was recorded."""

import asyncio
from pathlib import Path

from engine.safety import kill_switch
from state.model import command as c
from tests.engine.engines import House, ask
from tests.making import a_spec


def test_a_kill_is_answered_when_it_is_over(tmp_path: Path) -> None:
    """The answer says what it took, and by then the build's end is on record."""

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live() as engine:
            assert (await ask(engine, c.SpawnTask(spec=a_spec(command="sleep 1000")))).ok
            await house.build_is("running")
            reply = await ask(engine, c.Kill(label="tidy"))
            assert reply.ok and "tidy-1 dead in" in reply.text
            assert house.task().state_name == "killed"

    asyncio.run(scene())


def test_the_kill_switch_leaves_its_file_and_says_what_died(tmp_path: Path) -> None:
    """Record first, then the file, then the builds; the answer counts them."""

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live() as engine:
            assert (await ask(engine, c.SpawnTask(spec=a_spec(command="sleep 1000")))).ok
            await house.build_is("running")
            reply = await ask(engine, c.KillAll(why="smoke"))
            assert reply.ok and "1 build dead" in reply.text
            assert kill_switch.engaged(house.workspace)
            assert house.store.control.stopped

    asyncio.run(scene())


def test_what_needs_nothing_done_is_answered_as_it_was_recorded(tmp_path: Path) -> None:
    """A pause changes the record alone."""

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live() as engine:
            reply = await ask(engine, c.Pause(on=True))
            assert reply.ok and reply.text == "paused: nothing more starts"

    asyncio.run(scene())
