"""Erasing what is known of a person while the engine works."""

import asyncio
from pathlib import Path

import pytest

from engine.around import erasure
from engine.safety.privacy.vault import Vault
from state.journal import verify
from state.keeping import erasures
from state.model import command as c
from state.model.reason import Reason
from tests.engine.engines import House, ask
from tests.making import a_spec

SPOKE = "echo Grace Hopper; echo by Grace Hopper; exit 1"


def holds(root: Path, words: bytes) -> list[str]:
    return [str(path) for path in sorted(root.rglob("*")) if path.is_file() and words in path.read_bytes()]


@pytest.mark.parametrize("times", [1, 2])
def test_an_engine_at_work_erases_and_works_on(tmp_path: Path, times: int) -> None:
    """What a build said of somebody is gone from everything, the record is whole, and the next build runs."""
    house = House(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            assert (await ask(engine, c.AddTasks(specs=(a_spec(command=SPOKE),)))).ok
            await house.task_is("retrying", "failed")
            Vault(house.workspace).keep("tidy", {"[name 1]": "Grace Hopper"})
            assert (await ask(engine, c.Kill(label="tidy"))).ok
            for number in range(times):
                reply = await ask(engine, c.Erase(subject="grace hopper"))
                assert reply.ok
                assert ("entries of the journal" in reply.text) == (number == 0), reply.text
            assert not erasures.under_way(house.workspace)
            assert (await ask(engine, c.AddTasks(specs=(a_spec("next"),)))).ok
            await house.task_is("done", label="next")

    asyncio.run(scene())
    assert holds(house.workspace.hidden, b"Hopper") == []
    audit = verify(house.workspace.journal, checkpoint=house.workspace.checkpoint)
    assert audit.ok and audit.erased


def test_what_nobody_is_in_stays_as_it_was(tmp_path: Path) -> None:
    """An erasure that finds nothing writes nothing."""
    house = House(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            before = house.store.number
            reply = await ask(engine, c.Erase(subject="Grace Hopper"))
            assert (reply.ok, reply.text, house.store.number) == (True, erasure.NOTHING, before)

    asyncio.run(scene())


def test_the_same_without_an_engine(tmp_path: Path) -> None:
    """A verb that holds the store does it at once, and once is enough."""
    house = House(tmp_path)
    house.engine()
    house.store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper"))
    house.workspace.logs.mkdir(exist_ok=True)
    (house.workspace.logs / "engine.log").write_text("Grace Hopper")
    assert "1 entry of the journal, 1 file" in erasure.erase_still(house.store, "Grace Hopper", "operator:ada")
    assert erasure.erase_still(house.store, "Grace Hopper", "operator:ada") == erasure.NOTHING
    assert holds(house.workspace.hidden, b"Hopper") == []
    house.store.close()


def test_files_that_cannot_be_changed_are_told(tmp_path: Path) -> None:
    """Nothing is claimed to be gone that is not, and the next try finds all of it."""
    house = House(tmp_path)
    house.engine()
    house.store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper"))
    mark = erasures.mark(house.workspace)
    mark.mkdir()
    with pytest.raises(erasure.NotErased, match="ask again"):
        erasure.erase_still(house.store, "Grace Hopper", "operator:ada")
    mark.rmdir()
    assert "1 entry" in erasure.erase_still(house.store, "Grace Hopper", "operator:ada")
    house.store.close()


def test_the_next_start_finishes_what_a_crash_interrupted(tmp_path: Path) -> None:
    """What was recorded and not carried out is made up for, without the words."""
    house = House(tmp_path)
    house.engine()
    entry = house.store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper"))
    house.store.commit([], erasures.reason("operator:ada", "erased on request", {entry.seq}))
    erasures.mark(house.workspace).touch()
    erasure.finish(house.store)
    assert not erasures.under_way(house.workspace)
    assert holds(house.workspace.hidden, b"Hopper") == []
    house.store.close()
