"""The journal's files: one for each UTC day, only ever appended to."""

import errno
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from state.disk import DISK, Disk
from state.errors import StoreFailed
from state.line import Seal
from state.model.counts.waits import Waits

SUFFIX = ".jsonl"
HEAD = "HEAD"
"""The chain's end as of the last acknowledged commit, written after the journal was synced.

So it is never ahead of what the disk holds, and a journal that ends before it has lost whole lines.
"""
_BLOCK = 1 << 20
_log = logging.getLogger(__name__)


def names(folder: Path) -> list[str]:
    """Return the segments' names, oldest first."""
    return sorted(entry.name for entry in os.scandir(folder) if _is_segment(entry.name)) if folder.is_dir() else []


def _is_segment(name: str) -> bool:
    year, month, day = name[:4], name[5:7], name[8:10]
    return name == f"{year}-{month}-{day}{SUFFIX}" and (year + month + day).isdigit()


def lines(path: Path, offset: int = 0) -> Iterator[bytes]:
    """Yield a segment's lines with their newlines; only the last one can lack it. One that was pruned has none."""
    with suppress(FileNotFoundError), path.open("rb", buffering=_BLOCK) as file:
        file.seek(offset)
        yield from file


def lines_backwards(path: Path) -> Iterator[bytes]:
    """Yield a segment's whole lines without their newlines, last one first, reading no more than is asked for."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        position, rest, ended = file.seek(0, os.SEEK_END), b"", False
        while position:
            step = min(max(1 << 16, len(rest)), position)
            position -= step
            file.seek(position)
            rest, *whole = (file.read(step) + rest).split(b"\n")
            if whole and not ended:
                whole.pop()  # what follows the last newline: nothing, or a line that is being written
                ended = True
            yield from reversed(whole)
        if ended:
            yield rest


def read_head(folder: Path) -> Seal | None:
    """Return what `HEAD` remembers; None when it is missing or no longer legible."""
    try:
        seq, _, own = (folder / HEAD).read_bytes().decode("ascii", "replace").strip().partition(" ")
    except FileNotFoundError:
        return None
    return Seal(int(seq), own) if seq.isdecimal() and len(own) == 64 else None


class Segments:
    """The writer's end of the journal. Not thread-safe: one owner appends."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        self._folder = folder
        self._disk = disk
        self._fd = -1
        self._name = ""
        self._size = 0
        self._closed: dict[str, int] = {}
        self._unlisted = False
        self._finished = ""
        self.waits = Waits()
        """How long each change waited for the disk."""
        self.grown = 0
        """Bytes appended since this was last set to 0."""
        self._head = disk.open(folder / HEAD, os.O_RDWR | os.O_CREAT)

    def resume(self, sizes: Mapping[str, int], end: Seal) -> None:
        """Go on at the end of the last of these segments, cutting off what follows its size.

        What was there is made durable first: a killed owner may have written it and not synced it. Raises OSError.
        """
        self._closed = dict(sizes)
        if name := max(sizes, default=""):
            size = self._closed.pop(name)
            self._name, self._size = name, size
            self._fd = self._disk.open(self._folder / name, os.O_WRONLY | os.O_APPEND)
            if os.fstat(self._fd).st_size > size:
                self._disk.truncate(self._fd, size)
            self._disk.datasync(self._fd)
        self._remember(end)
        self._disk.datasync(self._head)
        self._disk.sync_folder(self._folder)

    @property
    def finished(self) -> str:
        """Why nothing can be appended any more; empty while it can."""
        return self._finished

    def sizes(self) -> dict[str, int]:
        """How many bytes are durable of every segment, oldest first."""
        return self._closed | ({self._name: self._size} if self._name else {})

    def forget(self, names: Iterable[str]) -> None:
        """Count some older segments as gone."""
        for name in names:
            self._closed.pop(name, None)

    def rewriting(self, name: str, change: Callable[[bytes], bytes]) -> "Rewriting":
        """Return what writes a segment anew with each of its lines as of now changed."""
        return Rewriting(self._folder / name, self.sizes()[name], change, self._disk)

    def take(self, rewriting: "Rewriting") -> None:
        """Put what was written anew in its segment's place, all at once, with the lines that came since behind it.

        Raises StoreFailed with the segment as it was or as it is to be; a final one when it cannot be appended to.
        """
        name, path = rewriting.name, self._folder / rewriting.name
        failed: OSError | None = None
        try:
            rewriting.place(self.sizes()[name])
        except OSError as error:
            failed = error  # perhaps only after it took the old one's place
        if name == self._name:
            self._reopen(path)
        else:
            self._closed[name] = path.stat().st_size
        if failed:
            raise StoreFailed(_words(path, failed)) from failed

    def _reopen(self, path: Path) -> None:
        """Go on in whatever file has the present segment's name now."""
        try:
            fd = self._disk.open(path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            self._finished = f"{path} was rewritten and cannot be opened: {error}; start again"
            raise StoreFailed(self._finished, final=True) from error
        self._disk.close(self._fd)
        self._fd, self._size = fd, os.fstat(fd).st_size

    def append(self, data: bytes, at: datetime, end: Seal) -> None:
        """Make `data` durable at the journal's end, in the segment of `at`'s day or of a later one that is there.

        Raises StoreFailed with the journal as it was; a final one when the disk cannot be trusted to hold what it took.
        """
        if self._finished:
            raise StoreFailed(self._finished, final=True)
        name = max(self._name, f"{at:%Y-%m-%d}{SUFFIX}")  # a clock that went back must not put lines before others
        try:
            if name != self._name:
                self._open_next(name)
            self._disk.write_all(self._fd, data)
        except OSError as error:
            self._cut_back()
            raise StoreFailed(_words(self._folder / name, error), final=bool(self._finished)) from error
        self._sync(len(data))
        self._size += len(data)
        self.grown += len(data)
        self._remember(end)

    def _open_next(self, name: str) -> None:
        fd = self._disk.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        if self._fd >= 0:
            self._disk.close(self._fd)
            self._closed[self._name] = self._size
        self._fd, self._name, self._size, self._unlisted = fd, name, 0, True

    def _sync(self, count: int) -> None:
        began_s = time.perf_counter()
        try:
            self._disk.datasync(self._fd)
            if self._unlisted:
                self._disk.sync_folder(self._folder)
                self._unlisted = False
            self.waits = self.waits.with_one(time.perf_counter() - began_s)
        except OSError as error:
            # After a failed sync the kernel may call lost pages clean: no later success would prove anything.
            self._finished = (
                f"{self._folder / self._name}: the disk failed while a change was written ({error}); "
                "nothing more is accepted: look at the disk, then start again"
            )
            self._cut_back()
            raise StoreFailed(self._finished, final=True) from error

    def _cut_back(self) -> None:
        if self._fd < 0:
            return
        try:
            self._disk.truncate(self._fd, self._size)
            self._disk.datasync(self._fd)  # or a crash might bring back what the caller was told did not happen
        except OSError as error:
            self._finished = self._finished or (
                f"{self._folder / self._name}: a failed write could not be taken back ({error}); start again"
            )

    def _remember(self, end: Seal) -> None:
        try:
            self._disk.pwrite(self._head, b"%020d %b\n" % (end.seq, end.hash.encode()), 0)
        except OSError as error:  # the commit is durable; only its witness is stale
            _log.warning("%s could not be written: %s", self._folder / HEAD, error)

    def close(self) -> None:
        """Let go of the files."""
        for fd in (self._fd, self._head):
            if fd >= 0:
                self._disk.close(fd)
        self._fd = self._head = -1


class Rewriting:
    """One segment with its lines changed, beside its place until the journal's owner takes it."""

    def __init__(self, path: Path, size: int, change: Callable[[bytes], bytes], disk: Disk) -> None:
        self.name = path.name
        self._path = path
        self._size = size
        self._change = change
        self._disk = disk
        self._beside = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
        self._fd = -1

    def write(self) -> None:
        """Write the lines that were there when it was asked for. Any thread; raises StoreFailed, with nothing left."""
        try:
            self._fd = self._disk.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            for block in self._blocks():
                self._disk.write_all(self._fd, block)
            self._disk.fsync(self._fd)
        except OSError as error:
            self.drop()
            raise StoreFailed(_words(self._path, error)) from error

    def _blocks(self) -> Iterator[bytes]:
        left, block, held = self._size, list[bytes](), 0
        for raw in lines(self._path):
            if left <= 0:
                break
            left -= len(raw)
            block.append(self._change(raw))
            held += len(block[-1])
            if held >= _BLOCK:
                yield b"".join(block)
                block, held = [], 0
        yield b"".join(block)

    def place(self, size: int) -> None:
        """Add what the segment has grown by up to `size`, and give it the segment's name. Raises OSError."""
        try:
            if size > self._size:
                with self._path.open("rb") as file:
                    file.seek(self._size)
                    self._disk.write_all(self._fd, file.read(size - self._size))
                self._disk.fsync(self._fd)
            self._disk.replace(self._beside, self._path)
        finally:
            self.drop()
        self._disk.sync_folder(self._path.parent)

    def drop(self) -> None:
        """Let go of it, whether or not it was put in place."""
        if self._fd >= 0:
            self._disk.close(self._fd)
            self._fd = -1
        self._beside.unlink(missing_ok=True)


def _words(path: Path, error: OSError) -> str:
    cure = "make room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "mend the cause"
    return f"{path}: {error.strerror or error}: nothing was changed; {cure} and try again"
