"""What is urgent is taken at once by a running engine, and what is not waits."""

import asyncio
from pathlib import Path

import pytest

from engine.around import urgent
from engine.signals import inbox
from tests.engine.engines import House, until
from tests.engine.signals.files import TASK, written


def put(house: House, name: str, data: bytes) -> Path:
    """Put a signal where it belongs in one step, as a careful program does."""
    partial = house.workspace.escalations / f".{name}.json"
    partial.write_bytes(data)
    return partial.rename(partial.with_name(f"{name}.json"))


def test_an_urgent_one_is_taken_as_soon_as_it_is_there(tmp_path: Path) -> None:
    """Also what waited before the engine began; one that is not urgent stays where it is."""

    async def scene() -> None:
        house = House(tmp_path)
        put(house, "before", written("before", priority="urgent"))
        later = put(house, "later", written("later"))
        async with house.live():
            await until(lambda: "before" in house.store.signals, "the one that waited")
            put(house, "now", written("now", priority="urgent"))
            await until(lambda: "now" in house.store.signals, "the urgent one")
            assert later.exists() and "later" not in house.store.signals
            assert sorted(q.label for q in house.store.escalations.values()) == ["signal:before", "signal:now"]

    asyncio.run(scene())


def test_an_urgent_task_starts_only_as_the_gate_allows(tmp_path: Path) -> None:
    """The sure one is built by itself, as if an operator had added it; the doubtful one waits for a yes."""

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live():
            sure = {"confidence": 0.9, "task": TASK}
            unsure = {"confidence": 0.6, "task": {**TASK, "label": "mend-mean"}}
            put(house, "a", written("a", "spawn_agent", unsure, priority="urgent"))
            put(house, "b", written("b", "spawn_agent", sure, priority="urgent"))
            await house.task_is("done", label="mend-sum")
            await house.task_is("awaiting_approval", label="mend-mean")
            assert not house.store.tasks["mend-mean"].attempts

    asyncio.run(scene())


def test_what_is_no_signal_is_set_aside_at_once(tmp_path: Path) -> None:
    """The operator sees it without waiting for a heartbeat."""

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live():
            put(house, "bad", b"[]")
            await until((house.workspace.escalations / "bad" / "bad.json").exists, "it to be set aside")
            assert [q.label for q in house.store.escalations.values()] == ["signals:bad"]

    asyncio.run(scene())


def test_a_writer_that_goes_away_half_way_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells of it, so the engine looks once more after a moment, and not again after that."""
    monkeypatch.setattr(urgent, "QUIET_S", 0.2)
    monkeypatch.setattr(inbox, "QUIET_S", 0.2)

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live() as engine:
            with (house.workspace.escalations / "half.json").open("wb", buffering=0) as file:
                file.write(written()[:30])
                await until((house.workspace.escalations / "bad" / "half.json").exists, "it to be set aside")
            await until(lambda: not engine._urgent.busy, "it to rest")
            assert engine._urgent._later is None

    asyncio.run(scene())


def test_the_folder_may_come_and_go(tmp_path: Path) -> None:
    """A new one is watched like the old one."""

    async def scene() -> None:
        house = House(tmp_path)
        house.workspace.escalations.rmdir()
        async with house.live():
            house.workspace.escalations.mkdir()
            # What arrives before the watch is in place is seen by the look at the new folder.
            put(house, "now", written("now", priority="urgent"))
            await until(lambda: "now" in house.store.signals, "the urgent one")

    asyncio.run(scene())
