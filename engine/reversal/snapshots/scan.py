"""Takes files into a snapshot: each is read once, and not again while it stays as it is."""

import os
import stat
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from engine.reversal.snapshots.objects import PIECE, Writer
from engine.reversal.snapshots.tree import FILE, FOLDER, LINK, Entry
from state.text import clean

_TRIES = 3
"""How often a file is read that changes meanwhile."""
_FRESH_NS = 2_000_000_000
"""A file that changed so lately may change again without its times telling."""
_MOST_TROUBLES = 50

Prior = Mapping[tuple[int, bytes], Entry]
"""The entries of the snapshot before, by their places."""


class Scan:
    """One walk over all that is to be kept. What cannot be read is told, and the rest is taken."""

    def __init__(self, writer: Writer, prior: Prior, leave_out: Collection[Path] = ()) -> None:
        """`leave_out` are folders that are not entered."""
        self._writer = writer
        self._prior = prior
        self._out = {(at.st_dev, at.st_ino) for at in map(_look, leave_out) if at is not None}
        self.entries: list[Entry] = []
        self.troubles: list[str] = []
        self._untold = 0

    def folder(self, root: int, top: Path, names: Callable[[str], bool] = lambda name: True) -> None:
        """Take in a root with all that is in it; of its own names only those that are wanted."""
        at = _look(top)
        if at is None or not stat.S_ISDIR(at.st_mode):
            self.trouble(f"{top} is no folder: left out")
            return
        device = at.st_dev
        self._note(root, b"", FOLDER, at)
        waiting = [b""]
        while waiting:
            inside = waiting.pop()
            try:
                found = sorted(os.listdir(os.path.join(os.fsencode(top), inside)))
            except OSError as error:
                self._cannot(top, inside, error)
                continue
            for name in found:
                if not inside and not names(os.fsdecode(name)):
                    continue
                path = os.path.join(inside, name)
                if self._one(root, top, path, device):
                    waiting.append(path)

    def _one(self, root: int, top: Path, name: bytes, device: int) -> bool:
        """Take in one name; say whether it is a folder to go into."""
        path = os.path.join(os.fsencode(top), name)
        try:
            at = os.lstat(path)
            if stat.S_ISLNK(at.st_mode):
                self._note(root, name, LINK, at, target=os.readlink(path))
            elif stat.S_ISREG(at.st_mode):
                self.file(root, name, Path(os.fsdecode(path)))
            elif stat.S_ISDIR(at.st_mode):
                if (at.st_dev, at.st_ino) in self._out:
                    return False
                self._note(root, name, FOLDER, at)
                if at.st_dev == device:
                    return True
                self.trouble(f"{_shown(path)} is another file system: its contents are left out")
            else:
                self.trouble(f"{_shown(path)} is a device, a socket or a pipe: left out")
        except OSError as error:
            self._cannot(top, name, error)
        return False

    def _note(self, root: int, name: bytes, kind: str, at: os.stat_result, target: bytes = b"") -> None:
        # A folder's own time changes with every name in it, and nobody asks for it back.
        mtime_ns = 0 if kind == FOLDER else at.st_mtime_ns
        owner = at.st_uid, at.st_gid
        self.entries.append(Entry(root, name, kind, stat.S_IMODE(at.st_mode), owner, mtime_ns, target=target))

    def file(self, root: int, name: bytes, path: Path, most: int | None = None) -> None:
        """Take in one file, or its first `most` bytes. Raises OSError when it cannot be read."""
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            at = os.fstat(fd)
            if not stat.S_ISREG(at.st_mode):
                raise OSError(f"{path} is no file any more")
            known = self._prior.get((root, name))
            if known is not None and known.stamp and known.stamp == _stamp(at, most) and known.same_rights(at):
                self.entries.append(known)
                return
            calm, size = False, 0
            pieces: tuple[str, ...] = ()
            for _ in range(_TRIES):
                # Not to its end, which a busy writer moves on for ever.
                size, pieces = self._read(fd, at.st_size if most is None else most)
                after = os.fstat(fd)
                calm = (at.st_size, at.st_mtime_ns) == (after.st_size, after.st_mtime_ns) or most is not None
                at = after
                if calm:
                    break
            else:
                self.trouble(
                    f"{_shown(os.fsencode(path))} changed while it was read: it may be in pieces of two states"
                )
            calm = calm and time.time_ns() - at.st_ctime_ns > _FRESH_NS
            stamp = _stamp(at, most) if calm else ()
            owner = at.st_uid, at.st_gid
            mode = stat.S_IMODE(at.st_mode)
            self.entries.append(Entry(root, name, FILE, mode, owner, at.st_mtime_ns, size, pieces, stamp=stamp))
        finally:
            os.close(fd)

    def made(self, root: int, name: bytes, data: bytes) -> None:
        """Take in a file that is not there, with these contents."""
        owner = os.geteuid(), os.getegid()
        self.entries.append(Entry(root, name, FILE, 0o600, owner, 0, len(data), (self._writer.put(data),)))

    def _read(self, fd: int, most: int) -> tuple[int, tuple[str, ...]]:
        os.lseek(fd, 0, os.SEEK_SET)
        size, pieces = 0, list[str]()
        while piece := _full(fd, min(PIECE, most - size)):
            pieces.append(self._writer.put(piece))
            size += len(piece)
        return size, tuple(pieces)

    def trouble(self, text: str) -> None:
        """Tell what could not be done; of very many only the first."""
        if len(self.troubles) < _MOST_TROUBLES:
            self.troubles.append(text)
        else:
            self._untold += 1
            self.troubles[-1] = f"and {self._untold + 1} more"

    def _cannot(self, top: Path, name: bytes, error: OSError) -> None:
        path = os.path.join(os.fsencode(top), name)
        self.trouble(f"{_shown(path)}: {error.strerror or error}: left out")


def _full(fd: int, count: int) -> bytes:
    """Read as much as is asked for, or up to the end."""
    data = os.read(fd, count)
    if len(data) in (0, count):
        return data
    parts = [data]
    count -= len(data)
    while count and (more := os.read(fd, count)):
        parts.append(more)
        count -= len(more)
    return b"".join(parts)


def _stamp(at: os.stat_result, most: int | None) -> tuple[int, ...]:
    cut = () if most is None else (most,)
    return at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino, at.st_dev, *cut


def _look(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _shown(path: bytes) -> str:
    return clean(os.fsdecode(path).encode("utf-8", "backslashreplace").decode())
