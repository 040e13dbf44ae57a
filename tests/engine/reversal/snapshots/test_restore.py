"""Files come back whole, all of them or none, and nothing else is touched."""

import os
import shutil
from pathlib import Path

import pytest

from engine.reversal.snapshots import restore
from engine.reversal.snapshots.restore import NotRestored, Plan
from engine.reversal.snapshots.vault import Manifest, Vault
from state.disk import DISK, Disk
from state.keeping import exchange
from state.model.command import Reply
from tests.engine.reversal.snapshots.scenes import a_vault, own, take
from tests.state.shaky import ShakyDisk


def prepared(vault: Vault, wanted: Manifest, disk: Disk = DISK, *, mark: str = "mark") -> Plan:
    """Prepare to restore the files of a snapshot."""
    before = take(vault, hours=9, folders=[Path(root) for root in wanted.roots[2:]])
    shutil.rmtree(restore.stage_of(vault.workspace), ignore_errors=True)
    restore.stage_of(vault.workspace).mkdir()
    return restore.prepare(vault, mark, wanted, before, vault.entries(wanted), vault.entries(before), disk)


def damaged(vault: Vault) -> None:
    """Change, remove and replace what the snapshot knows, and add what it does not."""
    root = vault.workspace.root
    (root / "GOALS.md").write_text("sink it\n")
    shutil.rmtree(root / "memory")
    (root / "memory").symlink_to("/etc")
    vault.workspace.settings.unlink()
    vault.workspace.settings.mkdir()
    (vault.workspace.settings / "inside").write_text("kept aside")
    (root / "later.md").write_text("came later\n")


def test_what_differs_is_put_back_and_the_rest_left_alone(tmp_path: Path) -> None:
    """What stood in the way is set aside, what came later is named, nothing is removed, no link is followed."""
    vault = a_vault(tmp_path)
    was, wanted = own(vault.workspace), take(vault)
    damaged(vault)
    plan = prepared(vault, wanted)
    assert (plan.newer, plan.newer_count) == (("later.md", "midwatch.toml/inside"), 2)
    assert plan.files == 3
    done = restore.finish(vault.workspace, "mark")
    assert done.troubles == ()
    assert sorted(Path(path).name for path in done.aside) == ["memory.before-mark", "midwatch.toml.before-mark"]
    now = own(vault.workspace)
    assert now.items() >= was.items()
    assert {name.partition("/")[0] for name in now.keys() - was.keys()} == {
        "later.md",
        "memory.before-mark",
        "midwatch.toml.before-mark",
    }
    assert not exchange.pending(vault.workspace)


def test_nothing_to_do_does_nothing(tmp_path: Path) -> None:
    """Files that are as they were are not written again."""
    vault = a_vault(tmp_path)
    wanted = take(vault)
    times = (vault.workspace.root / "GOALS.md").stat().st_ctime_ns
    assert prepared(vault, wanted).moves == ()
    restore.finish(vault.workspace, "mark")
    assert (vault.workspace.root / "GOALS.md").stat().st_ctime_ns == times


def test_a_configured_folder_comes_back_where_it_was(tmp_path: Path) -> None:
    """Also one that is gone altogether."""
    vault, extra = a_vault(tmp_path), tmp_path / "extra"
    (extra / "empty").mkdir(parents=True)
    (extra / os.fsdecode(b"\xff")).write_bytes(b"odd")
    (extra / "link").symlink_to("empty")
    wanted = take(vault, folders=[extra])
    shutil.rmtree(extra)
    prepared(vault, wanted)
    assert restore.finish(vault.workspace, "mark").troubles == ()
    assert (extra / os.fsdecode(b"\xff")).read_bytes() == b"odd"
    assert (extra / "link").readlink() == Path("empty")
    assert (extra / "empty").is_dir()


def test_published_heads_are_never_put_back_to_fewer(tmp_path: Path) -> None:
    """A restore must not make room for a rewritten record."""
    vault = a_vault(tmp_path)
    heads = vault.workspace.root / "build-reports" / "heads.txt"
    heads.parent.mkdir()
    heads.write_text("old\n")
    wanted = take(vault)
    heads.write_text("old\nlater\n")
    prepared(vault, wanted)
    restore.finish(vault.workspace, "mark")
    assert heads.read_text() == "old\nlater\n"
    heads.unlink()
    prepared(vault, wanted)
    restore.finish(vault.workspace, "mark")
    assert heads.read_text() == "old\n"


def test_a_restore_of_another_mark_is_not_carried_out(tmp_path: Path) -> None:
    """What was prepared and never decided on is dropped, and has changed nothing."""
    vault = a_vault(tmp_path)
    wanted = take(vault)
    damaged(vault)
    now = own(vault.workspace)
    prepared(vault, wanted, mark="never decided on")
    restore.settle(vault.workspace, "another")
    assert own(vault.workspace) == now
    assert not exchange.pending(vault.workspace)


class Dead(BaseException):
    """The process is gone: nothing catches this."""


class Dying(Disk):
    """A disk during whose calls the process may die: before a rename, or right after it."""

    def __init__(self, at: int) -> None:
        self.left = at

    def replace(self, source: Path, target: Path) -> None:
        self._maybe()
        super().replace(source, target)
        self._maybe()

    def sync_folder(self, folder: Path) -> None:
        self._maybe()
        super().sync_folder(folder)

    def _maybe(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Dead


def test_a_death_at_any_step_is_finished_by_the_next_start(tmp_path: Path) -> None:
    """Once decided on, the next look finds the new state, whatever was done already."""
    for step in range(1, 40):
        vault = a_vault(tmp_path / str(step))
        was, wanted = own(vault.workspace), take(vault)
        damaged(vault)
        prepared(vault, wanted)
        try:
            restore.finish(vault.workspace, "mark", Dying(step))
        except Dead:
            restore.settle(vault.workspace, "mark")
            assert own(vault.workspace).items() >= was.items()
            assert not exchange.pending(vault.workspace)
        else:
            assert step > 5
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_disk_that_fails_while_it_is_prepared_leaves_everything_as_it_was(tmp_path: Path, call: str) -> None:
    """The words say that nothing was restored."""
    vault = a_vault(tmp_path)
    wanted = take(vault)
    damaged(vault)
    now = own(vault.workspace)
    disk = ShakyDisk()
    disk.fail(call)
    with pytest.raises(NotRestored, match="nothing was restored"):
        prepared(vault, wanted, disk)
    assert own(vault.workspace) == now


def test_what_cannot_be_put_back_is_told_and_tried_again(tmp_path: Path) -> None:
    """The rest is put back all the same; once it is mended the next call does what is missing."""
    vault = a_vault(tmp_path)
    was, wanted = own(vault.workspace), take(vault)
    damaged(vault)
    prepared(vault, wanted)
    disk = ShakyDisk()
    disk.fail("replace")
    done = restore.finish(vault.workspace, "mark", disk)
    reply = restore.told(done, Reply(ok=True, text="restored"))
    assert (reply.ok, reply.code) == (False, 1)
    assert "NOT put back" in reply.text
    assert exchange.pending(vault.workspace)
    restore.settle(vault.workspace, "mark")
    assert own(vault.workspace).items() >= was.items()
