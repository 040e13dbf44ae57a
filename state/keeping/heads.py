"""The end of the chain as it was put outside, where whoever rewrites the journal does not reach."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from state import journal, segments
from state.disk import DISK
from state.errors import MidwatchError
from state.files import Workspace
from state.journal import Published
from state.line import Seal
from state.model.record import Noun

FOLDER, FILE = "build-reports", "heads.txt"
_TITLE = "# The record's last entry at these moments: time, entry, hash. `midwatch audit verify` compares.\n"


class NoHeads(MidwatchError):
    """What was named tells of no head."""

    code = 2


class Head(Noun, frozen=True, kw_only=True):
    """The last entry at one moment, and its hash, which stands for all before it."""

    seq: int
    hash: str
    at: datetime
    """When that entry was made."""

    @property
    def line(self) -> str:
        """How it is written down."""
        return f"{self.at.isoformat().replace('+00:00', 'Z')} {self.seq} {self.hash}"


def present(folder: Path) -> Head | None:
    """Return the last entry of a journal that was acknowledged; None when there is none."""
    known = segments.read_head(folder)
    for entry in journal.read(folder, newest_first=True):
        if entry.seq and (known is None or entry.seq <= known.seq):
            return Head(seq=entry.seq, hash=entry.hash, at=entry.at)
    return None


def place(workspace: Workspace) -> Path:
    """Return the file of published heads."""
    return workspace.root / FOLDER / FILE


def add(workspace: Workspace, head: Head) -> Path:
    """Write a head down behind those before it, durably, and return the file. Raises OSError."""
    path = place(workspace)
    path.parent.mkdir(exist_ok=True)
    fd = DISK.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(fd).st_size
        before = _TITLE if not size else "" if os.pread(fd, 1, size - 1) == b"\n" else "\n"
        DISK.write_all(fd, f"{before}{head.line}\n".encode())
        DISK.fsync(fd)
    finally:
        DISK.close(fd)
    return path


def read(path: Path) -> tuple[Published, ...]:
    """Return the heads that a file tells of. Raises NoHeads, by file and line, and OSError."""
    return parse(path.read_text(encoding="utf-8", errors="replace").splitlines(), str(path))


def parse(lines: Iterable[str], where: str) -> tuple[Published, ...]:
    """Return the heads that lines tell of: `TIME SEQ HASH`, or `SEQ:HASH`; what follows # is left out.

    Raises NoHeads with the first line that is none, or when there is none at all.
    """
    found = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        seal = _seal(words)
        if seal is None:
            raise NoHeads(f"{where}:{number}: this is no head: expected a time, the entry's number and its hash")
        found.append(Published(f"{where}:{number}", seal))
    if not found:
        raise NoHeads(f"{where} tells of no head: `midwatch audit publish` puts one there")
    return tuple(found)


def given(text: str) -> Published:
    """Return the head that was written as `SEQ:HASH`; raises NoHeads."""
    seal = _seal(text.replace(":", " ").split())
    if seal is None:
        raise NoHeads(f"{text!r} is no head: write SEQ:HASH as `midwatch audit head` prints it")
    return Published("what you named", seal)


def _seal(words: list[str]) -> Seal | None:
    if len(words) not in (2, 3):
        return None
    seq, own = words[-2:]
    good = seq.isascii() and seq.isdecimal() and len(own) == 64 and set(own) <= set("0123456789abcdef")
    return Seal(int(seq), own) if good and 0 < len(seq) < 20 else None
