"""A journal that is not as it was written: named, and never built upon."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from state import line as lines
from state import segments
from state.files import Workspace
from state.journal import Damage, JournalDamaged, verify
from state.line import Seal
from state.store import Store
from tests.making import ManualClock
from tests.state.making import filled

ENTRIES, PER_DAY = 9, 3


class Journal:
    """The lines of a journal, to be damaged: entry n is line n, over all segments."""

    def __init__(self, workspace: Workspace) -> None:
        self.folder = workspace.journal
        self.names = segments.names(self.folder)
        self.files = [(self.folder / name).read_bytes().splitlines(keepends=True) for name in self.names]

    def place(self, seq: int) -> tuple[int, int]:
        return (seq - 1) // PER_DAY, (seq - 1) % PER_DAY

    def get(self, seq: int) -> bytes:
        file, line = self.place(seq)
        return self.files[file][line]

    def put(self, seq: int, *raws: bytes) -> None:
        file, line = self.place(seq)
        self.files[file][line] = b"".join(raws)

    def swap(self, one: int, other: int) -> None:
        first, second = self.get(one), self.get(other)
        self.put(one, second)
        self.put(other, first)

    def resealed(self, seq: int, old: bytes, new: bytes) -> bytes:
        """An entry with other contents, sealed as if it had always been so."""
        line = lines.parse(self.get(seq))
        return lines.seal(Seal(seq - 1, line.prev), line.at, line.actor, bytes(line.body).replace(old, new))[0]

    def save(self) -> None:
        for name, file in zip(self.names, self.files, strict=True):
            (self.folder / name).write_bytes(b"".join(file))


def changed_contents(journal: Journal) -> None:
    journal.put(5, journal.get(5).replace(b"asked for", b"never was"))


def changed_header(journal: Journal) -> None:
    journal.put(5, journal.get(5).replace(b'"at":"2026', b'"at":"2025'))


def changed_number(journal: Journal) -> None:
    journal.put(5, journal.get(5).replace(b'"seq":5', b'"seq":6'))


def changed_actor(journal: Journal) -> None:
    journal.put(5, journal.get(5).replace(b'"actor":"operator:ada"', b'"actor":"operator:eve"', 1))


def changed_hash(journal: Journal) -> None:
    own = lines.parse(journal.get(5)).hash.encode()
    journal.put(5, journal.get(5).replace(own, hashlib.sha256(b"x").hexdigest().encode()))


def resealed(journal: Journal) -> None:
    journal.put(5, journal.resealed(5, b"asked for", b"never was"))


def resealed_first(journal: Journal) -> None:
    line = lines.parse(journal.get(1))
    journal.put(1, lines.seal(Seal(0, "1" * 64), line.at, line.actor, bytes(line.body))[0])


def resealed_last(journal: Journal) -> None:
    journal.put(9, journal.resealed(9, b"asked for", b"never was"))


def missing_line(journal: Journal) -> None:
    journal.put(5)


def missing_lines(journal: Journal) -> None:
    journal.put(5)
    journal.put(6)


def missing_first(journal: Journal) -> None:
    journal.put(1)


def missing_segment(journal: Journal) -> None:
    journal.save()
    (journal.folder / journal.names.pop(1)).unlink()
    journal.files.pop(1)


def missing_contents_of_a_segment(journal: Journal) -> None:
    for seq in (4, 5, 6):
        journal.put(seq)


def swapped(journal: Journal) -> None:
    journal.swap(5, 6)


def swapped_between_segments(journal: Journal) -> None:
    journal.swap(3, 4)


def moved_to_the_end(journal: Journal) -> None:
    moved = journal.get(5)
    journal.put(5)
    journal.put(9, journal.get(9), moved)


def repeated(journal: Journal) -> None:
    journal.put(5, journal.get(5), journal.get(5))


def last_line_gone(journal: Journal) -> None:
    journal.put(9)


def last_segment_gone(journal: Journal) -> None:
    (journal.folder / journal.names.pop()).unlink()
    journal.files.pop()


def last_line_cut(journal: Journal) -> None:
    journal.put(9, journal.get(9)[:-20])


def last_newline_cut(journal: Journal) -> None:
    journal.put(9, journal.get(9)[:-1])


def everything_gone(journal: Journal) -> None:
    for name in journal.names:
        (journal.folder / name).unlink()
    journal.names, journal.files = [], []


def garbled(journal: Journal) -> None:
    journal.put(5, b"\xff\xfe\0 not a line\n")


def garbage_put_in(journal: Journal) -> None:
    journal.put(5, b"{}\n", journal.get(5))


def garbage_put_on(journal: Journal) -> None:
    journal.put(9, journal.get(9), b"hello\n")


def garbage_put_on_an_older_segment(journal: Journal) -> None:
    journal.put(6, journal.get(6), b"hello\n")


def garbage_put_on_without_end(journal: Journal) -> None:
    journal.put(9, journal.get(9), b"hello")


def nested_without_end(journal: Journal) -> None:
    journal.put(5, b"[" * 100_000 + b"\n")


def zeros_within(journal: Journal) -> None:
    journal.put(5, bytes(len(journal.get(5)) - 1) + b"\n")


def newline_cut_within(journal: Journal) -> None:
    journal.put(6, journal.get(6)[:-1])


DAMAGE: list[tuple[Callable[[Journal], None], str, int, tuple[int, int]]] = [
    (changed_contents, "changed", 5, (1, 2)),
    (changed_header, "changed", 5, (1, 2)),
    (changed_number, "changed", 5, (1, 2)),
    (changed_actor, "changed", 5, (1, 2)),
    (changed_hash, "changed", 5, (1, 2)),
    (resealed, "changed", 5, (1, 2)),
    (resealed_first, "changed", 1, (0, 1)),
    (resealed_last, "changed", 9, (2, 3)),
    (missing_line, "missing", 5, (1, 2)),
    (missing_lines, "missing", 5, (2, 1)),
    (missing_first, "missing", 1, (0, 1)),
    (missing_segment, "missing", 4, (2, 1)),
    (missing_contents_of_a_segment, "missing", 4, (2, 1)),
    (swapped, "reordered", 5, (1, 3)),
    (swapped_between_segments, "reordered", 3, (1, 1)),
    (moved_to_the_end, "reordered", 5, (2, 4)),
    (repeated, "reordered", 5, (1, 3)),
    (last_line_gone, "truncated", 9, (2, 2)),
    (last_segment_gone, "truncated", 7, (1, 3)),
    (last_line_cut, "truncated", 9, (2, 3)),
    (last_newline_cut, "truncated", 9, (2, 3)),
    (garbled, "unreadable", 5, (1, 2)),
    (garbage_put_in, "unreadable", 5, (1, 2)),
    (garbage_put_on, "unreadable", 10, (2, 4)),
    (garbage_put_on_an_older_segment, "unreadable", 7, (1, 4)),
    (garbage_put_on_without_end, "unreadable", 10, (2, 4)),
    (nested_without_end, "unreadable", 5, (1, 2)),
    (zeros_within, "unreadable", 5, (1, 2)),
    (newline_cut_within, "changed", 6, (1, 3)),
]


def spot(damage: Damage) -> tuple[str, int, str, int]:
    return damage.kind, damage.seq, damage.file, damage.line


@pytest.mark.parametrize("checkpoint", [False, True], ids=["journal alone", "with a checkpoint"])
@pytest.mark.parametrize(("damage", "kind", "seq", "at"), DAMAGE, ids=[case[0].__name__ for case in DAMAGE])
def test_damage_is_named_by_kind_number_file_and_line(
    tmp_path: Path, damage: Callable[[Journal], None], kind: str, seq: int, at: tuple[int, int], checkpoint: bool
) -> None:
    """The audit and a refused start point to the one place where something was done, and change nothing."""
    workspace = filled(tmp_path, ENTRIES, per_day=PER_DAY, checkpoint=checkpoint)
    journal = Journal(workspace)
    expected = (kind, seq, journal.names[at[0]], at[1])
    damage(journal)
    journal.save()
    before = {path: path.read_bytes() for path in workspace.journal.iterdir()}

    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert not audit.ok
    assert [spot(found) for found in audit.damage] == [expected]

    with pytest.raises(JournalDamaged, match=f"{expected[2]} line {at[1]}: {kind}, entry {seq}") as refused:
        Store.open(workspace, ManualClock())
    assert refused.value.damage == audit.damage
    assert "from a backup" in str(refused.value)
    assert {path: path.read_bytes() for path in workspace.journal.iterdir()} == before


@pytest.mark.parametrize("checkpoint", [False, True], ids=["journal alone", "with a checkpoint"])
def test_a_journal_that_vanished_is_truncated(tmp_path: Path, checkpoint: bool) -> None:
    """An empty folder is not a fresh start when the witnesses remember more."""
    workspace = filled(tmp_path, ENTRIES, checkpoint=checkpoint)
    journal = Journal(workspace)
    everything_gone(journal)
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert [(found.kind, found.seq) for found in audit.damage] == [("truncated", 1)]
    with pytest.raises(JournalDamaged):
        Store.open(workspace, ManualClock())


def test_a_checkpoint_ahead_of_the_journal_proves_a_loss(tmp_path: Path) -> None:
    """Also when the head was put back together with the journal."""
    workspace = filled(tmp_path, ENTRIES, per_day=PER_DAY, checkpoint=True)
    journal = Journal(workspace)
    journal.put(9)
    journal.save()
    end = lines.parse(journal.get(8))
    (workspace.journal / segments.HEAD).write_text(f"{end.seq:020} {end.hash}\n")
    with pytest.raises(JournalDamaged, match="truncated, entry 9"):
        Store.open(workspace, ManualClock())
    (workspace.journal / segments.HEAD).unlink()
    assert [found.kind for found in verify(workspace.journal, checkpoint=workspace.checkpoint).damage] == ["truncated"]


def test_a_rewritten_journal_is_betrayed_by_its_witnesses(tmp_path: Path) -> None:
    """A chain that was sealed anew from some entry on is whole in itself, and not the one that was acknowledged."""
    workspace = filled(tmp_path, ENTRIES, per_day=PER_DAY, checkpoint=True)
    journal = Journal(workspace)
    end = Seal(4, lines.parse(journal.get(4)).hash)
    for seq in range(5, ENTRIES + 1):
        line = lines.parse(journal.get(seq))
        raw, end = lines.seal(end, line.at, line.actor, bytes(line.body).replace(b"asked for", b"never was"))
        journal.put(seq, raw)
    journal.save()
    for checkpoint in (workspace.checkpoint, None):
        audit = verify(workspace.journal, checkpoint=checkpoint)
        assert [(found.kind, found.seq) for found in audit.damage] == [("changed", 9)]
        assert "HEAD remembers another hash" in audit.damage[0].text
    with pytest.raises(JournalDamaged):
        Store.open(workspace, ManualClock())
    (workspace.journal / segments.HEAD).unlink()
    with pytest.raises(JournalDamaged, match=r"state\.json remembers another hash"):
        Store.open(workspace, ManualClock())


@pytest.mark.parametrize("checkpoint", [False, True], ids=["journal alone", "with a checkpoint"])
def test_a_witness_that_disagrees_is_named(tmp_path: Path, checkpoint: bool) -> None:
    """The head's number is the journal's, its hash is not: one of the two was changed."""
    workspace = filled(tmp_path, ENTRIES, checkpoint=checkpoint)
    (workspace.journal / segments.HEAD).write_text(f"{ENTRIES:020} {'1' * 64}\n")
    with pytest.raises(JournalDamaged, match="changed, entry 9: HEAD remembers another hash"):
        Store.open(workspace, ManualClock())


def test_all_damage_is_listed(tmp_path: Path) -> None:
    """One look tells the whole extent."""
    workspace = filled(tmp_path, ENTRIES, per_day=PER_DAY)
    journal = Journal(workspace)
    changed_contents(journal)
    journal.put(2, b"garbage\n")
    journal.put(7)
    journal.put(9)
    journal.save()
    audit = verify(workspace.journal, checkpoint=None)
    assert [(found.kind, found.seq) for found in audit.damage] == [
        ("unreadable", 2),
        ("changed", 5),
        ("missing", 7),
        ("truncated", 9),
    ]
    with pytest.raises(JournalDamaged, match="and 3 more"):
        Store.open(workspace, ManualClock())


def test_a_chain_that_is_whole_but_cannot_be_applied_is_refused(tmp_path: Path) -> None:
    """Lines of an unknown kind of record are not skipped in silence."""
    workspace = filled(tmp_path, 2, per_day=PER_DAY)
    journal = Journal(workspace)
    raw = journal.resealed(2, b'"tasks"', b'"dreams"')
    journal.put(2, raw)
    journal.save()
    line = lines.parse(raw)
    (workspace.journal / segments.HEAD).write_text(f"{line.seq:020} {line.hash}\n")
    with pytest.raises(JournalDamaged, match="cannot be applied"):
        Store.open(workspace, ManualClock())


def test_erased_contents_are_no_damage_to_a_store_with_a_checkpoint(tmp_path: Path) -> None:
    """The segment's bytes differ from what the checkpoint saw, the chain does not; the records stay."""
    workspace = filled(tmp_path, ENTRIES, per_day=PER_DAY, checkpoint=True)
    journal = Journal(workspace)
    journal.put(5, journal.get(5).replace(bytes(lines.parse(journal.get(5)).body), lines.ERASED))
    journal.save()
    with Store.open(workspace, ManualClock()) as store:
        assert len(store.tasks) == ENTRIES
        assert store.number == ENTRIES
        assert store.recovered == ""
