"""Snapshots are made, found and let go."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from engine.reversal.snapshots.objects import PIECE, ObjectDamaged
from engine.reversal.snapshots.rehearsal import lay_all
from engine.reversal.snapshots.tree import FILE
from engine.reversal.snapshots.vault import JOURNAL, NoSnapshot, SnapshotsBusy, Vault
from state.model.brakes.safekeeping import Kind
from state.settings import SnapshotSettings
from tests.engine.reversal.snapshots.scenes import a_vault, at, own, take, tree_of
from tests.state.shaky import ShakyDisk


def test_a_snapshot_holds_the_workspaces_own_files_the_record_and_the_folders(tmp_path: Path) -> None:
    """What is laid out again is what was there, and nothing of what nobody asked for."""
    vault = a_vault(tmp_path)
    extra = tmp_path / "extra"
    (extra / "deep").mkdir(parents=True)
    (extra / "deep" / "data.bin").write_bytes(os.urandom(PIECE + 7))
    made = take(vault, folders=[extra], why="a look")
    assert (made.snapshot.id, made.snapshot.why, made.snapshot.seq) == ("20260304-120000", "a look", 3)
    assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700
    lay_all(vault, made, tmp_path / "again")
    again = {name: held for name, held in tree_of(tmp_path / "again").items() if not name.startswith(".midwatch")}
    assert {name for name in own(vault.workspace) if name not in again} == {"notes.txt", "subagents"}
    assert {name: held for name, held in again.items() if not name.startswith("folders")}.items() <= own(
        vault.workspace
    ).items()
    assert tree_of(tmp_path / "again" / "folders" / "1-extra") == tree_of(extra)


def test_what_did_not_change_is_stored_once(tmp_path: Path) -> None:
    """A second snapshot adds its own list at most, and each can be had alone."""
    vault = a_vault(tmp_path)
    (vault.workspace.root / "memory" / "large.md").write_bytes(os.urandom(300_000))
    first = take(vault)
    second = take(vault, hours=1)
    assert first.snapshot.added > 300_000
    assert second.snapshot.added < 10_000
    assert second.snapshot.bytes == first.snapshot.bytes
    files = [[entry.pieces for entry in vault.entries(made) if entry.kind == FILE] for made in (first, second)]
    assert files[0] == files[1]


def test_a_damaged_piece_is_stored_again_by_the_next_snapshot(tmp_path: Path) -> None:
    """That a file is unchanged does not mean that what was kept of it still is there."""
    vault = a_vault(tmp_path)
    first = take(vault)
    goals = next(entry for entry in vault.entries(first) if entry.name == b"GOALS.md")
    lost = vault.objects.path(goals.pieces[0])
    assert lost is not None
    lost.unlink()
    second = take(vault, hours=1)
    assert vault.objects.read(goals.pieces[0]) == b"ship it\n"
    assert second.snapshot.added > 0


def test_one_is_found_by_its_id_its_beginning_its_time_or_its_entry(tmp_path: Path) -> None:
    """And what names none, or several, is refused in words."""
    vault = a_vault(tmp_path)
    with pytest.raises(NoSnapshot, match="snapshot create"):
        vault.find("latest")
    ids = [take(vault, hours=hours).snapshot.id for hours in (0, 1, 1)]
    assert ids == ["20260304-120000", "20260304-130000", "20260304-130000-2"]
    assert vault.find("latest").snapshot.id == ids[2]
    assert vault.find("20260304-12").snapshot.id == ids[0]
    assert vault.find(ids[1]).snapshot.id == ids[1]
    assert vault.as_of(at(0.5)).snapshot.id == ids[0]
    assert vault.with_entry(99).snapshot.id == ids[2]
    for name, words in (("2026", "beginning of 3"), ("2025", "no snapshot")):
        with pytest.raises(NoSnapshot, match=words):
            vault.find(name)
    with pytest.raises(NoSnapshot, match="as old as"):
        vault.as_of(at(-1))
    with pytest.raises(NoSnapshot, match="as old as"):
        vault.with_entry(2)


def test_expiry_frees_what_only_the_expired_held(tmp_path: Path) -> None:
    """The others come back whole afterwards."""
    vault = a_vault(tmp_path)
    (vault.workspace.root / "gone.md").write_bytes(os.urandom(50_000))
    take(vault, kind=Kind.ROUTINE)
    (vault.workspace.root / "gone.md").unlink()
    kept = take(vault, hours=30, kind=Kind.ROUTINE)
    before = sum(path.stat().st_size for _, path in vault.objects.names())
    with vault.locked():
        assert vault.expire(at(31), SnapshotSettings(hourly=1, daily=1, monthly=1)) == ["20260304-120000"]
    assert sum(path.stat().st_size for _, path in vault.objects.names()) < before - 50_000
    lay_all(vault, kept, tmp_path / "again")
    assert (tmp_path / "again" / "GOALS.md").read_text() == "ship it\n"


def test_all_before_a_moment_can_be_forgotten(tmp_path: Path) -> None:
    """Whatever the rule would keep: nothing of them is left on the disk."""
    vault = a_vault(tmp_path)
    (vault.workspace.root / "GOALS.md").write_text("call Grace Hopper")
    take(vault)
    (vault.workspace.root / "GOALS.md").write_text("call her")
    kept = take(vault, hours=1).snapshot.id
    with vault.locked():
        assert vault.forget(at(1)) == ["20260304-120000"]
    assert [manifest.snapshot.id for manifest in vault.manifests()] == [kept]
    assert all(b"Hopper" not in vault.objects.read(name) for name, _ in vault.objects.names())


def test_what_an_interrupted_forgetting_left_goes_with_the_next(tmp_path: Path) -> None:
    """A crash between the snapshot and its pieces does not keep them for ever; a damaged list keeps all pieces."""
    vault = a_vault(tmp_path)
    first = take(vault)
    (vault.workspace.root / "GOALS.md").write_text("call Grace Hopper")
    middle, last = take(vault, hours=1), take(vault, hours=2)
    (vault.workspace.root / "GOALS.md").write_text("call her")
    take(vault, hours=3)
    for gone in (first, middle, last):
        (vault.folder / f"{gone.snapshot.id}.json").unlink()
    with vault.locked():
        assert vault.forget(at(3)) == []
    assert all(b"Hopper" not in vault.objects.read(name) for name, _ in vault.objects.names())
    kept = take(vault, hours=4, kind=Kind.ROUTINE)
    pieces = {name for name, _ in vault.objects.names()}
    listed = vault.objects.path(kept.tree[0])
    assert listed is not None
    listed.write_bytes(b"rot")
    with vault.locked():
        vault.expire(at(9000), SnapshotSettings(hourly=1, daily=0, monthly=0, asked_s=0))
        assert {name for name, _ in vault.objects.names()} == pieces
        with pytest.raises(ObjectDamaged):
            vault.forget(at(0))


def test_two_never_work_on_the_snapshots_at_once(tmp_path: Path) -> None:
    """The second is told at once."""
    vault = a_vault(tmp_path)
    with vault.locked(), pytest.raises(SnapshotsBusy), Vault(vault.workspace).locked():
        pass


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_disk_that_fails_at_any_call_leaves_no_snapshot_or_a_whole_one(tmp_path: Path, call: str) -> None:
    """And the snapshots of before stay as they were."""
    a_vault(tmp_path)
    disk = ShakyDisk()
    vault = Vault(a_vault(tmp_path / call).workspace, disk)
    first = take(vault)
    failures = 0
    for skip in range(0, 45, 3):
        (vault.workspace.root / "GOALS.md").write_bytes(os.urandom(100))
        disk.fail(call, skip=skip)
        try:
            made = take(vault, hours=skip + 1)
        except NoSnapshot:
            failures += 1
            made = vault.find("latest")
        disk.fail(call, times=0)
        lay_all(vault, made, tmp_path / "again")
        assert made.snapshot.files == first.snapshot.files
        shutil.rmtree(tmp_path / "again")
        assert vault.manifests()[0] == first
    assert failures


def test_the_journal_is_one_of_the_roots(tmp_path: Path) -> None:
    """So that it is laid out where a store looks for it."""
    assert take(a_vault(tmp_path)).roots[JOURNAL] == ".midwatch/journal"
