"""The control socket's protocol: length-prefixed JSON messages, requests answered by id."""

import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from state.files import MidwatchError
from state.model.command import Command, Reply
from state.model.record import Tagged
from state.model.view import Delta, View
from state.records import UNREADABLE

if TYPE_CHECKING:
    import asyncio

_LENGTH = struct.Struct("!I")
_KNOCK_AGAIN_S = 0.01
MOST_BYTES_IN = 64 << 20
"""The largest message that the engine's side reads; a larger one ends the connection."""


class Submit(Tagged, frozen=True, kw_only=True, tag="submit"):
    """Ask the engine to do something."""

    id: int
    command: Command


class GetView(Tagged, frozen=True, kw_only=True, tag="view"):
    """Ask for a picture of everything."""

    id: int


class Subscribe(Tagged, frozen=True, kw_only=True, tag="subscribe"):
    """Ask to be told what changes, from now on; the first answer holds everything."""

    id: int


Call = Submit | GetView | Subscribe


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What comes back; exactly one of the parts is there."""

    id: int
    reply: Reply | None = None
    view: View | None = None
    delta: Delta | None = None
    error: str = ""


class WireError(MidwatchError):
    """The other side of the socket did not speak the protocol, or went away."""


class EngineGone(WireError):
    """The engine went away while it was asked."""


_calls: msgspec.json.Decoder[Call] = msgspec.json.Decoder(Call)
_answers = msgspec.json.Decoder(Answer)


def pack(message: Call | Answer) -> bytes:
    """Return a message's bytes on the wire."""
    body = msgspec.json.encode(message)
    return _LENGTH.pack(len(body)) + body


async def read_call(reader: "asyncio.StreamReader") -> Call | None:
    """Read one call; None at the end of the connection. WireError when it is not one."""
    body = await _read(reader)
    return None if body is None else _decode_call(body)


async def _read(reader: "asyncio.StreamReader") -> bytes | None:
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MOST_BYTES_IN:
            raise WireError(f"a message of {length:,} bytes is too large")
        return await reader.readexactly(length)
    except (EOFError, ConnectionError):
        return None


def _decode_call(body: bytes) -> Call:
    try:
        return _calls.decode(body)
    except UNREADABLE as error:
        raise WireError(f"not a call: {error}") from error


def connect_socket(path: Path, timeout_s: float) -> socket.socket:
    """Connect to a Unix socket, however long its path is: its folder is named by descriptor.

    TimeoutError when nobody takes the connection within `timeout_s`, another OSError when nobody is there.
    """
    end = time.monotonic() + timeout_s
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        channel.settimeout(timeout_s)
        try:
            while not _knock(channel, f"/proc/self/fd/{folder}/{path.name}"):
                if time.monotonic() >= end:
                    raise TimeoutError(f"{path}: nobody takes the connection")
                time.sleep(_KNOCK_AGAIN_S)
        except OSError:
            channel.close()
            raise
        return channel
    finally:
        os.close(folder)


def _knock(channel: socket.socket, name: str) -> bool:
    """Connect; False when so many wait at that door that not even another may."""
    try:
        channel.connect(name)
    except BlockingIOError:
        return False
    return True


def receive(channel: socket.socket) -> Answer:
    """Read one answer from a blocking socket. EngineGone when the engine went away, WireError when it speaks
    something else."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    body = _exactly(channel, length)
    try:
        return _answers.decode(body)
    except UNREADABLE as error:
        raise WireError(f"not an answer of this version's engine: {error}") from error


def _exactly(channel: socket.socket, count: int) -> bytearray:
    body = bytearray()
    while len(body) < count:
        piece = channel.recv(min(count - len(body), 1 << 20))
        if not piece:
            raise EngineGone("the engine closed the connection: look at .midwatch/logs/engine.log")
        body += piece
    return body
