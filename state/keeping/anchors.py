"""The anchor: the entry that says where the journal begins since its oldest part was taken away."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from state import line as lines
from state import segments
from state.line import Seal
from state.model.reason import Reason
from state.model.record import Noun
from state.records import UNREADABLE

ACTION = "audit_pruned"
_MARK = b'"action":"%b"' % ACTION.encode()
BASE = "base-"
"""What the files begin with on which a journal without its beginning stands."""
_DIGITS = 20
"""No record has so many entries that their number takes as many."""
_KNOWN = ("first", "after", "segment", "digest", "base", "base_sha256")


class Cut(Noun, frozen=True, kw_only=True):
    """Where a journal begins that does not begin with its first entry."""

    first: int
    """The first entry that is kept."""
    after: str
    """The hash of the last one that is not."""
    segment: str
    """The first file that is kept."""
    digest: str
    """SHA-256 over the digests of all files that were ever taken away, each chained to those before."""
    base: str
    """The file with everything as of an entry that is kept: the journal stands on it when the checkpoint is lost."""
    base_sha256: str

    @property
    def start(self) -> Seal:
        """What the first line that is kept follows."""
        return Seal(self.first - 1, self.after)


class Anchor(Noun, frozen=True, kw_only=True):
    """A cut as an entry of the chain tells of it."""

    seq: int
    at: datetime
    cut: Cut


def reason(actor: str, why: str, cut: Cut) -> Reason:
    """Return why the entry is made that makes a cut known."""
    told = tuple((name, str(getattr(cut, name))) for name in _KNOWN)
    return Reason(actor=actor, action=ACTION, why=why, options=("take them away", "keep them"), known=told)


def cut_in(why: Reason) -> Cut | None:
    """Return the cut that an entry makes known; None when it is no anchor or says too little."""
    told = dict(why.known)
    first = told.get("first", "")
    number = int(first) if first.isascii() and first.isdecimal() and len(first) < _DIGITS else 0
    if why.action != ACTION or number < 2 or not all(told.get(name) for name in _KNOWN):
        return None
    return Cut(
        first=number,
        after=told["after"],
        segment=told["segment"],
        digest=told["digest"],
        base=told["base"],
        base_sha256=told["base_sha256"],
    )


def latest(folder: Path) -> Anchor | None:
    """Return the newest anchor of a journal, as it stands there: whether it is genuine, the chain around it says."""
    return next(_newest_first(folder), None)


def _newest_first(folder: Path) -> Iterator[Anchor]:
    for name in reversed(segments.names(folder)):
        for raw in segments.lines_backwards(folder / name):
            if _MARK not in raw:
                continue
            try:
                line = lines.parse(raw)
                cut = None if line.erased else cut_in(lines.why_in(line))
            except UNREADABLE:
                continue
            if cut is not None:
                yield Anchor(seq=line.seq, at=line.at, cut=cut)


def base_name(seq: int) -> str:
    """Return the name of the file with everything as of an entry."""
    return f"{BASE}{seq:012}.json"


def bases(folder: Path) -> list[str]:
    """Return the names of all such files, newest first."""
    if not folder.is_dir():
        return []
    names = (entry.name for entry in os.scandir(folder))
    return sorted((name for name in names if name.startswith(BASE) and name.endswith(".json")), reverse=True)
