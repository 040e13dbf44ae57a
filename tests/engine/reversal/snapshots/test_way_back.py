"""A record that cannot be used is replaced as a whole, and says so itself."""

import shutil
from pathlib import Path

import pytest

from engine.reversal.snapshots import restore, way_back
from engine.reversal.snapshots.vault import NoSnapshot, Vault
from engine.reversal.snapshots.way_back import Part, Ready
from state import journal, segments
from state.files import Lock, WorkspaceBusy
from state.journal import JournalDamaged
from state.keeping import exchange
from state.store import Store
from tests.engine.reversal.snapshots.scenes import a_vault, at, take
from tests.engine.reversal.snapshots.test_restore import Dead, Dying
from tests.making import ManualClock


def ready(vault: Vault, *, to: int | None = None) -> Ready:
    """Prepare to go back to the first snapshot, with a record that cannot be used."""
    wanted = vault.manifests()[0]
    return way_back.prepare(
        vault, wanted, now=at(5), by="operator:ada", why="", folders=(), part=Part.ALL, to=to, view=None
    )


def damaged(root: Path) -> Vault:
    """A vault with one snapshot, whose workspace's journal was damaged since."""
    vault = a_vault(root, 5)
    take(vault)
    (vault.workspace.root / "GOALS.md").unlink()
    path = vault.workspace.journal / segments.names(vault.workspace.journal)[0]
    path.write_bytes(path.read_bytes().replace(b"asked for", b"not asked", 1))
    return vault


def test_the_record_comes_back_and_tells_of_it(tmp_path: Path) -> None:
    """Its chain goes on with an entry that names the snapshot and both ends; what was there is kept aside."""
    vault = damaged(tmp_path)
    prepared = ready(vault)
    text = way_back.exchange_record(vault, prepared, ManualClock(), "operator:ada")
    restore.finish(vault.workspace, prepared.plan.mark)
    assert journal.verify(vault.workspace.journal, checkpoint=vault.workspace.checkpoint).ok
    *_, last = journal.read(vault.workspace.journal)
    assert (last.seq, last.action, last.actor) == (6, "restored", "operator:ada")
    assert dict(last.known)["snapshot"] == prepared.command.snapshot
    assert dict(last.known)["the record's end"].startswith("5:")
    aside = vault.workspace.root / exchange.aside(vault.workspace, prepared.plan.mark)
    assert str(aside.relative_to(vault.workspace.root)) in text
    assert b"not asked" in min((aside / "journal").glob("*.jsonl")).read_bytes()
    with Store.open(vault.workspace, ManualClock()) as store:
        assert store.control.paused
        assert len(store.tasks) == 5
    assert (vault.workspace.root / "GOALS.md").exists()


def test_no_build_gets_the_name_of_one_that_the_old_record_knew(tmp_path: Path) -> None:
    """What is left of later builds is on the disk, whatever the record that came back knows of."""
    vault = damaged(tmp_path)
    for name in ("task-1-1", "task-1-10", "task-1-10.verify", "task-2-x"):
        (vault.workspace.builds / name).mkdir(parents=True)
    way_back.exchange_record(vault, ready(vault), ManualClock(), "operator:ada")
    with Store.open(vault.workspace, ManualClock()) as store:
        assert [store.tasks[label].attempts for label in ("task-1", "task-2")] == [10, 0]


def test_it_can_be_cut_at_an_entry(tmp_path: Path) -> None:
    """What came after it in the snapshot is in the snapshot still."""
    vault = damaged(tmp_path)
    way_back.exchange_record(vault, ready(vault, to=2), ManualClock(), "operator:ada")
    with Store.open(vault.workspace, ManualClock()) as store:
        assert (len(store.tasks), store.number) == (2, 3)


def test_a_snapshot_of_a_damaged_record_is_refused(tmp_path: Path) -> None:
    """Before anything was touched."""
    vault = damaged(tmp_path)
    take(vault, hours=1)
    (vault.folder / f"{vault.manifests()[0].snapshot.id}.json").unlink()
    with pytest.raises(NoSnapshot, match="does not hold"):
        ready(vault)
    assert not exchange.pending(vault.workspace)


def test_an_engine_that_runs_is_left_alone(tmp_path: Path) -> None:
    """Nobody replaces a record under its owner."""
    vault = damaged(tmp_path)
    prepared = ready(vault)
    with Lock(vault.workspace), pytest.raises(WorkspaceBusy):
        way_back.exchange_record(Vault(vault.workspace), prepared, ManualClock(), "operator:ada")


@pytest.mark.parametrize("lost", [False, True])
def test_a_death_at_any_step_leaves_the_old_record_or_the_new_one(tmp_path: Path, lost: bool, monkeypatch) -> None:
    """Never a mix, and never none: the next start finishes what was decided on, and drops what was not."""
    for step in range(1, 60):
        vault = damaged(tmp_path / str(step))
        if lost:
            shutil.rmtree(vault.workspace.journal)
        prepared = ready(vault)
        disk = Dying(step)
        with monkeypatch.context() as patch:
            for function in (exchange.begin, exchange.settle):
                patch.setattr(function, "__defaults__", (disk,))
            patch.setattr(exchange, "DISK", disk)
            try:
                way_back.exchange_record(vault, prepared, ManualClock(), "operator:ada")
                over = True
            except Dead:
                over = False
        staged = exchange.prepared(vault.workspace).journal
        decided = over or (restore.stage_of(vault.workspace) / "go").exists() or not staged.exists()
        try:
            way_back.finish_pending(Vault(vault.workspace), ManualClock())
            with Store.open(vault.workspace, ManualClock()) as store:
                assert (store.safekeeping.restored == prepared.plan.mark) is decided
                assert store.number == (6 if decided else 0)
        except JournalDamaged:
            assert not decided
        assert (vault.workspace.root / "GOALS.md").exists() is decided
        if over:
            return
    raise AssertionError("it never came to its end")
