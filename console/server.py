"""Lets other processes of the same user reach a running engine through the workspace's socket."""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable
from functools import partial

from console import wire
from console.operator import operator
from engine.engine import Engine
from engine.nursery import Nursery
from state.files import Workspace
from state.model.command import Request

log = logging.getLogger("midwatch.server")
_CREDENTIALS = struct.Struct("3i")
_MOST_PENDING = 32
"""How many calls of one viewer are worked on at once; the next is read when one of them is answered."""
_FAREWELL_S = 1.0
"""How long the last answers may take to reach viewers that do not read, when the engine ends."""
_PACE_S = 0.05
"""The shortest time between two deltas to one viewer."""


class Server:
    """Accepts connections on the engine's loop. Each viewer reads at its own pace."""

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self._path = workspace.socket
        self._engine = engine
        self._nursery = Nursery(lambda name, error: log.error("%s failed", name, exc_info=error))
        self._server: asyncio.AbstractServer | None = None
        self._serving: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Listen. The engine's lock must be held: a socket that is there belongs to a dead engine."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            before = os.umask(0o177)
            try:
                channel.bind(f"/proc/self/fd/{folder}/{self._path.name}")
            except OSError:
                channel.close()
                raise
            finally:
                os.umask(before)
        finally:
            os.close(folder)
        self._server = await asyncio.start_unix_server(self._serve, sock=channel)

    async def close(self) -> None:
        """End all connections and stop listening."""
        if self._server is not None:
            self._server.close()
        await self._nursery.close()
        for writer in self._serving:
            writer.close()
        if self._serving:
            await asyncio.wait(self._serving.values(), timeout=_FAREWELL_S)
        for writer in self._serving:
            writer.transport.abort()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving[writer] = task
        try:
            await self._converse(reader, writer)
        finally:
            del self._serving[writer]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer = _Viewer(self._engine, writer)
        streams: set[asyncio.Task[None]] = set()
        calls: set[asyncio.Task[None]] = set()
        try:
            while (call := await wire.read_call(reader)) is not None:
                mine = streams if isinstance(call, wire.Subscribe) else calls
                task = self._nursery.start(viewer.answer(call), f"answer to {viewer.actor}")
                mine.add(task)
                task.add_done_callback(mine.discard)
                if len(streams) + len(calls) >= _MOST_PENDING:
                    await asyncio.wait(streams | calls, return_when=asyncio.FIRST_COMPLETED)
        except wire.WireError as error:
            refusal = wire.Answer(id=0, error=str(error))
            await viewer.send(partial(_same, refusal))
        finally:
            for task in streams:
                task.cancel()
            # What was asked for is carried out to its end, also for somebody who has hung up.
            await asyncio.gather(*calls, return_exceptions=True)
            writer.close()


class _Viewer:
    """One connection: who is at its other end, and the one answer at a time that is on the way to them."""

    def __init__(self, engine: Engine, writer: asyncio.StreamWriter) -> None:
        self.actor = _actor(writer)
        self._engine = engine
        self._writer = writer
        self._turn = asyncio.Lock()

    async def answer(self, call: wire.Call) -> None:
        """Do what a call asks for and send what comes of it."""
        if isinstance(call, wire.Submit):
            reply = await self._engine.ask(Request(actor=self.actor, command=call.command))
            await self.send(lambda: wire.Answer(id=call.id, reply=reply))
        elif isinstance(call, wire.GetView):
            await self.send(lambda: wire.Answer(id=call.id, view=self._engine.view()))
        else:
            await self._stream(call.id)

    async def _stream(self, call_id: int) -> None:
        subscription = self._engine.subscribe()
        try:
            while True:
                answer = wire.Answer(id=call_id, delta=await subscription.next())
                if not await self.send(partial(_same, answer)):
                    return
                await asyncio.sleep(_PACE_S)
        finally:
            subscription.close()

    async def send(self, make: Callable[[], wire.Answer]) -> bool:
        """Send one answer and wait until the viewer took it; False when it has gone.

        It is made only when its turn has come: somebody who never reads has one answer waiting, not all of them.
        """
        async with self._turn:
            if self._writer.is_closing():
                return False
            try:
                self._writer.write(wire.pack(make()))
                await self._writer.drain()
            except ConnectionError:
                return False
            return not self._writer.is_closing()


def _same(answer: wire.Answer) -> wire.Answer:
    return answer


def _actor(writer: asyncio.StreamWriter) -> str:
    """Name the user at the other end, as the kernel knows him."""
    channel: socket.socket = writer.get_extra_info("socket")
    raw = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return operator(uid)
