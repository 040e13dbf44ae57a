"""Takes urgent signals, and sets aside what is no signal, as soon as somebody puts it there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from engine.around.post import NotTaken, Post
from engine.hall import Hall
from engine.nursery import Nursery
from engine.signals.inbox import QUIET_S
from state.model import command as c
from state.model.reason import ENGINE

log = logging.getLogger("midwatch.signals")


class Urgent:
    """Looks only when it is told that something has changed. On the engine's loop only."""

    def __init__(self, hall: Hall, nursery: Nursery, ask: Callable[[c.Request], Awaitable[c.Reply]]) -> None:
        self._hall = hall
        self._nursery = nursery
        self._ask = ask
        self._looking = False
        self._again = False
        self._later: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether it is at it."""
        return self._looking

    def close(self) -> None:
        """Look no more."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def look(self) -> None:
        """Look now; what changes while it looks is looked at afterwards."""
        if self._looking:
            self._again = True
            return
        self.close()
        self._looking = True
        self._nursery.start(self._round(), "the urgent signals")

    async def _round(self) -> None:
        try:
            unfinished = await self._take()
        finally:
            self._looking = False
            self._hall.wake()
        if self._again:
            self._again = False
            self.look()
        elif unfinished:
            # Whoever was writing may have gone away without a further change to tell of.
            self._later = asyncio.get_running_loop().call_later(QUIET_S, self.look)

    async def _take(self) -> int:
        post = Post(self._hall.workspace, self._hall.settings, self._hall.clock, self._submit)
        try:
            return (await post.take(urgent=True)).unfinished
        except (NotTaken, OSError) as error:
            log.error("signals wait: %s", error)
            return 0

    async def _submit(self, command: c.Command) -> c.Reply:
        return await self._ask(c.Request(actor=ENGINE, command=command))
