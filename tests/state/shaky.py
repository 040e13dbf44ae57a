"""A disk that fails when it is told to, for tests."""

import errno
import os
from pathlib import Path

from state.disk import Disk


class ShakyDisk(Disk):
    """The real disk, on which the coming calls of one kind fail."""

    def __init__(self) -> None:
        self._failing: dict[str, tuple[int, int, int]] = {}
        self.calls: list[str] = []

    def fail(self, call: str, error: int = errno.EIO, *, skip: int = 0, times: int = 1) -> None:
        """Make `times` calls fail, after `skip` more that succeed."""
        self._failing[call] = (error, skip, times)

    def _maybe(self, call: str) -> None:
        self.calls.append(call)
        error, skip, times = self._failing.get(call, (0, 0, 0))
        if skip:
            self._failing[call] = (error, skip - 1, times)
        elif times:
            self._failing[call] = (error, 0, times - 1)
            raise OSError(error, os.strerror(error))

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        self._maybe("open")
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        try:
            self._maybe("write")
        except OSError:
            super().write(fd, bytes(data)[: len(data) // 2])  # a full disk takes what fits
            raise
        return super().write(fd, data)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self._maybe("pwrite")
        return super().pwrite(fd, data, offset)

    def datasync(self, fd: int) -> None:
        self._maybe("datasync")
        super().datasync(fd)

    def fsync(self, fd: int) -> None:
        self._maybe("fsync")
        super().fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._maybe("truncate")
        super().truncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        self._maybe("replace")
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._maybe("remove")
        super().remove(path)
