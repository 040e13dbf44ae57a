"""Erasing what is known of a person while the engine works."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from engine.around import erasure
from engine.reversal.snapshots import forgetting
from engine.reversal.snapshots.rehearsal import rehearse
from engine.reversal.snapshots.vault import Vault as Points
from engine.safety.privacy.subject import Subject
from engine.safety.privacy.vault import Vault
from state.journal import verify
from state.keeping import erasures, prune
from state.model import command as c
from state.model.brakes.safekeeping import Kind
from state.model.reason import Reason
from state.segments import Rewriting
from state.store import Store
from tests.engine.engines import PATIENCE_S, House, ask, until
from tests.making import NOON, a_spec

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
    assert "1 entry of the journal, 1 file" in erasure.erase_still(
        house.store, "Grace Hopper", "operator:ada", None, NOON
    )
    assert erasure.erase_still(house.store, "Grace Hopper", "operator:ada", None, NOON) == erasure.NOTHING
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
        erasure.erase_still(house.store, "Grace Hopper", "operator:ada", None, NOON)
    mark.rmdir()
    assert "1 entry" in erasure.erase_still(house.store, "Grace Hopper", "operator:ada", None, NOON)
    house.store.close()


def test_the_next_start_finishes_what_a_crash_interrupted(tmp_path: Path) -> None:
    """What was recorded and not carried out is made up for, without the words."""
    house = House(tmp_path)
    house.engine()
    entry = house.store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper"))
    house.store.commit([], erasures.reason("operator:ada", "erased on request", {entry.seq}))
    erasures.mark(house.workspace).touch()
    erasure.finish(house.store, None)
    assert not erasures.under_way(house.workspace)
    assert holds(house.workspace.hidden, b"Hopper") == []
    house.store.close()


def test_the_archive_and_restore_points_are_reached(tmp_path: Path) -> None:
    """What was set aside of the record and what was kept to go back to: both are proven to be whole without her."""
    house, archive = House(tmp_path), tmp_path / "archive"
    house.engine()
    for _ in range(3):
        house.store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper"))
        house.clock.forward(86_400)
    old = prune.plan(house.workspace.journal, (NOON + timedelta(days=2)).date())
    assert old is not None
    prune.prune(house.workspace, house.store, old, "operator:ada", archive)
    (house.workspace.root / "GOALS.md").write_text("Grace Hopper")
    points = Points(house.workspace)
    with points.locked():
        points.create(house.clock.now(), "operator:ada", Kind.HAND, "", ())
    found = erasure.search(house.workspace, Subject("Grace Hopper"), archive)
    assert [entry.seq for entry in found.archived] == [1, 2] and len(found.points) == 2
    said = erasure.erase_still(house.store, "Grace Hopper", "operator:ada", archive, house.clock.now())
    assert "1 entry of the journal, 2 archived entries, 2 files in 1 restore point" in said
    assert erasure.search(house.workspace, Subject("Grace Hopper"), archive).nothing
    audit = verify(house.workspace.journal, checkpoint=house.workspace.checkpoint, archive=archive)
    assert (audit.ok, audit.erased, audit.first) == (True, 3, 1)
    assert all(rehearse(points, point, house.clock.now()).ok for point in points.manifests())
    house.store.close()


def test_the_engine_answers_while_the_record_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long that takes: commands are answered and on the disk, and nothing of them is lost by it."""
    house, answered = House(tmp_path), threading.Event()
    real = Rewriting.write

    def slow(rewriting: Rewriting) -> None:
        real(rewriting)
        assert answered.wait(PATIENCE_S), "the engine stood still while the record was written anew"

    monkeypatch.setattr(Rewriting, "write", slow)

    async def scene() -> None:
        async with house.live() as engine:
            note = Reason(actor="engine", action="noted", why="Grace Hopper")
            house.store.stage([], note)
            asked = asyncio.ensure_future(ask(engine, c.Erase(subject="Grace Hopper")))
            await until(lambda: erasures.under_way(house.workspace), "the erasure to begin")
            assert (await ask(engine, c.AddTasks(specs=(a_spec("meanwhile", command="true"),)))).ok
            await house.task_is("done", label="meanwhile")
            assert not asked.done()
            answered.set()
            assert (await asked).ok

    asyncio.run(scene())
    assert holds(house.workspace.hidden, b"Hopper") == []
    audit = verify(house.workspace.journal, checkpoint=house.workspace.checkpoint)
    assert audit.ok and audit.erased
    with Store.open(house.workspace, house.clock) as store:
        assert store.tasks["meanwhile"].state_name == "done"


def test_the_next_start_removes_what_restore_points_do_not_need_any_more(tmp_path: Path) -> None:
    """A crash came between the new pieces and the old ones, which hold her words."""
    house = House(tmp_path)
    house.engine()
    (house.workspace.root / "GOALS.md").write_text("Grace Hopper")
    points = Points(house.workspace)
    with points.locked():
        points.create(house.clock.now(), "operator:ada", Kind.HAND, "", ())
        forgetting.forget(points, Subject("Grace Hopper"), house.clock.now())
    erasures.mark(house.workspace).touch()
    erasure.finish(house.store, None)
    assert not any(b"Grace Hopper" in points.objects.read(name) for name, _ in points.objects.names())
    assert not erasures.under_way(house.workspace)
    house.store.close()


def test_no_piece_with_her_words_stays_on_the_disk(tmp_path: Path) -> None:
    """Nobody may find in the pieces of before what the restore points do not tell any more."""
    house = House(tmp_path)
    house.engine()
    (house.workspace.root / "GOALS.md").write_text("Grace Hopper")
    points = Points(house.workspace)
    with points.locked():
        points.create(house.clock.now(), "operator:ada", Kind.HAND, "", ())
    said = erasure.erase_still(house.store, "Grace Hopper", "operator:ada", None, NOON)
    assert "1 file in 1 restore point" in said
    assert not any(b"Grace Hopper" in points.objects.read(name) for name, _ in points.objects.names())
    house.store.close()
