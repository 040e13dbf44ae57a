"""Lets other processes of the same user reach a running engine through the workspace's socket."""

import asyncio
import contextlib
import logging
import os
import socket
import struct

from console import wire
from console.operator import operator
from engine.engine import Engine
from engine.nursery import Nursery
from state.files import Workspace
from state.model.command import Request

log = logging.getLogger("midwatch.server")
_CREDENTIALS = struct.Struct("3i")


class Server:
    """Accepts connections on the engine's loop. Each viewer reads at its own pace."""

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self._path = workspace.socket
        self._engine = engine
        self._nursery = Nursery(lambda name, error: log.error("%s failed", name, exc_info=error))
        self._server: asyncio.AbstractServer | None = None

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
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        actor = _actor(writer)
        mine: list[asyncio.Task[None]] = []
        try:
            while (call := await wire.read_call(reader)) is not None:
                mine = [task for task in mine if not task.done()]
                mine.append(self._nursery.start(self._answer(call, actor, writer), f"answer to {actor}"))
        except wire.WireError as error:
            await _send(writer, wire.Answer(id=0, error=str(error)))
        finally:
            for task in mine:
                task.cancel()
            writer.close()

    async def _answer(self, call: wire.Call, actor: str, writer: asyncio.StreamWriter) -> None:
        if isinstance(call, wire.Submit):
            reply = await self._engine.ask(Request(actor=actor, command=call.command))
            await _send(writer, wire.Answer(id=call.id, reply=reply))
        elif isinstance(call, wire.GetView):
            await _send(writer, wire.Answer(id=call.id, view=self._engine.view()))
        else:
            subscription = self._engine.subscribe()
            try:
                while await _send(writer, wire.Answer(id=call.id, delta=await subscription.next())):
                    await asyncio.sleep(_PACE_S)
            finally:
                subscription.close()


_PACE_S = 0.05
"""The shortest time between two deltas to one viewer."""


async def _send(writer: asyncio.StreamWriter, answer: wire.Answer) -> bool:
    """Send one answer and wait until the viewer took it; False when it has gone."""
    try:
        writer.write(wire.pack(answer))
        await writer.drain()
    except ConnectionError:
        return False
    return not writer.is_closing()


def _actor(writer: asyncio.StreamWriter) -> str:
    """Name the user at the other end, as the kernel knows him."""
    channel: socket.socket = writer.get_extra_info("socket")
    raw = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return operator(uid)
