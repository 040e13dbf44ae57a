"""The walk along the chain: every place where the journal is not as it was written, or not as it was published."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from state import line as lines
from state import segments
from state.keeping import archives
from state.keeping.anchors import Anchor
from state.line import Line, Seal
from state.model.record import Noun
from state.records import UNREADABLE


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
        except OSError as error:
            text = f"what was kept in place of the pruned entries cannot be read: {error.strerror}"
            self._note("unreadable", anchor.seq, place, text)
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
