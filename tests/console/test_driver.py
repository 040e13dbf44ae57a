"""The driver outlives a terminal that stalls or goes away, on real pseudo-terminals."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from console.driver import BACKLOG_CHARS, PatientFile

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
READS = 16
ROWS, COLUMNS = 24, 80


class Terminal:
    """A pseudo-terminal with a console on it."""

    def __init__(self, notes: Path, *, controlling: bool = True) -> None:
        self.notes = notes
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        take_it = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); " if controlling else ""
        code = f"{take_it}import runpy; runpy.run_module('tests.console.stalled', run_name='stalled')"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(notes)],
            cwd=ROOT,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )

    def read(self) -> None:
        """Take what the console has written; of one that never stops, a part, so that the caller looks again."""
        for _ in range(READS):
            if not select.select([self.master], [], [], 0.02)[0]:
                return
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            self.raw += data
            self._stream.feed(data)

    def until(self, true: Callable[[], object], *, reading: bool = True) -> None:
        """Wait for a condition, with or without reading the terminal."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, "\n".join(self.screen.display)
            if reading:
                self.read()
            else:
                time.sleep(0.02)

    def shows(self, text: str) -> bool:
        return any(text in line for line in self.screen.display)

    def note(self, name: str) -> str:
        path = self.notes / name
        return path.read_text() if path.exists() else ""

    def close(self) -> None:
        """Close the terminal as a window manager does."""
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1

    def ended(self) -> int:
        """Wait for the process to end by itself."""
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    shown = Terminal(tmp_path)
    yield shown
    shown.process.kill()
    shown.process.wait()
    shown.close()


def test_a_stalled_terminal_does_not_stall_the_loop(terminal: Terminal) -> None:
    """While nobody reads the terminal, the loop goes on, frames are dropped, and afterwards the screen is whole."""
    terminal.until(lambda: terminal.shows("Escalations"))
    # The loop itself writes down how many were dropped: what it cannot do while it waits for the terminal.
    terminal.until(lambda: int(terminal.note("dropped") or 0) > 60, reading=False)
    seen = len(terminal.raw)
    terminal.until(lambda: len(terminal.raw) > seen + BACKLOG_CHARS)
    terminal.until(lambda: all(terminal.shows(text) for text in ("Queue", "Active builds", "Escalations", "Anomalies")))
    os.write(terminal.master, b"?")
    terminal.until(lambda: terminal.shows("What you can do"))


def test_hang_up_ends_it_cleanly(terminal: Terminal) -> None:
    """SIGHUP ends the console by itself: the terminal is restored, and it knows that the terminal is lost."""
    terminal.until(lambda: terminal.shows("Escalations"))
    terminal.process.send_signal(signal.SIGHUP)
    terminal.until(lambda: terminal.process.poll() is not None)
    assert terminal.ended() == 0
    assert terminal.note("end") == "lost lost=True"
    assert termios.tcgetattr(terminal.slave) == terminal.before
    terminal.read()
    assert b"\x1b[?1049l" in terminal.raw


def test_termination_ends_it_cleanly(terminal: Terminal) -> None:
    """SIGTERM ends the console by itself, with the terminal restored and not lost."""
    terminal.until(lambda: terminal.shows("Escalations"))
    terminal.process.send_signal(signal.SIGTERM)
    terminal.until(lambda: terminal.process.poll() is not None)
    assert terminal.note("end") == "terminated lost=False"
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_termination_on_a_stalled_terminal(terminal: Terminal) -> None:
    """A terminal that takes nothing does not keep the console from ending."""
    terminal.until(lambda: terminal.shows("Escalations"))
    terminal.until(lambda: int(terminal.note("dropped") or 0) > 0, reading=False)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 0
    assert terminal.note("end") == "terminated lost=False"


@pytest.mark.parametrize("controlling", [True, False])
def test_a_closed_terminal_ends_it(tmp_path: Path, *, controlling: bool) -> None:
    """A terminal that is closed ends the console, also where no signal tells of it."""
    terminal = Terminal(tmp_path, controlling=controlling)
    try:
        terminal.until(lambda: terminal.shows("Escalations"))
        terminal.close()
        assert terminal.ended() == 0
        assert terminal.note("end") == "lost lost=True"
    finally:
        terminal.process.kill()
        terminal.process.wait()
        terminal.close()


