"""Runs the endpoint on a thread and a loop of its own, so that an engine that hangs does not silence it."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from state.errors import MidwatchError
from state.files import Workspace
from state.settings import HttpSettings

log = logging.getLogger("midwatch.http")

_BEGIN_S = 10.0


class PortTaken(MidwatchError):
    """Nobody can listen where the settings say."""


class Beside:
    """The endpoint at work."""

    def __init__(self, workspace: Workspace, settings: HttpSettings) -> None:
        self._workspace = workspace
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._begun = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self.port = 0
        """Where it listens."""

    def start(self) -> None:
        """Listen; raises PortTaken, and TokenUnsafe when the token is no secret."""
        from console.http import token

        token.read_or_make(self._workspace)
        self._thread.start()
        self._begun.wait(_BEGIN_S)
        if self._failure is not None:
            self._thread.join()
            where = f"{self._settings.host}:{self._settings.port}"
            raise PortTaken(
                f"[http] port: nobody can listen at {where} ({self._failure.strerror or self._failure}): if `midwatch "
                "http serve` does, all is well, else name another port"
            )

    def close(self) -> None:
        """Stop, and wait for it."""
        self.end()
        self.wait()

    def end(self) -> None:
        """Tell it to stop; safe in a signal's handler."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._ending.set)

    def wait(self) -> None:
        """Wait until it has stopped."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._begun.set()
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _serve(self) -> None:
        # Here, so that nobody pays for it who has no port.
        from console.http.endpoint import Endpoint

        endpoint = Endpoint(self._workspace, self._settings)
        try:
            self.port = await endpoint.start()
        except OSError as error:
            self._failure = error
            await endpoint.close()
            return
        log.info("listening", extra={"port": self.port})
        self._begun.set()
        await self._ending.wait()
        await endpoint.close()


@asynccontextmanager
async def beside(workspace: Workspace, settings: HttpSettings) -> AsyncIterator[Beside | None]:
    """Keep the endpoint up beside an engine; None where no port is set, or it cannot be had, which is logged.

    An engine without it is better than none: the switch has four other ways.
    """
    endpoint: Beside | None = None
    if settings.port:
        endpoint = Beside(workspace, settings)
        try:
            await asyncio.to_thread(endpoint.start)
        except (MidwatchError, OSError) as error:
            log.warning("the endpoint is off: %s", error)
            endpoint = None
    try:
        yield endpoint
    finally:
        if endpoint is not None:
            await asyncio.to_thread(endpoint.close)
