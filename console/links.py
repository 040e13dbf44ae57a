"""The two ways in which a console reaches its engine: hosted by this process, or over the socket."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import TypeVar

from console import wire
from engine.engine import Engine
from state.files import Workspace
from state.model.command import Reply, Request
from state.model.view import Delta, View

_Answer = TypeVar("_Answer")
_PACE_S = 0.05
"""The shortest time between two deltas."""


class HostedLink:
    """An engine on a loop of its own in this process."""

    hosted = True

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._loop = loop

    def submit(self, request: Request) -> Future[Reply]:
        """Ask the engine."""
        return self._engine.submit(request)

    def view(self) -> Future[View]:
        """Ask for a picture of everything."""
        return asyncio.run_coroutine_threadsafe(self._view(), self._loop)

    async def _view(self) -> View:
        return self._engine.view()

    def subscribe(self, deliver: Callable[[Delta], None]) -> Callable[[], None]:
        """Have changes delivered on the engine's thread, coalesced."""
        feeding = asyncio.run_coroutine_threadsafe(self._feed(deliver), self._loop)

        def end() -> None:
            feeding.cancel()

        return end

    async def _feed(self, deliver: Callable[[Delta], None]) -> None:
        subscription = self._engine.subscribe()
        try:
            while True:
                deliver(await subscription.next())
                await asyncio.sleep(_PACE_S)
        finally:
            subscription.close()

    def close(self) -> None:
        """Nothing is held: the host owns the engine."""


class SocketLink:
    """A running engine of another process; one reading thread, answers found by their ids."""

    hosted = False

    def __init__(self, workspace: Workspace, timeout_s: float = 5.0) -> None:
        self._channel = wire.connect_socket(workspace.socket, timeout_s)
        self._channel.settimeout(None)
        self._ids = count(1)
        self._sending = threading.Lock()
        self._replies: dict[int, Future[Reply]] = {}
        self._views: dict[int, Future[View]] = {}
        self._deltas: dict[int, Callable[[Delta], None]] = {}
        self._gone = ""
        self._reader = threading.Thread(target=self._read, name="engine's answers", daemon=True)
        self._reader.start()

    def submit(self, request: Request) -> Future[Reply]:
        """Ask the engine; it names the actor itself, from the socket's credentials."""
        number, future = next(self._ids), Future[Reply]()
        self._replies[number] = future
        self._send(wire.Submit(id=number, command=request.command), future)
        return future

    def view(self) -> Future[View]:
        """Ask for a picture of everything."""
        number, future = next(self._ids), Future[View]()
        self._views[number] = future
        self._send(wire.GetView(id=number), future)
        return future

    def subscribe(self, deliver: Callable[[Delta], None]) -> Callable[[], None]:
        """Have changes delivered on the reading thread."""
        number = next(self._ids)
        self._deltas[number] = deliver
        self._send(wire.Subscribe(id=number), Future[None]())

        def end() -> None:
            self._deltas.pop(number, None)

        return end

    def close(self) -> None:
        """Hang up."""
        self._gone = "closed"
        self._channel.close()

    def _send(self, call: wire.Call, waiting: Future[Reply] | Future[View] | Future[None]) -> None:
        try:
            with self._sending:
                self._channel.sendall(wire.pack(call))
        except OSError as error:
            waiting.set_exception(error)

    def _read(self) -> None:
        try:
            while True:
                self._take(wire.receive(self._channel))
        except (OSError, wire.WireError) as error:
            self._gone = self._gone or str(error)
            lost = ConnectionError(f"the engine cannot be reached: {error}")
            _fail(self._replies, lost)
            _fail(self._views, lost)

    def _take(self, answer: wire.Answer) -> None:
        if answer.reply is not None:
            self._replies.pop(answer.id).set_result(answer.reply)
        elif answer.view is not None:
            self._views.pop(answer.id).set_result(answer.view)
        elif answer.delta is not None and answer.id in self._deltas:
            self._deltas[answer.id](answer.delta)


def _fail(waiting: dict[int, Future[_Answer]], error: ConnectionError) -> None:
    for future in tuple(waiting.values()):
        if not future.done():
            future.set_exception(error)