def test_leaving_restores_the_terminal(terminal: Terminal) -> None:
    """The operator's shell gets its terminal back as it was."""
    terminal.until(lambda: terminal.shows("Escalations"))
    os.write(terminal.master, b"q")
    terminal.until(lambda: terminal.shows("Builds are running"))
    os.write(terminal.master, b"\r")
    terminal.until(lambda: terminal.process.poll() is not None)
    assert terminal.note("end") == "headless lost=False"
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_stopped_and_continued(terminal: Terminal) -> None:
    """A console that is put to sleep gives the terminal back, and takes it again when it is woken."""
    terminal.until(lambda: terminal.shows("Escalations"))
    os.kill(terminal.process.pid, signal.SIGTSTP)
    terminal.until(lambda: state_of(terminal.process.pid) == "T")
    assert termios.tcgetattr(terminal.slave) == terminal.before
    terminal.read()
    terminal.screen.reset()
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.until(lambda: terminal.shows("Escalations"))
    os.write(terminal.master, b"?")
    terminal.until(lambda: terminal.shows("What you can do"))
    terminal.close()
    assert terminal.ended() == 0
    assert terminal.note("end") == "lost lost=True"


def state_of(pid: int) -> str:
    """A process's state as the kernel tells it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class Pipe:
    """A pipe that nobody reads unless told to, with a patient file on it."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 4096)
        self.drained = 0
        self.gone = 0
        self.file = PatientFile(self.writer, on_drain=self._drain, on_gone=self._go)

    def __enter__(self) -> "Pipe":
        return self

    def __exit__(self, *_: object) -> None:
        if self.reader >= 0:
            os.close(self.reader)
        self.file.close(timeout_s=PATIENCE_S)
        os.close(self.writer)

    def fill(self) -> None:
        """Write until the pipe takes no more."""
        for _ in range(40):
            self.file.write("x" * 10_000)
        end = time.monotonic() + PATIENCE_S
        while select.select([], [self.writer], [], 0)[1]:
            assert time.monotonic() < end
            time.sleep(0.005)

    def _drain(self) -> None:
        self.drained += 1

    def _go(self) -> None:
        self.gone += 1

    def read_until(self, true: Callable[[bytes], bool]) -> bytes:
        data = b""
        end = time.monotonic() + PATIENCE_S
        while not true(data):
            assert time.monotonic() < end
            if select.select([self.reader], [], [], 0.02)[0]:
                data += os.read(self.reader, 1 << 16)
        return data


def test_drops_whole_pieces_and_tells_when_it_has_caught_up() -> None:
    """A piece is written whole or not at all, and one call says that the screen must be painted anew."""
    with Pipe() as pipe:
        pieces = [f"<{number}{'x' * 10_000}>" for number in range(40)]
        for piece in pieces:
            pipe.file.write(piece)
        assert pipe.file.dropped > 0
        kept = len(pieces) - pipe.file.dropped
        data = pipe.read_until(lambda data: data.count(b">") == kept and pipe.drained > 0)
        assert data.decode() == "".join(pieces[:kept])
        assert pipe.drained == 1
        pipe.file.write("again")
        assert pipe.read_until(lambda data: data == b"again") == b"again"


def test_last_words_are_never_dropped() -> None:
    """What restores the terminal is written even when frames were waiting for it."""
    with Pipe() as pipe:
        pipe.fill()
        pipe.file.last_words()
        pipe.file.write("restored")
        assert pipe.read_until(lambda data: data.endswith(b"restored")).endswith(b"restored")
        assert pipe.file.close()


def test_closing_does_not_wait_for_ever() -> None:
    """A terminal that takes nothing is given up after a moment."""
    with Pipe() as pipe:
        pipe.fill()
        assert not pipe.file.close(timeout_s=0.05)
        pipe.read_until(lambda data: len(data) > BACKLOG_CHARS // 2)


def test_a_closed_terminal_is_told_once() -> None:
    """Writing to what is closed raises nothing, and says once that it is gone."""
    with Pipe() as pipe:
        os.close(pipe.reader)
        pipe.reader = -1
        for _ in range(20):
            pipe.file.write("x" * 10_000)
        end = time.monotonic() + PATIENCE_S
        while not pipe.gone:
            assert time.monotonic() < end
            time.sleep(0.005)
        pipe.file.write("more")
        assert pipe.gone == 1
