"""The journal as it is read: every decision ever made, and the proof that none was changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from state import checkpoint as checkpoints
from state import line as lines
from state import records, segments
from state.errors import MidwatchError
from state.keeping import anchors
from state.keeping.walk import Audit, Damage, Place, Published, Walk
from state.line import Seal
from state.model.reason import Reason
from state.model.record import Noun
from state.model.view import Record
from state.records import UNREADABLE

__all__ = ["Audit", "Damage", "Decision", "Entry", "JournalDamaged", "Published", "read", "verify"]


class Entry(Noun, frozen=True, kw_only=True):
    """A change as it was committed."""

    seq: int
    at: datetime
    reason: Reason
    records: tuple[Record, ...]


class Decision(Noun, frozen=True, kw_only=True):
    """What one line of the journal tells of who did what and why."""

    seq: int
    at: datetime
    actor: str
    action: str
    why: str
    label: str = ""
    build: str = ""
    options: tuple[str, ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    confidence: float | None = None
    prev: str
    hash: str


class JournalDamaged(MidwatchError):
    """The journal is not as it was written, so nothing can be decided upon it."""

    def __init__(self, folder: Path, damage: tuple[Damage, ...]) -> None:
        first = damage[0]
        more = f" (and {len(damage) - 1} more: `midwatch audit verify` lists all)" if len(damage) > 1 else ""
        super().__init__(
            f"the journal is damaged: {folder / first.file} line {first.line}: {first.kind}, entry {first.seq}: "
            f"{first.text}{more}. Nothing was started or written. `midwatch snapshot restore latest` goes back to a "
            f"snapshot (`midwatch snapshot list` shows all), or put {folder} back from a backup; without either, move "
            f"{folder.parent} aside and start afresh with `midwatch init`"
        )
        self.damage = damage


def read(folder: Path, *, newest_first: bool = False, limit: int | None = None) -> Iterator[Decision]:
    """Yield decisions, at most `limit`, in the asked order; a line that is being written is left out.

    A damaged line is told as one: its action is `unreadable`.
    """
    for name in sorted(segments.names(folder), reverse=newest_first):
        path = folder / name
        found = segments.lines_backwards(path) if newest_first else _whole(segments.lines(path))
        for raw in found:
            if limit is not None:
                if limit <= 0:
                    return
                limit -= 1
            yield decision(name, raw)


def _whole(found: Iterator[bytes]) -> Iterator[bytes]:
    return (raw for raw in found if raw.endswith(b"\n"))


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")


def encoded(text: str) -> bytes:
    """Return a text as it stands in a line, quotes included."""
    return records.encode(text)


def decision(name: str, raw: bytes) -> Decision:
    """Return what a line of a segment tells."""
    try:
        line = lines.parse(raw)
        reason = Reason(actor=line.actor, action="erased", why="") if line.erased else lines.why_in(line)
    except UNREADABLE:
        why = f"a line in {name} cannot be read: see `midwatch audit verify`"
        return Decision(seq=0, at=_EPOCH, actor="", action="unreadable", why=why, prev="", hash="")
    return Decision(
        seq=line.seq,
        at=line.at,
        actor=line.actor,
        action=reason.action,
        why=reason.why,
        label=reason.label,
        build=reason.build,
        options=reason.options,
        known=reason.known,
        confidence=reason.confidence,
        prev=line.prev,
        hash=line.hash,
    )


def verify(
    folder: Path,
    *,
    checkpoint: Path | None,
    in_flight: bool = False,
    heads: Sequence[Published] = (),
    archive: Path | None = None,
) -> Audit:
    """Walk the whole chain and name every place where it is broken.

    `checkpoint` is the store's, a second witness of how far the journal once went; `heads` are witnesses from outside.
    `in_flight` says that a writer may be in the middle of the last line. What was pruned is read from `archive`;
    without one the chain is followed from its anchor. Raises OSError when a segment cannot be read at all.
    """
    audit = _walk(folder, checkpoint, in_flight, heads, archive)
    if in_flight and not audit.ok:  # a writer that took a failed write back may have done so under the first look
        audit = _walk(folder, checkpoint, in_flight, heads, archive)
    return audit


def _walk(
    folder: Path, checkpoint: Path | None, in_flight: bool, heads: Sequence[Published], archive: Path | None
) -> Audit:
    # The witnesses are read first: a writer that is at work can then only be ahead of them.
    witnesses = {segments.HEAD: segments.read_head(folder)}
    if checkpoint:
        mark = checkpoints.load_mark(checkpoint)
        witnesses[checkpoint.name] = mark.seal if mark else None
    anchor = anchors.latest(folder)
    names = [name for name in segments.names(folder) if anchor is None or name >= anchor.cut.segment]
    walk = Walk(folder, witnesses, heads, anchor, None if archive is None else Seal())
    if archive is not None:
        walk.take_archive(archive, min(names, default=""))
    walk.begin()
    for name in names:
        for number, raw in enumerate(segments.lines(folder / name), 1):
            walk.take(Place(name, number), raw, last_file=name == names[-1])
    return walk.audit(in_flight)
