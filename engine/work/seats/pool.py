"""A few seats kept ready, so that a build begins without waiting for one to be made."""

import asyncio
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

from engine.work.sandbox import Machine, SpawnRefused
from engine.work.seats.seat import Seat

log = logging.getLogger(__name__)

QUIET_S = 0.05
"""While there are others, a new one is made only so long after one was taken: it must not slow whoever took it."""


class Seats:
    """Without `keep`, or when more are asked for than there are, it has none to give. On one loop only."""

    def __init__(self, machine: Machine, *, idle: bool) -> None:
        self._machine = machine
        self._idle = idle
        self._ready: deque[Seat] = deque()
        self._reserved: dict[str, Seat] = {}
        self._taken = asyncio.Event()
        self._closed = False
        self._lock = threading.Lock()

    async def keep(self, count: int) -> None:
        """Have `count` seats ready, always again, until cancelled; sleeps while nobody takes one."""
        while True:
            self._taken.clear()
            try:
                while len(self._ready) < count and not self._closed:
                    await asyncio.to_thread(self._make, secrets.token_hex(16), self._ready.append)
            except OSError as error:
                log.warning("builds begin more slowly, because no seat can be kept ready for them: %s", error)
                return
            await self._taken.wait()
            if self._ready:
                await asyncio.sleep(QUIET_S)

    def _make(self, token: str, keep: Callable[[Seat], None]) -> None:
        seat = Seat(self._machine, token, idle=self._idle)
        with self._lock:
            if not self._closed:
                keep(seat)
                return
        seat.abandon()

    def reserve(self, build: str) -> str:
        """Return the token that a build is to be spawned with: that of a seat kept for it, or else a new one."""
        self.drop(build)
        while self._ready:
            seat = self._ready.popleft()
            self._taken.set()
            if seat.alive:
                self._reserved[build] = seat
                return seat.token
            seat.abandon()
        return secrets.token_hex(16)

    def claim(self, build: str, token: str) -> Seat | None:
        """Return the seat that was kept under this token, for the caller to use or to abandon; None without one."""
        seat = self._reserved.pop(build, None)
        if seat is None or (seat.token == token and seat.alive):
            return seat
        seat.abandon()
        return None

    async def ensure(self, build: str, token: str) -> None:
        """Have a seat kept for a build under this token, a new one if need be; SpawnRefused when none can be made."""
        kept = self._reserved.get(build)
        if kept is not None and kept.token == token and kept.alive:
            return
        self.drop(build)
        try:
            await asyncio.to_thread(self._make, token, partial(self._reserved.__setitem__, build))
        except OSError as error:
            raise SpawnRefused(f"build {build} was not started: {error}") from error

    def drop(self, build: str) -> None:
        """Give up the seat that was kept for a build, if it was not claimed."""
        seat = self._reserved.pop(build, None)
        if seat is not None:
            seat.abandon()

    def close(self) -> None:
        """Give up all of them."""
        with self._lock:
            self._closed = True
        for seat in (*self._ready, *self._reserved.values()):
            seat.abandon()
        self._ready.clear()
        self._reserved.clear()
