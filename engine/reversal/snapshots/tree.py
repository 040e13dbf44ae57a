"""Files, folders and links as a snapshot holds them."""

import os
import stat
from collections.abc import Iterable

import msgspec

FILE, FOLDER, LINK = "f", "d", "l"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One of them. Names are bytes, as the system has them."""

    root: int
    """Which of the snapshot's roots it lies in."""
    name: bytes
    """Its path from there; empty for the root itself."""
    kind: str
    mode: int
    """Permissions."""
    owner: tuple[int, int]
    """User and group."""
    mtime_ns: int
    size: int = 0
    pieces: tuple[str, ...] = ()
    """A file's contents, in order."""
    target: bytes = b""
    """Where a link leads; it is never followed."""
    stamp: tuple[int, ...] = ()
    """What must be the same for a file to count as unchanged without being read; empty when nothing proves that."""

    @property
    def place(self) -> tuple[int, bytes]:
        """Where it is."""
        return self.root, self.name

    def same_rights(self, at: os.stat_result) -> bool:
        """Whether a file that is there has the same permissions and owner."""
        return self.mode == stat.S_IMODE(at.st_mode) and self.owner == (at.st_uid, at.st_gid)

    def same(self, other: "Entry | None") -> bool:
        """Whether both hold the same, with the same rights."""
        return other is not None and self._substance == other._substance

    @property
    def _substance(self) -> tuple[object, ...]:
        return self.kind, self.mode if self.kind != LINK else 0, self.size, self.pieces, self.target


_decoder = msgspec.msgpack.Decoder(tuple[Entry, ...])


def encode(entries: Iterable[Entry]) -> bytes:
    """Return entries as bytes: the same entries are always the same bytes."""
    return msgspec.msgpack.encode(sorted(entries, key=lambda entry: entry.place))


def decode(data: bytes) -> tuple[Entry, ...]:
    """Return the entries; raises msgspec.MsgspecError."""
    return _decoder.decode(data)
