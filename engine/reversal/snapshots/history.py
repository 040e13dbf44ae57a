"""The journal as of its last durable entry, whatever a writer adds to it meanwhile."""

import os
from pathlib import Path

from engine.reversal.snapshots.scan import Scan
from state import line as lines
from state import segments
from state.keeping import anchors
from state.line import Seal

_TRIES = 5
"""How often it is begun again when old segments are pruned in the middle of it."""
_LAST_LINES = 64 << 10


def head_line(end: Seal) -> bytes:
    """Return what the journal's HEAD says of an end."""
    return b"%020d %b\n" % (end.seq, end.hash.encode())


def take(scan: Scan, root: int, folder: Path) -> Seal:
    """Take in the journal's files up to the entry that is known to be durable; returns that end.

    No lock is needed: a line that HEAD tells of is on the disk and never changes. Where that line is not found, all
    that is there is taken as it is, and the end is 0: what a damaged journal holds must not be lost either.
    """
    for number in range(_TRIES):
        before = len(scan.entries)
        try:
            return _once(scan, root, folder)
        except FileNotFoundError:
            del scan.entries[before:]
            if number == _TRIES - 1:
                raise
    raise AssertionError


def _once(scan: Scan, root: int, folder: Path) -> Seal:
    # First the end, then the files: they can only have grown since.
    end = segments.read_head(folder) or Seal()
    names = segments.names(folder)
    cut: tuple[str, int] | None = None
    for name in reversed(names):
        size = _up_to(folder / name, end) if end.seq else None
        if size is not None:
            cut = name, size
            break
    for name in sorted(anchors.bases(folder)):
        scan.file(root, os.fsencode(name), folder / name)
    for name in names:
        if cut is None or name < cut[0]:
            scan.file(root, os.fsencode(name), folder / name)
        elif name == cut[0]:
            scan.file(root, os.fsencode(name), folder / name, cut[1])
    if cut is None:
        if end.seq:
            scan.trouble(f"{folder}: entry {end.seq} is not in it: taken in as it is, damaged")
        return Seal()
    scan.made(root, segments.HEAD.encode(), head_line(end))
    return end


def _up_to(path: Path, end: Seal) -> int | None:
    """Return how many bytes of a segment lie up to the end of its line number `end.seq`; None when it has none."""
    opening, mark = lines.opening(end.seq), end.hash.encode()
    for start in (max(0, path.stat().st_size - _LAST_LINES), 0):
        # Nearly always it is one of the last lines.
        done, first = start, bool(start)
        for raw in segments.lines(path, start):
            done += len(raw)
            if not first and raw.startswith(opening) and raw.endswith(b"\n") and mark in raw:
                return done
            first = False
        if not start:
            break
    return None
