"""What viewers are told: only what is durable, as it was when it was told, and the same for all in the end."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from engine.viewers.herald import Herald
from state.files import create_workspace
from state.model import command as c
from state.model.view import EngineInfo
from state.store import Store
from tests.engine.engines import PATIENCE_S, SETUP, House, ask
from tests.making import ManualClock, a_spec, a_task


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_viewer_that_does_not_read_misses_old_forms_and_nothing_else(house: House) -> None:
    """Two viewers: the one that reads sees each step, the other gets the last forms at once, and both agree."""

    async def scene() -> None:
        async with house.live() as engine:
            quick, slow = engine.subscribe(), engine.subscribe()
            await slow.next()
            seen: dict[str, str] = {}
            steps: list[str] = []
            await ask(engine, c.AddTasks(specs=(a_spec(),)))
            while seen.get("tidy") != "done":
                for task in (await asyncio.wait_for(quick.next(), PATIENCE_S)).tasks:
                    seen[task.label] = task.state_name
                    steps.append(task.state_name)
            delta = await slow.next()
            assert [task.state_name for task in delta.tasks] == ["done"]
            assert [build.state_name for build in delta.builds] == ["finished"]
            assert delta.skipped > 0 and len(steps) > 1
            assert delta.number == engine.view().number

    asyncio.run(scene())


def test_a_view_never_changes(house: House) -> None:
    """What was handed out stays as it was while the engine goes on; what is done to it reaches nobody."""

    async def scene() -> None:
        async with house.live() as engine:
            before = engine.view()
            await ask(engine, c.AddTasks(specs=(a_spec(),)))
            await house.task_is("done")
            after = engine.view()
            assert not before.tasks and not before.builds and after.tasks
            assert before.number < after.number
            with contextlib.suppress(TypeError):
                after.tasks.clear()  # type: ignore[attr-defined]
            assert engine.view().tasks and house.store.tasks

    asyncio.run(scene())


def test_what_is_taken_back_was_never_told(tmp_path: Path) -> None:
    """A change waits until it is durable: then viewers hear of it, and of one that was taken back never."""

    async def scene() -> None:
        with Store.open(create_workspace(tmp_path), ManualClock()) as store:
            herald = Herald(store, ManualClock(), EngineInfo(pid=7))
            store.listeners.append(herald.note)
            viewer = herald.subscribe()
            await viewer.next()
            store.commit([a_task("lost")], SETUP)
            herald.forget()
            store.commit([a_task("kept")], SETUP)
            herald.publish()
            delta = await asyncio.wait_for(viewer.next(), PATIENCE_S)
            assert [task.label for task in delta.tasks] == ["kept"]

    asyncio.run(scene())
