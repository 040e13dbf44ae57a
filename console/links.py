"""The two ways in which a console reaches its engine: hosted by this process, or over the socket."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from itertools import count
from typing import Any, TypeVar

from console import wire
from engine.clock import SystemClock
from engine.engine import Engine
from state.files import Workspace
from state.model.command import Reply, Request
from state.model.view import Delta, EngineInfo, View

_Answer = TypeVar("_Answer")
_PACE_S = 0.05
_CONNECT_S = 5.0
"""How long an engine may take to answer the door."""
"""The shortest time between two deltas."""


class HostedLink:
    """An engine on a loop of its own in this process."""

    hosted = True

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._loop = loop

    def submit(self, request: Request) -> Future[Reply]:
        """Ask the engine, which may still be on its way up."""
        return self._call(self._engine.ask(request))

    def view(self) -> Future[View]:
        """Ask for a picture of everything."""
        return self._call(self._view())

    def _call(self, work: Coroutine[Any, Any, _Answer]) -> Future[_Answer]:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # its loop is closed
            work.close()
            ended = Future[_Answer]()
            ended.set_exception(ConnectionError("the engine has ended: look at .midwatch/logs/engine.log"))
            return ended

    async def _view(self) -> View:
        return self._engine.view()

    def subscribe(self, deliver: Callable[[Delta], None]) -> Callable[[], None]:
        """Have changes delivered on the engine's thread, coalesced."""
        feeding = self._call(self._feed(deliver))

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

    def __init__(self, workspace: Workspace) -> None:
        self._channel = wire.connect_socket(workspace.socket, _CONNECT_S)
        self._channel.settimeout(None)
        self._ids = count(1)
        self._sending = threading.Lock()
        self._replies: dict[int, Future[Reply]] = {}
        self._views: dict[int, Future[View]] = {}
        self._deltas: dict[int, Callable[[Delta], None]] = {}
        self._number = 0
        self._reader = threading.Thread(target=self._read, name="engine's answers", daemon=True)
        self._reader.start()

    def submit(self, request: Request) -> Future[Reply]:
        """Ask the engine; it names the actor itself, from the socket's credentials."""
        return self._send(wire.Submit(id=next(self._ids), command=request.command), Future(), self._replies)

    def view(self) -> Future[View]:
        """Ask for a picture of everything."""
        return self._send(wire.GetView(id=next(self._ids)), Future(), self._views)

    def subscribe(self, deliver: Callable[[Delta], None]) -> Callable[[], None]:
        """Have changes delivered on the reading thread."""
        number = next(self._ids)
        self._deltas[number] = deliver
        self._send(wire.Subscribe(id=number), Future[None](), {})

        def end() -> None:
            self._deltas.pop(number, None)

        return end

    def close(self) -> None:
        """Hang up."""
        self._deltas.clear()
        # Closing alone would neither wake the reading thread nor reach the engine while that thread waits.
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self._reader:
            self._reader.join()
        self._channel.close()

    def _send(self, call: wire.Call, waiting: Future[_Answer], table: dict[int, Future[_Answer]]) -> Future[_Answer]:
        table[call.id] = waiting
        try:
            with self._sending:
                self._channel.sendall(wire.pack(call))
        except OSError as error:
            _fail(table, error, call.id)
        return waiting

    def _read(self) -> None:
        try:
            while True:
                self._take(wire.receive(self._channel))
        except (OSError, wire.WireError) as error:
            lost = ConnectionError(f"the engine cannot be reached: {error}")
            # What is sent from now on fails at once: nobody would read an answer.
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)
            _fail(self._replies, lost, *self._replies)
            _fail(self._views, lost, *self._views)
            # After close() nobody listens any more; an engine that is gone must be seen without pressing a key.
            for deliver in tuple(self._deltas.values()):
                gone = EngineInfo(mode="stopped", trouble=str(lost))
                deliver(Delta(number=self._number, at=SystemClock().now(), engine=gone))

    def _take(self, answer: wire.Answer) -> None:
        if answer.reply is not None:
            _settle(self._replies.pop(answer.id, None), answer.reply)
        elif answer.view is not None:
            _settle(self._views.pop(answer.id, None), answer.view)
        elif answer.delta is not None and (deliver := self._deltas.get(answer.id)) is not None:
            self._number = answer.delta.number
            deliver(answer.delta)


def _settle(future: Future[_Answer] | None, result: _Answer) -> None:
    """Hand over an answer, unless nobody waits for it any more."""
    if future is not None and future.set_running_or_notify_cancel():
        future.set_result(result)


def _fail(waiting: dict[int, Future[_Answer]], error: OSError, *ids: int) -> None:
    for number in ids:
        # Whoever takes it out of the table settles it: the sending and the reading thread may both see the end.
        future = waiting.pop(number, None)
        if future is not None and future.set_running_or_notify_cancel():
            future.set_exception(error)
