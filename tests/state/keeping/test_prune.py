"""Tests of state.keeping.prune."""

import errno
import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from state import segments
from state.errors import StoreFailed
from state.files import Workspace
from state.journal import JournalDamaged, read, verify
from state.keeping import anchors, prune
from state.line import Seal
from state.store import Store
from tests.making import ManualClock, a_task
from tests.state.making import ASKED, filled, held
from tests.state.shaky import ShakyDisk


def first_day(workspace: Workspace) -> date:
    return date.fromisoformat(segments.names(workspace.journal)[0].removesuffix(".jsonl"))


def days_later(workspace: Workspace, count: int) -> date:
    return date.fromordinal(first_day(workspace).toordinal() + count)


def opened(workspace: Workspace, days: int = 3) -> Store:
    """Its store, some days after the journal began."""
    clock = ManualClock()
    clock.forward(days * 86_400)
    return Store.open(workspace, clock)


def pruned(root: Path, days: int = 2, **how: Any) -> tuple[Workspace, Any]:
    """A workspace of nine entries on three days without the entries of its first days, and all that it holds."""
    workspace = filled(root, 9, per_day=3, checkpoint=True)
    with opened(workspace) as store:
        found = prune.plan(workspace.journal, days_later(workspace, days))
        assert found is not None
        prune.prune(workspace, store, found, "operator:ada", **how)
        return workspace, held(store)


def test_a_plan_names_whole_segments_and_leaves_the_last(tmp_path: Path) -> None:
    """By days; what is written to stays, however old."""
    workspace = filled(tmp_path, 9, per_day=3)
    names = segments.names(workspace.journal)
    assert prune.plan(workspace.journal, days_later(workspace, 0)) is None
    one = prune.plan(workspace.journal, days_later(workspace, 1))
    assert (one.names, one.first, one.last.seq, one.segment) == ((names[0],), 1, 3, names[1])
    assert one.bytes == (workspace.journal / names[0]).stat().st_size
    assert "entries 1 to 3" in one.words
    everything = prune.plan(workspace.journal, days_later(workspace, 1000))
    assert (everything.names, everything.last.seq) == (tuple(names[:2]), 6)


def test_an_empty_journal_has_nothing_to_prune(tmp_path: Path) -> None:
    """Nothing there is nothing to do."""
    assert prune.plan(tmp_path, date(2030, 1, 1)) is None
    assert prune.renewal(tmp_path) is None


def test_what_is_kept_is_proven_from_the_anchor(tmp_path: Path) -> None:
    """The old files are gone, everything is as it was, and the audit says what was pruned and from where it holds."""
    workspace, before = pruned(tmp_path)
    assert len(segments.names(workspace.journal)) == 2
    assert [entry.seq for entry in read(workspace.journal)] == [7, 8, 9, 10]
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert (audit.ok, audit.first, audit.entries, audit.anchor.seq) == (True, 7, 4, 10)
    assert (audit.anchor.cut.first, audit.anchor.cut.start.seq) == (7, 6)
    entry = list(read(workspace.journal))[-1]
    assert (entry.action, entry.actor) == (anchors.ACTION, "operator:ada")
    with opened(workspace) as store:
        assert held(store) == before
        assert store.recovered == ""
        store.commit([a_task("next")], ASKED)
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_a_lost_checkpoint_is_no_loss_after_a_pruning(tmp_path: Path) -> None:
    """The journal stands on its base, and what came after it is applied; the next checkpoint is an ordinary one."""
    workspace, _ = pruned(tmp_path)
    with opened(workspace) as store:
        store.commit([a_task("next"), a_task("task-1", attempts=4)], ASKED)
        before = held(store)
    for spoil in (workspace.checkpoint.unlink, lambda: workspace.checkpoint.write_text("{")):
        spoil()
        with opened(workspace) as store:
            assert held(store) == before
            assert store.start.seq == 6
        assert workspace.checkpoint.stat().st_size > 2
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_prunings_follow_each_other(tmp_path: Path) -> None:
    """The next one goes on where the last one ended, also over its anchor, and one base is left."""
    workspace, _ = pruned(tmp_path, 1)
    first = anchors.latest(workspace.journal)
    with opened(workspace, 5) as store:
        store.commit([a_task("later")], ASKED)
        found = prune.plan(workspace.journal, days_later(workspace, 10))
        assert found.first == 4
        prune.prune(workspace, store, found, "engine")
        before = held(store)
    second = anchors.latest(workspace.journal)
    assert second.cut.first > first.seq
    assert second.cut.digest != first.cut.digest
    assert anchors.bases(workspace.journal) == [second.cut.base]
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    workspace.checkpoint.unlink()
    with opened(workspace, 6) as store:
        assert held(store) == before


