"""An engine behind its socket, on a thread of its own, for tests that speak to it from outside."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from console.server import Server
from engine.engine import Engine
from tests.engine.engines import PATIENCE_S, House


class Served:
    """What a test may do with it from its own thread."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.workspace = house.workspace
        self.engine: Engine
        self.server: Server
        self.loop = asyncio.new_event_loop()
        self.failure: BaseException | None = None

    def on_loop(self, what: Callable[[], Any]) -> Any:
        """Do something on the engine's loop and return what came of it."""

        async def do() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(do(), self.loop).result(PATIENCE_S)

    def run(self, ready: threading.Event) -> None:
        async def serve() -> None:
            self.engine = self.house.engine()
            self.server = Server(self.workspace, self.engine)
            await self.server.start()
            try:
                await self.engine.run(ready=ready.set)
            finally:
                await self.server.close()

        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(serve())
            waiting = asyncio.all_tasks(self.loop)
            if waiting:
                self.loop.run_until_complete(asyncio.wait(waiting, timeout=PATIENCE_S))
        except Exception as error:  # noqa: BLE001 - the thread's edge: the test's thread raises it
            self.failure = error
        finally:
            ready.set()
            self.loop.close()


@contextmanager
def served(house: House) -> Iterator[Served]:
    """Serve a house's engine; in the end it leaves."""
    scene, ready = Served(house), threading.Event()
    thread = threading.Thread(target=scene.run, args=(ready,), name="served engine")
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        if scene.failure is not None:
            raise scene.failure
        yield scene
    finally:
        with contextlib.suppress(RuntimeError):
            scene.loop.call_soon_threadsafe(scene.engine.leave)
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the engine does not end"
