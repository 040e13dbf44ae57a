"""Notices changes of a few files by name, without ever waking up for nothing."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from asyncinotify import Inotify, Mask, Watch
from watchfiles import awatch

EVERYTHING: frozenset[str] = frozenset()
"""In place of names: whatever changes in that folder."""

GATHER_S = 0.1
"""How long changes gather before they are told: an editor saves in several steps."""
POLL_S = 5.0
"""How often a folder is looked at whose file system does not tell of changes."""
_MASK = (
    Mask.CREATE | Mask.CLOSE_WRITE | Mask.MOVED_TO | Mask.MOVED_FROM | Mask.DELETE | Mask.DELETE_SELF | Mask.MOVE_SELF
)
_SILENT = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs", "ncpfs"})
"""File systems on which others make changes that the kernel here never hears of."""


class FileWatch:
    """Watches folders, never single files: a save replaces the file, and a watch on it would be lost.

    `folders` gives for each folder the names that matter in it. A folder that is not there yet, or goes away, is taken
    up when it appears in a folder that is watched as well. On one loop only.
    """

    def __init__(self, folders: Mapping[Path, frozenset[str]], tell: Callable[[frozenset[Path]], None]) -> None:
        self._folders = dict(folders)
        self._tell = tell
        self._seen = {path: _stamp(path) for path in self._named()}
        self._gathered: set[Path] = set()
        self._inotify = Inotify(sync_timeout=0)
        self._watches: dict[int, Path] = {}
        self._watched: dict[Path, Watch] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        self._loop = asyncio.get_running_loop()
        silent = [folder for folder in self._folders if is_silent(folder)]
        for folder in self._folders:
            self._take_up(folder)
        self._loop.add_reader(self._inotify.fd, self._read)
        try:
            if silent:
                await self._poll(silent)
            await self._ended.wait()
        finally:
            self._loop.remove_reader(self._inotify.fd)
            if self._timer is not None:
                self._timer.cancel()
            self._inotify.close()

    def look(self) -> None:
        """Compare the named files with what was seen of them last: for whoever is awake anyway."""
        self._gather(path for path in self._named() if self._seen.get(path) != _stamp(path))

    async def _poll(self, folders: list[Path]) -> None:
        there = [folder for folder in folders if folder.is_dir()]
        async for batch in awatch(
            *there, watch_filter=None, force_polling=True, poll_delay_ms=int(POLL_S * 1000), recursive=False
        ):
            self._gather(path for _, name in batch if self._matters(path := Path(name)))
            # Two saves within one tick of the clock look the same to a poll.
            self.look()

    def _take_up(self, folder: Path) -> None:
        if folder in self._watched or not folder.is_dir():
            return
        with contextlib.suppress(OSError):
            watch = self._inotify.add_watch(folder, _MASK)
            self._watched[folder] = watch
            self._watches[id(watch)] = folder

    def _read(self) -> None:
        changed: set[Path] = set()
        while (event := self._inotify.sync_get()) is not None:
            if event.mask & Mask.Q_OVERFLOW or event.watch is None:
                self.look()
                continue
            folder = self._watches.get(id(event.watch))
            if folder is None:
                continue
            if event.mask & (Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.IGNORED):
                self._let_go(folder)
                changed.add(folder)
            elif event.name is not None:
                path = folder / event.name
                if path in self._folders:
                    self._take_up(path)
                    changed.add(path)
                elif self._matters(path):
                    changed.add(path)
        self._gather(changed)

    def _let_go(self, folder: Path) -> None:
        watch = self._watched.pop(folder, None)
        if watch is not None:
            self._watches.pop(id(watch), None)
            # A folder that was moved away would go on telling under its old name.
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._inotify.rm_watch(watch)
        self._take_up(folder)

    def _matters(self, path: Path) -> bool:
        names = self._folders.get(path.parent)
        return names is not None and (not names or path.name in names)

    def _gather(self, paths: "Iterator[Path] | set[Path]") -> None:
        self._gathered.update(paths)
        if self._gathered and self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(GATHER_S, self._flush)

    def _flush(self) -> None:
        self._timer = None
        gathered, self._gathered = frozenset(self._gathered), set()
        self._seen = {path: _stamp(path) for path in self._named()}
        self._tell(gathered)

    def _named(self) -> Iterator[Path]:
        return (folder / name for folder, names in self._folders.items() for name in names)


def is_silent(folder: Path, mounts: str | None = None) -> bool:
    """Whether changes that others make in a folder are not told here; `mounts` is the text of `mountinfo`."""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
    real = Path(os.path.realpath(folder))
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = Path(fields[4].encode().decode("unicode_escape", "replace"))
        if (point == real or point in real.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind in _SILENT


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)