def test_old_entries_can_be_archived_and_proven_with_the_rest(tmp_path: Path) -> None:
    """The whole chain from the first entry on; an archive that lacks something, or was changed, is named."""
    archive = tmp_path / "archive"
    workspace, _ = pruned(tmp_path / "space", archive=archive)
    names = sorted(path.name for path in archive.iterdir())
    assert len(names) == 2 and all(name.endswith(".jsonl.gz") for name in names)
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint, archive=archive)
    assert (audit.ok, audit.first, audit.entries) == (True, 1, 10)
    first = archive / names[0]
    data = gzip.decompress(first.read_bytes())
    first.write_bytes(gzip.compress(data.replace(b"asked for", b"never was", 1)))
    found = verify(workspace.journal, checkpoint=None, archive=archive).damage
    assert [(damage.kind, damage.seq, damage.file) for damage in found] == [("changed", 1, names[0])]
    first.write_bytes(b"nonsense")
    assert "unreadable" in {
        damage.kind for damage in verify(workspace.journal, checkpoint=None, archive=archive).damage
    }
    first.unlink()
    assert [damage.kind for damage in verify(workspace.journal, checkpoint=None, archive=archive).damage] == ["missing"]


def test_a_segment_that_was_removed_in_secret_is_missing(tmp_path: Path) -> None:
    """Before and after a pruning: without an anchor that says so, nothing may be gone, and nobody starts upon it."""
    workspace = filled(tmp_path / "never", 9, per_day=3, checkpoint=True)
    (workspace.journal / segments.names(workspace.journal)[0]).unlink()
    assert [(d.kind, d.seq) for d in verify(workspace.journal, checkpoint=None).damage] == [("missing", 1)]
    with pytest.raises(JournalDamaged, match="missing, entry 1"):
        opened(workspace)
    workspace, _ = pruned(tmp_path / "once", 1)
    (workspace.journal / segments.names(workspace.journal)[0]).unlink()
    assert [(d.kind, d.seq) for d in verify(workspace.journal, checkpoint=None).damage] == [("missing", 4)]
    with pytest.raises(JournalDamaged, match="missing, entry 4"):
        opened(workspace)


def test_an_anchor_that_was_forged_or_taken_away_is_damage(tmp_path: Path) -> None:
    """Its line is one of the chain, and without it the gap is a gap."""
    workspace, _ = pruned(tmp_path / "forged")
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(last.read_bytes().replace(b'["first","7"]', b'["first","8"]'))
    assert {d.kind for d in verify(workspace.journal, checkpoint=None).damage} >= {"changed"}
    workspace, _ = pruned(tmp_path / "gone")
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(b"".join(last.read_bytes().splitlines(keepends=True)[:-1]))
    kinds = {d.kind for d in verify(workspace.journal, checkpoint=workspace.checkpoint).damage}
    assert kinds == {"missing", "truncated"}
    workspace, _ = pruned(tmp_path / "rewritten")
    path = workspace.journal / segments.names(workspace.journal)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0].replace(b'"prev":"', b'"prev":"0', 1), *lines[1:]]))
    assert not verify(workspace.journal, checkpoint=None).ok


