"""Runs an engine in this process: headless in the main thread, or on a thread of its own behind a console."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable

from console import logs
from console.links import HostedLink
from console.server import Server
from engine import bootstrap
from engine.engine import Engine
from state.files import Workspace


def run_engine(workspace: Workspace, *, until_idle: bool = False) -> int:
    """Run headless until told to leave; returns the exit code.

    SIGTERM and the first SIGINT drain: nothing more starts, and it ends with the last running build. A second one of
    either ends it at once, and the builds go on until the next engine adopts them.
    """
    logs.begin(workspace, aloud=True)
    engine = bootstrap.open_engine(workspace, "headless")
    asyncio.run(_headless(workspace, engine, until_idle))
    return 1 if engine.failed else 0


async def _headless(workspace: Workspace, engine: Engine, until_idle: bool) -> None:
    asked = False

    def end() -> None:
        nonlocal asked
        if asked:
            engine.leave()
        asked = True
        engine.drain()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await _serve(workspace, engine, until_idle)


async def _serve(workspace: Workspace, engine: Engine, until_idle: bool = False) -> None:
    server = Server(workspace, engine)
    await server.start()
    try:
        await engine.run(until_idle=until_idle)
    finally:
        await server.close()


class Host:
    """An engine on a thread and a loop of its own, so that a stalled terminal never stalls a build."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine = bootstrap.open_engine(workspace, "hosted")
        self._loop = asyncio.new_event_loop()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="engine")

    def start(self) -> HostedLink:
        """Start it and return the way to reach it."""
        self._thread.start()
        return HostedLink(self._engine, self._loop)

    def leave(self) -> None:
        """End the engine; running builds go on by themselves."""
        self._tell(self._engine.leave)

    def drain(self) -> None:
        """Start nothing more, end with the last running build."""
        self._tell(self._engine.drain)

    def go_headless(self) -> None:
        """Go on without a screen until nothing more can start by itself."""
        self._tell(self._engine.go_headless)

    def join(self) -> int:
        """Wait until the engine has ended; returns the exit code."""
        self._thread.join()
        if self._failure is not None:
            print(f"the engine failed: {self._failure!r}; see {self._workspace.logs}/engine.log", file=sys.stderr)
            return 1
        return 0

    def _tell(self, what: Callable[[], None]) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(what)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(_serve(self._workspace, self._engine))
        except BaseException as error:  # the thread's edge: the console's thread tells the operator
            self._failure = error
        finally:
            self._loop.close()
