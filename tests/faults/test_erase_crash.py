"""A crash at any call to the disk while entries are erased: the record is whole, and the erasure can be finished."""

import contextlib
from pathlib import Path

import pytest

from engine.safety.privacy import erasing
from engine.safety.privacy.subject import Subject
from state.files import Workspace
from state.journal import verify
from state.keeping import erasures
from state.keeping.prune import NotPruned
from state.model.task import Task
from state.store import Store, StoreFailed
from tests.faults.crashing import RecordingDisk
from tests.faults.test_crash import Story, every_crash, rebuilt
from tests.making import ManualClock, a_task
from tests.state.making import ASKED, held
from tests.state.shaky import ShakyDisk

GRACE = Subject("Grace Hopper")
DAY_S = 86_400


class Erased(Story):
    """A life of three days in which somebody is erased from the first two."""

    first_call = 0
    erased_at = 0
    """The entry that tells of it."""


def tell(story: Erased) -> None:
    store = story.open()
    for number in range(4):
        story.commit(store, a_task(f"task-{number}", description="for Grace Hopper" if number in (0, 3) else ""))
        if number % 2:
            store.checkpoint()
            story.clock.forward(DAY_S)
    story.commit(store, a_task("task-4"))
    story.first_call = len(story.disk.ops)
    numbers = erasing.stage(store, GRACE, erasing.search(story.workspace, GRACE), "operator:ada", erasing.Done())
    assert numbers == {1, 4}
    story.states.append(held(store))
    erasing.begin(story.workspace, story.disk)
    story.flush(store)
    story.erased_at = store.number
    erasing.carry_out(store, numbers, "operator:ada", story.disk)
    story.commit(store, a_task("after"))
    store.close()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    told = Erased(Workspace(tmp_path_factory.mktemp("told")), disk=RecordingDisk())
    tell(told)
    return told


def by_label(state: dict) -> dict[str, Task]:
    return {task.label: task for task in state["tasks"]}


@pytest.mark.parametrize("tries", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_after_any_crash_the_record_is_whole(story: Erased, tmp_path: Path, tries: int) -> None:
    """All that was promised is there, with or without the checkpoint, and what is on record can be carried out."""
    finished = 0
    for number, (count, files) in enumerate(every_crash(story, tries)):
        if count < story.first_call:
            continue
        root = tmp_path / str(number)
        root.mkdir()
        workspace = rebuilt(root, story, files)
        audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
        assert audit.ok, (count, audit)
        if number % 2:
            workspace.checkpoint.unlink(missing_ok=True)
        with Store.open(workspace, ManualClock()) as store:
            assert store.number in story.between(count)
            # Only the order may differ where all comes from the journal: what was erased stands in a later entry.
            assert by_label(held(store)) == by_label(story.states[store.number])
            if store.number >= story.erased_at:
                finished += erasures.under_way(workspace)
                erasing.carry_out(store, erasing.unfinished(store), "engine")
                store.commit([a_task("next")], ASKED)
            after = held(store)
        if store.number > story.erased_at:
            assert [path.name for path in root.rglob("*") if path.is_file() and b"Hopper" in path.read_bytes()] == []
            with Store.open(workspace, ManualClock()) as store:
                assert held(store) == after
            assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    assert finished > 5, "no crash came between the record of the erasure and its end"


@pytest.mark.parametrize("call", ["write", "fsync", "open"])
@pytest.mark.parametrize("skip", range(8))
def test_a_disk_that_fails_leaves_each_file_whole(tmp_path: Path, call: str, skip: int) -> None:
    """Whichever call fails, the store goes on or says that it cannot, and the erasure succeeds once it is mended."""
    disk, clock = ShakyDisk(), ManualClock()
    workspace = Workspace(tmp_path)
    store = Store.open(workspace, clock, disk=disk)
    for number in range(4):
        store.commit([a_task(f"task-{number}", description="for Grace Hopper")], ASKED)
        clock.forward(DAY_S / 2)
    numbers = erasing.stage(store, GRACE, erasing.search(workspace, GRACE), "operator:ada", erasing.Done())
    store.flush()
    disk.fail(call, 5, skip=skip)
    with contextlib.suppress(StoreFailed, NotPruned):
        erasing.carry_out(store, numbers, "operator:ada")
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    store.close()
    with Store.open(workspace, clock) as again:
        erasing.carry_out(again, erasing.unfinished(again), "engine")
        again.commit([a_task("next")], ASKED)
        assert {task.spec.description for task in again.tasks.values()} == {"for [erased]", a_task().spec.description}
    assert not any(b"Hopper" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
