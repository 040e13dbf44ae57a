"""The pieces of files that snapshots are made of, each kept once under the digest of its contents."""

import hashlib
import os
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from state.disk import DISK, Disk
from state.errors import MidwatchError

PIECE = 4 << 20
"""Bytes of a file that are kept as one: what is appended to a large file, or changed in it, costs so much."""
_PACKED = ".gz"
_GZIP = 31
"""What zlib calls a stream with a gzip header: `zcat` reads a piece where Midwatch is gone."""
_SAMPLE = 16 << 10
_WORTH = 0.9
"""A piece is packed when a sample of it shrinks to less than this."""
_WRITERS = 8
"""Syncs that wait at the same time share one write of the file system's own journal."""
_PARTIAL = ".partial-"


class ObjectDamaged(MidwatchError):
    """A piece is missing, or is not what its name says."""


class NotKept(MidwatchError):
    """The disk did not take a piece. No OSError: whoever reads files must not take it for one of theirs."""


def digest(data: bytes | memoryview) -> str:
    """Return the name of a piece: the SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()


class Objects:
    """A folder of pieces. Only ever added to, except by `sweep`."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        self._folder = folder
        self._disk = disk

    def path(self, name: str) -> Path | None:
        """Return where a piece is kept; None when it is not."""
        plain = self._folder / name[:2] / name
        packed = plain.with_name(name + _PACKED)
        return plain if plain.exists() else packed if packed.exists() else None

    def read(self, name: str) -> bytes:
        """Return a piece, proven. Raises ObjectDamaged."""
        path = self.path(name)
        if path is None:
            raise ObjectDamaged(f"{self._folder / name[:2] / name} is missing: choose another snapshot")
        try:
            data = path.read_bytes()
            data = zlib.decompress(data, _GZIP) if path.name.endswith(_PACKED) else data
        except (OSError, zlib.error) as error:
            raise ObjectDamaged(f"{path} cannot be read: {error}: choose another snapshot") from error
        if digest(data) != name:
            raise ObjectDamaged(f"{path} is not what was kept in it: choose another snapshot")
        return data

    def writer(self) -> "Writer":
        """Return what adds pieces; its `close` makes them durable."""
        return Writer(self._folder, self._disk)

    def names(self) -> Iterator[tuple[str, Path]]:
        """Yield every piece with its file."""
        for folder in self._subfolders():
            for name in os.listdir(folder):
                if not name.startswith("."):
                    yield name.removesuffix(_PACKED), folder / name

    def tidy(self) -> None:
        """Remove what a writer that was cut short left. Nobody else may be writing."""
        for folder in self._subfolders():
            for name in os.listdir(folder):
                if name.startswith(_PARTIAL):
                    self._disk.remove(folder / name)

    def sweep(self, wanted: set[str]) -> int:
        """Remove every piece that is not wanted; return how many bytes that freed. Nobody else may be writing."""
        freed = 0
        for name, path in self.names():
            if name not in wanted:
                freed += path.stat().st_size
                self._disk.remove(path)
        self.tidy()
        return freed

    def _subfolders(self) -> list[Path]:
        return [self._folder / name for name in os.listdir(self._folder)] if self._folder.is_dir() else []


class Writer:
    """Adds pieces on threads of its own, at most so many at a time as memory bears."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._pool = ThreadPoolExecutor(_WRITERS, "snapshot")
        self._room = threading.Semaphore(2 * _WRITERS)
        self._known: set[str] = set()
        self._touched: set[Path] = set()
        self._under_way: deque[Future[int]] = deque()
        self.added = 0
        """Bytes that it has put on the disk, once closed."""

    def put(self, data: bytes) -> str:
        """Keep a piece and return its name; durable only after `close`. Raises NotKept, for an earlier piece too."""
        name = digest(data)
        folder = self._folder / name[:2]
        if name not in self._known:
            self._known.add(name)
            if not ((folder / name).exists() or (folder / (name + _PACKED)).exists()):
                if folder not in self._touched:
                    self._make(folder)
                self._room.acquire()
                self._under_way.append(self._pool.submit(self._write, folder / name, data))
                if self._under_way[0].done():
                    self._settle(self._under_way.popleft())
        return name

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _not_kept(folder, error) from error
        self._touched.add(folder)

    def _settle(self, written: Future[int]) -> None:
        try:
            self.added += written.result()
        except OSError as error:
            raise _not_kept(self._folder, error) from error

    def _write(self, path: Path, data: bytes) -> int:
        try:
            packed = _pack(data)
            if packed is not None:
                path = path.with_name(path.name + _PACKED)
                data = packed
            partial = path.with_name(f"{_PARTIAL}{path.name}")
            fd = self._disk.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            try:
                self._disk.write_all(fd, data)
                self._disk.fsync(fd)
            finally:
                self._disk.close(fd)
            self._disk.replace(partial, path)
            return len(data)
        finally:
            self._room.release()

    def close(self, *, durable: bool = True) -> None:
        """Wait for all of it, and make it durable. Raises NotKept."""
        self._pool.shutdown(wait=True, cancel_futures=not durable)
        if not durable:
            return
        while self._under_way:
            self._settle(self._under_way.popleft())
        try:
            for folder in self._touched:
                self._disk.sync_folder(folder)
            if self._touched:
                self._disk.sync_folder(self._folder)
        except OSError as error:
            raise _not_kept(self._folder, error) from error


def _not_kept(folder: Path, error: OSError) -> NotKept:
    return NotKept(f"{error.filename or folder}: {error.strerror or error}")


def _pack(data: bytes) -> bytes | None:
    """Return a piece packed; None where that is not worth it."""
    sample = data[:_SAMPLE]
    if len(zlib.compress(sample, 1)) >= _WORTH * len(sample):
        return None
    squeeze = zlib.compressobj(1, wbits=_GZIP)
    return squeeze.compress(data) + squeeze.flush()
