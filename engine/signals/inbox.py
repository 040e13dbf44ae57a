"""The folder in which signals arrive: anybody may put anything there, and nothing of it is lost."""

import contextlib
import hashlib
import os
import re
import stat
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.signals.reading import NoSignal, Told, Unfinished, read
from engine.signals.readme import README
from state.disk import DISK
from state.files import Workspace, atomic_write
from state.model.signals.signal import Signal

MOST_BYTES = 256 << 10
"""A larger file is no signal."""
QUIET_S = 3.0
"""A file that is no whole JSON yet counts as being written until nobody has written to it for so long."""
AT_ONCE = 500
"""So many files are looked at in one go."""
HANDLED = "handled"
BAD = "bad"
REASON = ".reason"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Arrived(NamedTuple):
    """A signal that waits in the folder."""

    name: str
    told: Told


class Bad(NamedTuple):
    """A file in the folder that is no signal."""

    name: str
    why: str


class Found(NamedTuple):
    """What one look at the folder brought: the most urgent signals first."""

    arrived: tuple[Arrived, ...] = ()
    bad: tuple[Bad, ...] = ()
    unfinished: int = 0
    """Files that somebody may still be writing."""


class Inbox:
    """The folder of one workspace. Every method blocks on the disk, and raises OSError."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = workspace.escalations

    def prepare(self) -> None:
        """Make the folder, and the page in it that says how a signal is written; a page that is there stays."""
        self._root.mkdir(exist_ok=True)
        if not (self._root / "README.md").exists():
            atomic_write(self._root / "README.md", README)

    def look(self) -> Found:
        """Read what waits."""
        arrived: list[Arrived] = []
        bad: list[Bad] = []
        unfinished = 0
        for name in self.names()[:AT_ONCE]:
            try:
                arrived.append(Arrived(name, read(self._bytes(name))))
            except FileNotFoundError:
                continue  # whoever wrote it took it away, or another look was quicker
            except Unfinished as error:
                if self._fresh(name):
                    unfinished += 1
                else:
                    bad.append(Bad(name, str(error)))
            except NoSignal as error:
                bad.append(Bad(name, str(error)))
            except OSError as error:
                bad.append(Bad(name, f"it cannot be read: {error.strerror}"))
        arrived.sort(key=lambda one: (one.told.signal.priority.rank, one.name))
        return Found(tuple(arrived), tuple(bad), unfinished)

    def names(self) -> list[str]:
        """Return the names of the files that wait."""
        try:
            with os.scandir(self._root) as entries:
                found = (entry.name for entry in entries)
                return sorted(name for name in found if name.lower().endswith(".json") and not name.startswith("."))
        except FileNotFoundError:
            return []

    def _bytes(self, name: str) -> bytes:
        path = self._root / name
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise NoSignal("it is no ordinary file")
        # It may have been replaced by a pipe since, which would keep a reader waiting.
        fd = DISK.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise NoSignal("it is no ordinary file")
            if found.st_size > MOST_BYTES:
                raise NoSignal(f"it has {found.st_size:,} bytes, and a signal at most {MOST_BYTES:,}")
            return os.pread(fd, MOST_BYTES + 1, 0)
        finally:
            os.close(fd)

    def _fresh(self, name: str) -> bool:
        try:
            age_s = time.time() - os.lstat(self._root / name).st_mtime
        except FileNotFoundError:
            return True
        return 0 <= age_s < QUIET_S

    def set_aside(self, bad: Bad) -> Path | None:
        """Move what is no signal to `bad`, with the reason beside it; None when it is there no more."""
        folder = self._folder(BAD)
        target = _free(folder, bad.name)
        atomic_write(target.with_name(target.name + REASON), f"{bad.why}\n")
        try:
            DISK.replace(self._root / bad.name, target)
        except FileNotFoundError:
            target.with_name(target.name + REASON).unlink(missing_ok=True)
            return None
        return target

    def clear(self, arrived: Arrived, handling: Mapping[str, Any]) -> bool:
        """Move a signal that is decided upon to `handled`, with what became of it; False when it is there no more.

        What somebody has put in its place meanwhile is another signal, and goes back to where it was.
        """
        folder = self._folder(HANDLED)
        target = _free(folder, arrived.name)
        try:
            DISK.replace(self._root / arrived.name, target)
        except FileNotFoundError:
            return False
        if not self._same(target, arrived.told.signal):
            DISK.replace(target, _free(self._root, arrived.name))
            return False
        told = msgspec.json.decode(target.read_bytes()) | {"handling": handling}
        atomic_write(target, msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
        return True

    @staticmethod
    def _same(path: Path, signal: Signal) -> bool:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == signal.digest

    def expire(self, now: datetime, keep_s: float) -> int:
        """Remove handled signals that are older than so many seconds, and return how many."""
        gone = 0
        for path in self.past(HANDLED):
            with contextlib.suppress(FileNotFoundError):  # another heartbeat may do the same
                if path.lstat().st_mtime < now.timestamp() - keep_s:
                    path.unlink()
                    gone += 1
        return gone

    def past(self, which: str) -> Sequence[Path]:
        """Return the files in `handled` or `bad`, by name."""
        folder = self._root / which
        if stat.S_ISDIR(_mode(folder)):
            with os.scandir(folder) as entries:
                return sorted(Path(entry) for entry in entries if entry.name.lower().endswith(".json"))
        return ()

    def _folder(self, name: str) -> Path:
        """Return one of the folders in the folder, made if need be; one that is a link would lead files elsewhere."""
        folder = self._root / name
        folder.mkdir(exist_ok=True)
        if not stat.S_ISDIR(_mode(folder)):
            raise NotADirectoryError(20, "it is no folder of its own: take it away", str(folder))
        return folder


def _mode(path: Path) -> int:
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return 0


def _free(folder: Path, name: str) -> Path:
    """Return a path in a folder that nothing has, of a name that is harmless to print."""
    stem = _UNSAFE.sub("_", name[: -len(".json")]).strip(".")[:100] or "signal"
    path, number = folder / f"{stem}.json", 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem}-{number}.json"
    return path
