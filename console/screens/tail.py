"""The tail of one build's output, read as it grows."""

from collections.abc import Callable
from typing import NamedTuple

from state.files import BuildPaths

TAIL_BYTES = 64 << 10
"""How much of a long log is read when it is opened."""
ATTEMPTS = 3
"""How often to look for a moment in which nothing is printed; after that a line may be shown twice."""

ReadLog = Callable[[BuildPaths, int | None], bytes]


class Chunk(NamedTuple):
    """What is there to show: these lines after what was shown, or instead of it."""

    fresh: bool
    lines: tuple[str, ...]


class LogTail:
    """Reads on from where it stopped. Blocks on the disk: call it off the screen's loop."""

    def __init__(self, paths: BuildPaths, read_log: ReadLog) -> None:
        self._paths = paths
        self._read_log = read_log
        self._at: int | None = None
        self._rest = b""

    def take(self) -> Chunk:
        """Return the whole lines that came since the last call; all of the tail when the file was cut meanwhile."""
        size = self._size()
        if self._at is None or size < self._at or size - self._at > TAIL_BYTES:
            return Chunk(fresh=True, lines=self._whole_tail())
        if size == self._at:
            return Chunk(fresh=False, lines=())
        with self._paths.output.open("rb") as file:
            file.seek(self._at)
            data = file.read(size - self._at)
        self._at += len(data)
        return Chunk(fresh=False, lines=self._split(data))

    def _whole_tail(self) -> tuple[str, ...]:
        data = b""
        for _ in range(ATTEMPTS):
            self._at = self._size()
            data = self._read_log(self._paths, TAIL_BYTES)
            if self._size() == self._at:
                break
        self._rest = b""
        return self._split(data)

    def _size(self) -> int:
        try:
            return self._paths.output.stat().st_size
        except FileNotFoundError:
            return 0

    def _split(self, data: bytes) -> tuple[str, ...]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > TAIL_BYTES:
            whole.append(self._rest)
            self._rest = b""
        return tuple(_last_drawn(line) for line in whole)


def _last_drawn(line: bytes) -> str:
    """Return what a terminal would show of a line that was drawn over and over with carriage returns."""
    return line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
