"""Segments that were set aside, compressed, before they were taken out of the journal."""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from state import line, segments
from state.disk import DISK, Disk

_SUFFIX = ".gz"
_BLOCK = 1 << 20
_GZIP = 31
"""What zlib calls a stream with a gzip header."""
BROKEN = (OSError, EOFError, zlib.error)
"""What reading an archived segment raises when it is not as it was packed."""


def names(folder: Path) -> list[str]:
    """Return the files of an archive, oldest first. Raises OSError."""
    found = (entry.name for entry in os.scandir(folder))
    return sorted(name for name in found if name.endswith(segments.SUFFIX + _SUFFIX))


def segment(name: str) -> str:
    """Return the name that an archived file had in the journal."""
    return name.removesuffix(_SUFFIX)


def lines(path: Path) -> list[bytes]:
    """Return an archived segment's lines with their newlines; raises one of BROKEN."""
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def keep(folder: Path, path: Path, disk: Disk = DISK) -> None:
    """Put a copy of a segment, compressed, into an archive, durably. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk.replace_with(folder / f"{path.name}{_SUFFIX}", _packed(path), 0o600)


def erase(folder: Path, entries: frozenset[int], disk: Disk = DISK) -> None:
    """Take the contents of these entries out of an archive, one file after the other, each in one step.

    Raises one of BROKEN: then some are out and some are not, and each file is whole.
    """
    for name in names(folder):
        raws = lines(folder / name)
        if any(line.tells(raw, entries) for raw in raws):
            kept = (line.without_body(raw) if line.tells(raw, entries) else raw for raw in raws)
            disk.replace_with(folder / name, _squeezed(kept), 0o600)


def _packed(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _squeezed(iter(lambda: file.read(_BLOCK), b""))


def _squeezed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(wbits=_GZIP)
    for block in blocks:
        if data := squeeze.compress(block):
            yield data
    yield squeeze.flush()
