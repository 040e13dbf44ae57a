"""A terminal that notes when which bytes came, and reads them as a screen only afterwards."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyte

ROWS, COLUMNS = 45, 160
_FRAME = b"\x1b[1;1H"
"""What every whole frame begins with."""


@dataclass(frozen=True)
class Chunk:
    """Bytes that came together, and when, on the monotonic clock."""

    at: float
    data: bytes


class Terminal:
    """Runs a program on a terminal of its own."""

    def __init__(self, argv: list[str], cwd: Path) -> None:
        self.began = time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(cwd)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(argv[0], argv)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.chunks: list[Chunk] = []

    def read(self, seconds: float) -> None:
        """Take what comes within some time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._fd], [], [], left)[0]:
                return
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:
                raise RuntimeError(f"the program ended: {self.text()[-300:]}") from None
            self.chunks.append(Chunk(time.monotonic(), data))

    def read_until(self, wanted: bytes, timeout_s: float = 30.0) -> float:
        """Take what comes until these bytes were among it; return when that was."""
        end = time.monotonic() + timeout_s
        seen = b""
        while time.monotonic() < end:
            before = len(self.chunks)
            self.read(0.05)
            for chunk in self.chunks[before:]:
                seen = seen[-len(wanted) :] + chunk.data
                if wanted in seen:
                    return chunk.at
        raise RuntimeError(f"the screen never showed {wanted!r}")

    def first_frame(self) -> float:
        """Return the seconds from the start to the first frame."""
        return self.read_until(_FRAME) - self.began

    def press(self, key: str) -> float:
        """Send a key; return when."""
        at = time.monotonic()
        os.write(self._fd, key.encode())
        return at

    def text(self) -> str:
        """All that came, as text."""
        return b"".join(chunk.data for chunk in self.chunks).decode(errors="replace")

    def screens(self) -> Iterator[tuple[float, list[str]]]:
        """Yield what the screen showed after each chunk; slow, so for afterwards."""
        screen = pyte.Screen(COLUMNS, ROWS)
        stream = pyte.ByteStream(screen)
        for chunk in self.chunks:
            stream.feed(chunk.data.replace(b"\x1b[>25u", b"").replace(b"$p", b"h"))
            yield chunk.at, screen.display

    def close(self) -> None:
        """End the program at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._fd)
