"""Tells the last line of files that others write to, without ever waking up for nothing."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from asyncinotify import Inotify, Mask, Watch

PACE_S = 1.0
"""A file that is written to all the time is told of so often."""
_TAIL_BYTES = 4096
_WRITTEN = Mask.MODIFY
_REPLACED = Mask.CREATE | Mask.MOVED_TO


class Tails:
    """Watches files for what is added to them, also after they were replaced by new ones. On one loop only."""

    def __init__(self, files: Sequence[Path], tell: Callable[[Path, str], None]) -> None:
        self._files = tuple(files)
        self._tell = tell
        self._inotify = Inotify(sync_timeout=0)
        self._of_file: dict[Path, Watch] = {}
        self._waiting: set[Path] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        for folder in {path.parent for path in self._files}:
            with contextlib.suppress(OSError):
                self._inotify.add_watch(folder, _REPLACED)
        for path in self._files:
            self._take_up(path)
        loop.add_reader(self._inotify.fd, self._read)
        try:
            await loop.create_future()
        finally:
            loop.remove_reader(self._inotify.fd)
            if self._timer is not None:
                self._timer.cancel()
            self._inotify.close()

    def _take_up(self, path: Path) -> None:
        before = self._of_file.pop(path, None)
        if before is not None:
            # The file that it was put on may be gone, and the watch with it.
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._inotify.rm_watch(before)
        with contextlib.suppress(OSError):
            self._of_file[path] = self._inotify.add_watch(path, _WRITTEN)

    def _read(self) -> None:
        while (event := self._inotify.sync_get()) is not None:
            if event.watch is None or event.path is None:
                continue
            path = Path(event.path)
            if path not in self._files:
                continue
            if event.mask & _REPLACED:
                self._take_up(path)
            self._waiting.add(path)
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PACE_S, self._flush)

    def _flush(self) -> None:
        self._timer = None
        waiting, self._waiting = sorted(self._waiting), set()
        for path in waiting:
            line = last_line(path)
            if line:
                self._tell(path, line)


def last_line(path: Path) -> str:
    """Return the last whole line of a file, or its end where that is longer; empty when there is none to be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    return lines[-1].decode(errors="replace").strip() if lines else ""
