"""A terminal driver that survives a terminal which stalls or goes away."""

import os
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, cast

from textual.drivers.linux_driver import LinuxDriver

BACKLOG_CHARS = 64 << 10
"""How much may wait for the terminal; the first frame beyond it and all after it are dropped until it has drained."""
SLICE_BYTES = 4096
LAST_WORDS_S = 1.0
"""How long to wait for a stalled terminal to take the sequences that restore it."""


class Ending(Protocol):
    """An App that can be told that its terminal is gone or that the process is asked to end."""

    def terminal_gone(self) -> None:
        """The terminal was closed or hung up; nothing written to it arrives."""
        ...

    def asked_to_end(self) -> None:
        """SIGTERM came; the terminal is still there."""
        ...


class PatientFile:
    """Takes text without ever blocking and writes it from a thread of its own as fast as the terminal takes it."""

    def __init__(self, fd: int, *, on_drain: Callable[[], None], on_gone: Callable[[], None]) -> None:
        self.dropped = 0
        """How many pieces were dropped since it was opened."""
        self._fd = fd
        self._on_drain = on_drain
        self._on_gone = on_gone
        self._pieces: deque[str] = deque()
        self._waiting = 0
        self._dropping = False
        self._closing = False
        self._idle = True
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="terminal-writer", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Queue a piece, or drop it whole while the terminal is behind: half a frame would garble the screen."""
        with self._changed:
            full = self._waiting and self._waiting + len(text) > BACKLOG_CHARS
            if not self._closing and (self._dropping or full):
                self._dropping = True
                self.dropped += 1
            else:
                self._pieces.append(text)
                self._waiting += len(text)
                self._changed.notify_all()
        return len(text)

    def flush(self) -> None:
        """Do nothing: the thread writes at once."""

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._fd

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return os.isatty(self._fd)

    def last_words(self) -> None:
        """Forget the frames that wait; whatever is written from now on is kept."""
        with self._changed:
            self._closing = True
            self._dropping = False
            self._pieces.clear()
            self._waiting = 0

    def close(self, timeout_s: float = LAST_WORDS_S) -> bool:
        """Wait until all is written, but not for ever, and end; False when the terminal did not take it."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while self._pieces or not self._idle:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            done = self._idle and not self._pieces
            self._ended = True
            self._changed.notify_all()
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle = True
                self._changed.notify_all()
                while not self._pieces:
                    if self._ended:
                        return
                    if self._dropping:
                        self._dropping = False
                        self._on_drain()
                    self._changed.wait()
                self._idle = False
                text = self._pieces.popleft()
            try:
                self._put(text.encode("utf-8", "replace"))
            except OSError:
                self._give_up()
                return
            with self._changed:
                self._waiting = max(0, self._waiting - len(text))

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view[:SLICE_BYTES]) :]

    def _give_up(self) -> None:
        with self._changed:
            self._closing = False
            self._dropping = True
            self._pieces.clear()
            self._idle = True
            self._changed.notify_all()
        self._on_gone()


class PatientDriver(LinuxDriver):
    """Never lets the terminal hold up the screen's loop, and ends the App cleanly when the terminal goes away.

    Once the screen has ended, SIGHUP is ignored: whatever of the process goes on has no need of a terminal.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._patient: PatientFile | None = None
        self._watch_until = -1
        self._told = False
        self._suspending = False

    def start_application_mode(self) -> None:
        """Take the terminal and the signals that say what becomes of it."""
        assert sys.__stderr__ is not None, "a console is started on a terminal"
        self._patient = PatientFile(sys.__stderr__.fileno(), on_drain=self._drained, on_gone=self._gone)
        # The base class's writer thread writes to this file; it never blocks, so that thread's queue never fills.
        self._file = cast(Any, self._patient)
        signal.signal(signal.SIGHUP, lambda *_: self._gone())
        signal.signal(signal.SIGTERM, lambda *_: self._call(cast(Ending, self._app).asked_to_end))
        super().start_application_mode()  # type: ignore[no-untyped-call]
        until, self._watch_until = os.pipe()
        threading.Thread(target=self._watch_for_hang_up, args=(until,), name="terminal-watch", daemon=True).start()

    def _sigtstp_application(self, *_: Any) -> None:
        # The base class would write from inside the signal handler, and wait for ever for a lock that the interrupted
        # write holds.
        self._call(super()._sigtstp_application)

    def _sigcont_application(self, *_: Any) -> None:
        self._call(super()._sigcont_application)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was, whatever frames still wait for it."""
        if self._patient is not None:
            self._patient.last_words()
        super().stop_application_mode()

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while; the signals stay ours."""
        self._suspending = True
        try:
            super().suspend_application_mode()
        finally:
            self._suspending = False

    def close(self) -> None:
        """Wait for the last words, within reason, and let go of the signals."""
        super().close()
        if self._patient is not None:
            self._patient.close()
        if self._watch_until >= 0:
            os.close(self._watch_until)
            self._watch_until = -1
        if not self._suspending:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGTSTP, signal.SIGCONT):
                signal.signal(number, signal.SIG_DFL)

    def run_input_thread(self) -> None:
        """Read keys until the end; a terminal that cannot be read from is gone, which is no error of ours."""
        try:
            super().run_input_thread()
        except OSError:
            self._gone()

    def _watch_for_hang_up(self, until: int) -> None:
        # poll() with no events asked for reports hang-up and error only, and costs nothing until then. Without it a
        # hung-up terminal that raises no SIGHUP reads as empty for ever, and the base class's input thread spins.
        poll = select.poll()
        poll.register(self.fileno, 0)
        poll.register(until, 0)
        ready = [fd for fd, _ in poll.poll()]
        os.close(until)
        if self.fileno in ready:
            self._gone()

    def _gone(self) -> None:
        if not self._told:
            self._told = True
            self._call(cast(Ending, self._app).terminal_gone)

    def _drained(self) -> None:
        self._call(self._repaint)

    def _repaint(self) -> None:
        self._app.screen.refresh()
        self._app.refresh(repaint=True)

    def _call(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:
            # The loop has closed already: the App has ended, and there is nobody left to tell.
            return
