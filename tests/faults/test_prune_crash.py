"""A crash at any call to the disk while old entries are pruned: the old record or the pruned one, never neither."""

from pathlib import Path

import pytest

from state import segments
from state.files import Workspace
from state.journal import verify
from state.keeping import anchors, prune
from state.store import Store
from tests.faults.crashing import RecordingDisk, Stopped, StoppingDisk, crashes
from tests.faults.test_crash import Story, every_crash, rebuilt
from tests.making import ManualClock, a_task
from tests.state.making import ASKED, held

DAY_S = 86_400


class Pruned(Story):
    """A life in which the first two of four days are pruned."""

    archive: Path
    first_call = 0
    """How many calls to the disk were made before the pruning."""


def tell(story: Pruned, archive: Path | None) -> None:
    store = story.open()
    for number in range(6):
        story.commit(store, a_task(f"task-{number}"))
        if number % 2:
            story.clock.forward(DAY_S)
    store.checkpoint()
    story.first_call = len(story.disk.ops)
    journal = story.workspace.journal
    found = prune.plan(journal, story.clock.now().date())
    assert found is not None and len(found.names) == 2
    # The entry that tells of it changes no record.
    story.begun.append((len(story.disk.ops), store.number + 1))
    story.states.append(held(store))
    prune.prune(story.workspace, store, found, "engine", archive, story.disk)
    story.promised.append((len(story.disk.ops), store.number))
    story.commit(store, a_task("after"))
    store.close()


@pytest.fixture(scope="module", params=["kept nowhere else", "archived"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pruned:
    told = Pruned(Workspace(tmp_path_factory.mktemp("told")), disk=RecordingDisk())
    archive = told.workspace.root / "archive" if request.param == "archived" else None
    tell(told, archive)
    return told


@pytest.mark.parametrize("tries", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_after_any_crash_the_record_is_whole(story: Pruned, tmp_path: Path, tries: int) -> None:
    """Proven from its beginning or from its anchor, with all that was promised, also where the checkpoint is lost."""
    begins = set()
    for number, (count, files) in enumerate(every_crash(story, tries)):
        if count < story.first_call:
            continue
        root = tmp_path / str(number)
        (root / "archive").mkdir(parents=True)
        workspace = rebuilt(root, story, files)
        audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
        assert audit.ok, (count, audit)
        if number % 2:
            workspace.checkpoint.unlink(missing_ok=True)
        with Store.open(workspace, ManualClock()) as store:
            assert store.number in story.between(count)
            assert held(store) == story.states[store.number]
            begins.add(audit.first)
            clock = ManualClock()
            clock.forward(9 * DAY_S)
            # The next pruning does what is left, if anything is.
            found = prune.plan(workspace.journal, story.clock.now().date())
            if found is not None:
                prune.prune(workspace, store, found, "engine")
            store.commit([a_task("next")], ASKED)
            after = held(store)
        with Store.open(workspace, ManualClock()) as store:
            assert held(store) == after
        assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    assert begins == {1, 5}


def test_a_pruning_cut_short_at_every_call_is_made_up_for(tmp_path: Path) -> None:
    """The process ends at the n-th call: the next start finds everything, and a pruning leaves only what it should."""
    count = 0
    while True:
        workspace, clock = Workspace(tmp_path / str(count)), ManualClock()
        workspace.journal.mkdir(parents=True)
        store = Store.open(workspace, clock)
        for number in range(3):
            store.commit([a_task(f"task-{number}")], ASKED)
            clock.forward(DAY_S)
        before = held(store)
        found = prune.plan(workspace.journal, clock.now().date())
        assert found is not None
        disk = StoppingDisk(count)
        try:
            prune.prune(workspace, store, found, "engine", disk=disk)
            break
        except Stopped:
            pass
        store._segments.close()
        store._lock.release()
        assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
        with Store.open(workspace, clock) as again:
            assert held(again) == before
            left = prune.plan(workspace.journal, clock.now().date()) or prune.renewal(workspace.journal)
            assert left is not None
            prune.prune(workspace, again, left, "engine")
        assert segments.names(workspace.journal)[0] == left.segment
        assert len(anchors.bases(workspace.journal)) == 1
        count += 1
    assert count > 5


def test_the_story_removes_files(story: Pruned) -> None:
    """Else the crashes above would prove little."""
    gone = {op.name for op in story.disk.ops if op.kind == "unname" and op.name.endswith(segments.SUFFIX)}
    assert len(gone) == 2
    assert list(crashes(story.disk.ops, len(story.disk.ops), 0))
