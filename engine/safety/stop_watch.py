"""A thread of its own that acts on the STOP file, so that a stuck loop cannot keep builds alive."""

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

from asyncinotify import Inotify, Mask

from engine.clock import Clock, SystemClock
from engine.safety.kill import KillReport, kill_until_none
from engine.safety.stop_file import engaged, record_deaths
from state.files import Workspace

_log = logging.getLogger(__name__)

_APPEARED = Mask.CREATE | Mask.MOVED_TO
_WRITTEN = Mask.CLOSE_WRITE
_LOST = Mask.DELETE | Mask.MOVED_FROM

_LOOK_AGAIN_S = 0.1
"""Who waits for the thread looks this often whether it has ended."""


class StopWatch:
    """Waits for STOP without ever waking up for nothing, kills by itself, then tells what died."""

    def __init__(
        self,
        workspace: Workspace,
        callback: Callable[[tuple[KillReport, ...]], None],
        clock: Clock | None = None,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        """`callback` runs on the watching thread, once for each time that STOP appears, `written` when it says more."""
        self._workspace = workspace
        self._callback = callback
        self._written = written
        self._clock = clock or SystemClock()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        self._closing = False
        self._closing_lock = threading.Lock()
        self._settling: deque[threading.Event] = deque()
        self._inotify = Inotify(sync_timeout=0)
        # Watching begins before the first look: a STOP made in between is seen twice rather than never.
        self._inotify.add_watch(workspace.hidden, _APPEARED | _WRITTEN)
        # A folder in which builds run does not tell of its own end before theirs; the folder above it does.
        self._inotify.add_watch(workspace.root, _LOST)
        self._thread = threading.Thread(target=self._run, name="stop-watch", daemon=True)

    def start(self) -> None:
        """Begin, with a STOP that is there already."""
        self._thread.start()

    def settle(self) -> None:
        """Block until every STOP that appeared before this call was acted on; not at all once the thread has ended."""
        acted = threading.Event()
        with self._closing_lock:
            if self._closing:
                return
            self._settling.append(acted)
            os.eventfd_write(self._wake, 1)
        while self._thread.is_alive() and not acted.wait(_LOOK_AGAIN_S):
            pass

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._closing_lock:  # nobody may write to a descriptor that is closed, and perhaps another's by then
            self._closing = True
            os.eventfd_write(self._wake, 1)
        if self._thread.ident is not None:
            self._thread.join()
        self._inotify.close()
        os.close(self._wake)

    def _run(self) -> None:
        if engaged(self._workspace):
            self._act()
        poll = select.poll()
        poll.register(self._inotify.fd, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while True:
            if self._wake in (fd for fd, _ in poll.poll()):
                os.eventfd_read(self._wake)
            if self._closing:
                return
            # Taken before the events are: what appeared before somebody began to wait is among those.
            settling = [self._settling.popleft() for _ in range(len(self._settling))]
            appeared, lost, written = self._drain()
            if appeared or lost:
                self._act()
            elif written:
                self._tell(self._written)
            for acted in settling:
                acted.set()
            if lost:
                # A folder that is gone can hold no STOP any more, so there is nothing left to wait for.
                _log.error("the folder %s is gone: every build in it was ended", self._workspace.hidden)
                return

    def _drain(self) -> tuple[bool, bool, bool]:
        """Take all waiting events; return whether STOP appeared, the folder was lost and STOP was written to."""
        appeared = lost = written = False
        while (event := self._inotify.sync_get()) is not None:
            name = event.name.name if event.name is not None else ""
            if event.mask & Mask.Q_OVERFLOW:
                # What was lost for want of room may have been the one event that matters.
                appeared = appeared or engaged(self._workspace)
                lost = lost or not self._workspace.hidden.exists()
            elif event.mask & _APPEARED:
                appeared = appeared or name == self._workspace.stop.name
            elif event.mask & _WRITTEN:
                written = written or name == self._workspace.stop.name
            elif event.mask & _LOST:
                lost = lost or name == self._workspace.hidden.name
        return appeared, lost, written

    def _act(self) -> None:
        began = time.monotonic()
        reports = kill_until_none(self._workspace)
        ms = (time.monotonic() - began) * 1000
        if engaged(self._workspace):
            record_deaths(self._workspace, reports, self._clock, ms)
        self._tell(lambda: self._callback(reports))

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception:  # noqa: BLE001 - a named edge: whatever fails there is logged
            # The brake must outlive whoever is told about it.
            _log.exception("the builds were ended, but the engine could not be told")
