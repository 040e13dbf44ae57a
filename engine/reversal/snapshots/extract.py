"""Writes what a snapshot holds into a folder of its own."""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from engine.reversal.snapshots.objects import PIECE, Objects, digest
from engine.reversal.snapshots.tree import FILE, FOLDER, LINK, Entry
from state.disk import DISK, Disk

_SYNCS = 8
_AT_ONCE = 64
_TOLD = 20
"""Differences that are told of."""


class Extractor:
    """Writes files on several threads; all of it is on the disk once it is closed."""

    def __init__(self, objects: Objects, disk: Disk = DISK) -> None:
        self._objects = objects
        self._disk = disk
        self._pool = ThreadPoolExecutor(_SYNCS, "restore")
        self._under_way: list[Future[None]] = []

    def __enter__(self) -> "Extractor":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            self._settle()

    def put(self, entry: Entry, path: Path) -> None:
        """Make a file or a link at a path where nothing is. Raises OSError and ObjectDamaged, of an earlier one too."""
        if len(self._under_way) >= _AT_ONCE:
            self._settle()
        self._under_way.append(self._pool.submit(self._make, entry, path))

    def _settle(self) -> None:
        under_way, self._under_way = self._under_way, []
        for future in under_way:
            future.result()

    def _make(self, entry: Entry, path: Path) -> None:
        if entry.kind == LINK:
            os.symlink(entry.target, os.fsencode(path))
            return
        fd = self._disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            for piece in entry.pieces:
                self._disk.write_all(fd, self._objects.read(piece))
            if os.geteuid() == 0:
                os.fchown(fd, *entry.owner)
            os.fchmod(fd, entry.mode)  # after the owner, whose change takes away the rights to run as him
            os.utime(fd, ns=(entry.mtime_ns, entry.mtime_ns))
            self._disk.fsync(fd)
        finally:
            self._disk.close(fd)


def lay_out(objects: Objects, entries: Iterable[Entry], tops: dict[int, Path], disk: Disk = DISK) -> None:
    """Write entries below the folder of their root; roots without one are left out. Raises OSError, ObjectDamaged."""
    ordered = sorted(entries, key=lambda entry: entry.place)
    folders = []
    for top in tops.values():
        top.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Extractor(objects, disk) as extractor:
        for entry in ordered:
            if entry.root not in tops:
                continue
            path = tops[entry.root] / os.fsdecode(entry.name)
            if entry.kind == FOLDER:
                path.mkdir(mode=0o700, exist_ok=True)
                folders.append((path, entry))
            else:
                extractor.put(entry, path)
    # A folder that nobody may write into gets its rights when all is in it.
    for path, entry in reversed(folders):
        if entry.name:
            path.chmod(entry.mode)


def differences(entries: Iterable[Entry], tops: dict[int, Path]) -> list[str]:
    """Compare what lies below these folders with what the entries say; return each difference in words."""
    found = list[str]()
    for entry in entries:
        top = tops.get(entry.root)
        if top is not None and len(found) < _TOLD and (text := _difference(entry, top / os.fsdecode(entry.name))):
            found.append(text)
    return found


def _difference(entry: Entry, path: Path) -> str:
    try:
        if entry.kind == LINK:
            same = os.readlink(os.fsencode(path)) == entry.target
        elif entry.kind == FILE:
            with path.open("rb") as file:
                pieces = tuple(digest(piece) for piece in iter(lambda: file.read(PIECE), b""))
            same = pieces == entry.pieces and path.stat().st_mode & 0o7777 == entry.mode
        else:
            same = path.is_dir() and (not entry.name or path.stat().st_mode & 0o7777 == entry.mode)
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return "" if same else f"{path} is not what the snapshot holds"