def test_a_base_that_was_changed_or_lost_is_damage(tmp_path: Path) -> None:
    """The anchor holds its digest."""
    workspace, _ = pruned(tmp_path)
    base = workspace.journal / anchors.latest(workspace.journal).cut.base
    whole = base.read_bytes()
    base.write_bytes(whole.replace(b"task-1", b"tusk-1", 1))
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert [(d.kind, d.file) for d in audit.damage] == [("changed", base.name)]
    base.unlink()
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert [(d.kind, d.file) for d in audit.damage] == [("missing", base.name)]
    base.mkdir()
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert [(d.kind, d.file) for d in audit.damage] == [("unreadable", base.name)]


def test_a_base_can_be_written_anew(tmp_path: Path) -> None:
    """With an anchor of its own, and nothing else taken out."""
    workspace, _ = pruned(tmp_path)
    old = anchors.latest(workspace.journal)
    with opened(workspace, 4) as store:
        store.commit([a_task("next")], ASKED)
        prune.prune(workspace, store, prune.renewal(workspace.journal), "operator:ada")
    fresh = anchors.latest(workspace.journal)
    assert fresh.cut.start == old.cut.start and fresh.cut.base != old.cut.base
    assert anchors.bases(workspace.journal) == [fresh.cut.base]
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_damaged_entries_are_evidence_and_stay(tmp_path: Path) -> None:
    """What does not verify is not pruned."""
    workspace = filled(tmp_path, 9, per_day=3)
    path = workspace.journal / segments.names(workspace.journal)[0]
    path.write_bytes(path.read_bytes().replace(b"asked for", b"never was", 1))
    with pytest.raises(JournalDamaged, match="changed, entry 1"):
        prune.plan(workspace.journal, days_later(workspace, 1))


@pytest.mark.parametrize("call", ["write", "replace", "remove", "datasync"])
def test_a_disk_that_fails_leaves_a_whole_record(tmp_path: Path, call: str) -> None:
    """Whichever call it is: it is told, everything is there, and the next pruning does what is left."""
    workspace = filled(tmp_path, 9, per_day=3, checkpoint=True)
    disk, clock = ShakyDisk(), ManualClock()
    clock.forward(3 * 86_400)
    store = Store.open(workspace, clock, disk=disk)
    before = held(store)
    disk.fail(call, errno.ENOSPC)
    found = prune.plan(workspace.journal, days_later(workspace, 2))
    with pytest.raises((prune.NotPruned, StoreFailed), match=r"make room|look at the disk"):
        prune.prune(workspace, store, found, "engine", disk=disk)
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    store.close()
    with opened(workspace) as again:
        assert held(again) == before
        more = prune.plan(workspace.journal, days_later(workspace, 2)) or prune.renewal(workspace.journal)
        prune.prune(workspace, again, more, "engine")
    assert len(segments.names(workspace.journal)) == 2
    assert len(anchors.bases(workspace.journal)) == 1
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_a_seal_of_a_plan_is_the_last_entry_that_goes(tmp_path: Path) -> None:
    """By number and hash, from which the rest goes on."""
    workspace = filled(tmp_path, 9, per_day=3)
    found = prune.plan(workspace.journal, days_later(workspace, 2))
    sixth = next(entry for entry in read(workspace.journal) if entry.seq == 6)
    assert found.last == Seal(6, sixth.hash)


def test_nothing_is_removed_before_a_checkpoint_does_without_it(tmp_path: Path) -> None:
    """A checkpoint that cannot be written leaves the old files, on which the one before it still stands."""
    workspace = filled(tmp_path, 9, per_day=3, checkpoint=True)
    disk, clock = ShakyDisk(), ManualClock()
    clock.forward(3 * 86_400)
    with Store.open(workspace, clock, disk=disk) as store:
        found = prune.plan(workspace.journal, days_later(workspace, 2))
        disk.fail("replace", errno.ENOSPC, skip=1)
        with pytest.raises(prune.NotPruned, match="checkpoint"):
            prune.prune(workspace, store, found, "engine", disk=disk)
        assert set(found.names) <= set(segments.names(workspace.journal))
    with opened(workspace, 4) as again:
        assert len(again.tasks) == 9
