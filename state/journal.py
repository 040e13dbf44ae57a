"""The journal as it is read: every decision ever made, and the proof that none was changed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from state import checkpoint as checkpoints
from state import line as lines
from state import records, segments
from state.errors import MidwatchError
from state.keeping import anchors, archives
from state.keeping.anchors import Anchor
from state.line import Line, Seal
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


class Damage(Noun, frozen=True, kw_only=True):
    """One place where the journal is not as it was written."""

    kind: str
    """`changed`, `missing`, `reordered`, `truncated`, `unreadable`, or `rewritten` since its head was published."""
    seq: int
    file: str
    line: int
    """Counted from 1; 0 when there is no file to point into."""
    text: str


class Published(NamedTuple):
    """The end of the chain as it was put outside at some time."""

    where: str
    """Where that is told, in words."""
    seal: Seal


class Audit(Noun, frozen=True, kw_only=True):
    """What a walk over the whole chain found."""

    ok: bool
    entries: int
    head: str
    """The hash of the last line."""
    damage: tuple[Damage, ...] = ()
    erased: int = 0
    """Lines whose contents were taken out; the chain covers their digests."""
    torn: str = ""
    """What a crash left half written and nobody was told of, in words; the next start cuts it off."""
    first: int = 1
    """The first entry that was looked at."""
    anchor: Anchor | None = None
    """What says that the entries before the first one that is kept were pruned; None when none were."""
    confirmed: int = 0
    """Published heads that the chain agrees with."""
    unseen: int = 0
    """Published heads of entries that were pruned, of which nothing can be said any more."""


class JournalDamaged(MidwatchError):
    """The journal is not as it was written, so nothing can be decided upon it."""

    def __init__(self, folder: Path, damage: tuple[Damage, ...]) -> None:
        first = damage[0]
        more = f" (and {len(damage) - 1} more: `midwatch audit verify` lists all)" if len(damage) > 1 else ""
        super().__init__(
            f"the journal is damaged: {folder / first.file} line {first.line}: {first.kind}, entry {first.seq}: "
            f"{first.text}{more}. Nothing was started or written. Put {folder} back from a backup; without one, move "
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


class Place(NamedTuple):
    """Where a line stands."""

    file: str
    line: int


class Walk:
    """Follows the chain line by line, goes on after damage and remembers all of it."""

    def __init__(
        self,
        folder: Path,
        witnesses: Mapping[str, Seal | None],
        heads: Sequence[Published] = (),
        anchor: Anchor | None = None,
        start: Seal | None = None,
    ) -> None:
        """`start` is what the first line to come follows, where that is not what the anchor says."""
        self._folder = folder
        self._witnesses = {who: seal for who, seal in witnesses.items() if seal}
        self._confirmed = 0
        self._agreed = 0
        """The last entry that a published head agrees with."""
        self._anchor = anchor
        outside = (head.seal for head in heads)
        self._acknowledged = max((seal.seq for seal in (*self._witnesses.values(), *outside)), default=0)
        if start is None:
            start = anchor.cut.start if anchor else Seal()
        self._start = self._end = start
        self._told: dict[int, list[Published]] = {}
        """The heads that were published of each entry from the start on."""
        for head in heads:
            if head.seal.seq >= start.seq:
                self._told.setdefault(head.seal.seq, []).append(head)
        self._unseen = len(heads) - sum(map(len, self._told.values()))
        self._place = Place(segments.HEAD, 0)
        self._unknown = 0
        """Lines since `_end` of which nobody can say which they were."""
        self._entries = self._erased = 0
        self._damage: list[Damage] = []
        self._tail = b""
        self._tail_place = self._place
        self._present: set[int] | None = None

    def take_archive(self, folder: Path, before: str) -> None:
        """Look at what was set aside of the segments older than `before`. OSError when there is no such folder."""
        for name in archives.names(folder):
            if archives.segment(name) >= before:
                continue
            try:
                found = archives.lines(folder / name)
            except archives.BROKEN as error:
                self._lost(Place(name, 0), "unreadable", f"it cannot be unpacked: {error}")
                continue
            for number, raw in enumerate(found, 1):
                self.take(Place(name, number), raw, last_file=False)

    def begin(self) -> None:
        """Compare what was published of the very end of what was pruned."""
        if self._start.seq:
            self._compare(self._place, self._start)

    def take(self, place: Place, raw: bytes, *, last_file: bool) -> None:
        """Look at the next line."""
        if self._tail:
            return
        if last_file and is_torn(raw, self._due, self._acknowledged):
            self._tail, self._tail_place = raw, place
            return
        try:
            line = lines.parse(raw)
        except UNREADABLE as error:
            self._lost(place, "unreadable", f"this is not a line of the journal: {error}")
            return
        if not lines.header_fits(raw, line):
            self._lost(place, "changed", "its header does not fit its hash")
            return
        if text := lines.flaw(raw, line):
            self._note("changed", line.seq, place, text)
        self._follow(place, line)

    @property
    def _due(self) -> int:
        return self._end.seq + self._unknown + 1

    def _lost(self, place: Place, kind: str, text: str) -> None:
        self._note(kind, self._due, place, text)
        self._unknown += 1
        self._place = place

    def _follow(self, place: Place, line: Line) -> None:
        following = self._end.seq + 1
        if line.seq < following:
            self._note("reordered", line.seq, place, f"it stands behind entry {self._end.seq}")
            return
        if line.seq > self._due:
            self._gap(place, line.seq)
        elif line.seq == following and line.prev != self._end.hash:
            self._rewritten(place, line)
        self._end, self._place, self._unknown = Seal(line.seq, line.hash), place, 0
        self._entries += 1
        self._erased += line.erased
        for who, seal in self._witnesses.items():
            if seal.seq == line.seq and seal.hash != line.hash and not self._damage:
                self._note("changed", line.seq, place, f"{who} remembers another hash of it")
        if line.seq in self._told:
            self._compare(place, self._end)

    def _compare(self, place: Place, end: Seal) -> None:
        """Look whether the heads that were published of an entry are those of this chain."""
        for where, seal in self._told.pop(end.seq, ()):
            if seal.hash == end.hash:
                self._confirmed, self._agreed = self._confirmed + 1, end.seq
            elif not any(found.kind == "rewritten" for found in self._damage):
                since = f"; up to entry {self._agreed} it is as it was published" if self._agreed else ""
                text = f"it was published with another hash ({where}): the chain was rewritten{since}"
                self._note("rewritten", end.seq, place, text)

    def _gap(self, place: Place, seq: int) -> None:
        present = self._all_present()
        first = self._due
        while first in present:
            first += 1
        if first < seq:
            last = min((known for known in present if known > first), default=seq) - 1
            which = f"entries {first} to {last} are" if last > first else f"entry {first} is"
            self._note("missing", first, place, f"{which} not in the journal; this is entry {seq}")

    def _all_present(self) -> set[int]:
        if self._present is None:
            self._present = set()
            for name in segments.names(self._folder):
                for raw in segments.lines(self._folder / name):
                    try:
                        line = lines.parse(raw)
                    except UNREADABLE:
                        continue
                    if lines.header_fits(raw, line):
                        self._present.add(line.seq)
        return self._present

    def _rewritten(self, place: Place, line: Line) -> None:
        if self._end == self._start:
            begin = f"what entry {self._anchor.seq} says was before it" if self._anchor else "the journal's beginning"
            self._note("changed", line.seq, place, f"it is not chained to {begin}")
        elif not any(found.seq == self._end.seq for found in self._damage):
            text = f"entry {line.seq} is chained to another version of it"
            self._note("changed", self._end.seq, self._place, text)

    def _note(self, kind: str, seq: int, place: Place, text: str) -> None:
        self._damage.append(Damage(kind=kind, seq=seq, file=place.file, line=place.line, text=text))

    def audit(self, in_flight: bool) -> Audit:
        """Return what was found, once every line was taken."""
        torn = ""
        if self._due <= self._acknowledged:
            text = f"the journal ends here, and went on to entry {self._acknowledged}"
            self._note("truncated", self._due, self._tail_place if self._tail else self._place, text)
        elif self._tail and not in_flight:
            torn = torn_text(self._folder / self._tail_place.file, len(self._tail))
        if self._anchor is not None:
            self._look_at_base(self._anchor)
        damage = tuple(self._damage)
        return Audit(
            ok=not damage,
            entries=self._entries,
            head=self._end.hash,
            damage=damage,
            erased=self._erased,
            torn=torn,
            first=self._start.seq + 1,
            anchor=self._anchor,
            confirmed=self._confirmed,
            unseen=self._unseen,
        )

    def _look_at_base(self, anchor: Anchor) -> None:
        """A journal without its beginning stands on a file that must be as the anchor says."""
        place = Place(anchor.cut.base, 0)
        try:
            data = (self._folder / Path(anchor.cut.base).name).read_bytes()
        except FileNotFoundError:
            self._note("missing", anchor.seq, place, "what was kept in place of the pruned entries is gone")
            return
        if hashlib.sha256(data).hexdigest() != anchor.cut.base_sha256:
            self._note("changed", anchor.seq, place, "what was kept in place of the pruned entries was changed")


def is_torn(raw: bytes, due: int, acknowledged: int) -> bool:
    """Say whether a line at the journal's end is what a crash leaves of one that nobody was told of.

    That is a beginning of line number `due`, or one with the zeros of blocks that never reached the disk. A beginning
    of an acknowledged line counts too: it is then missed by its number.
    """
    start = lines.opening(due)
    if not raw.endswith(b"\n"):
        return raw[: len(start)] == start[: len(raw)] or b"\0" in raw
    return due > acknowledged and b"\0" in raw


def torn_text(path: Path, count: int) -> str:
    """Say that a torn end is cut off."""
    return f"{path}: its last {count} bytes were half written by a crash and belong to no acknowledged change: cut off"
