"""The socket's protocol: what is well-formed comes through whole, whatever else comes is refused in words."""

import asyncio
import os
import socket
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import wire
from state.model import command as c
from state.model.view import Delta, View
from tests.descriptors import nothing_left_open
from tests.making import NOON, a_build, a_spec, a_task

CALLS: list[wire.Call] = [
    wire.GetView(id=1),
    wire.Subscribe(id=2),
    wire.Submit(id=3, command=c.AddTasks(specs=(a_spec(), a_spec("ünï\n\x1b[31m")))),
    wire.Submit(id=4, command=c.SpawnTask(spec=a_spec())),
    wire.Submit(id=5, command=c.Approve(label="tidy", digest="d")),
    wire.Submit(id=6, command=c.Deny(label="tidy", digest="d", why="no")),
    wire.Submit(id=7, command=c.Kill(label="tidy", build="tidy-1")),
    wire.Submit(id=8, command=c.KillAll(why="smoke")),
    wire.Submit(id=9, command=c.Arm()),
    wire.Submit(id=10, command=c.Fail(label="tidy")),
    wire.Submit(id=11, command=c.Retry(label="tidy")),
    wire.Submit(id=12, command=c.Pause(on=True)),
]
ANSWERS = [
    wire.Answer(id=1, view=View(at=NOON, number=7, tasks={"tidy": a_task()}, builds={"tidy-1": a_build()})),
    wire.Answer(id=2, delta=Delta(number=8, at=NOON, tasks=(a_task(),), skipped=3)),
    wire.Answer(id=3, reply=c.Reply(ok=False, text="no", code=2, number=9)),
    wire.Answer(id=0, error="not a call"),
]


def read_all(data: bytes) -> list[Any]:
    """What the engine's side makes of these bytes: calls, then the error or the end."""

    async def scene() -> list[Any]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        found: list[Any] = []
        try:
            while (call := await wire.read_call(reader)) is not None:
                found.append(call)
        except wire.WireError as error:
            found.append(error)
        return found

    return asyncio.run(scene())


def test_every_call_comes_through_whole() -> None:
    """All commands, one after the other on one connection, also those with strange names."""
    assert read_all(b"".join(map(wire.pack, CALLS))) == CALLS


def test_every_answer_comes_through_whole() -> None:
    """Views, deltas, replies and errors, however the bytes are split on the way."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        data = b"".join(map(wire.pack, ANSWERS))

        def trickle() -> None:
            for start in range(0, len(data), 7):
                theirs.sendall(data[start : start + 7])

        sender = threading.Thread(target=trickle)
        sender.start()
        assert [wire.receive(ours) for _ in ANSWERS] == ANSWERS
        sender.join()


@settings(max_examples=1000, deadline=None)
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_calls_or_refused(data: bytes) -> None:
    """Whatever comes, it is read to its end or refused as a wire error; no other failure gets out."""
    for found in read_all(data):
        assert isinstance(found, wire.Submit | wire.GetView | wire.Subscribe | wire.WireError)


@settings(max_examples=1000, deadline=None)
@given(
    call=st.sampled_from(CALLS),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    length=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)
def test_damaged_calls_are_calls_or_refused(call: wire.Call, cuts: list[tuple[int, int]], length: int | None) -> None:
    """The same for calls in which bytes were changed, and for lengths that lie."""
    body = bytearray(msgspec.json.encode(call))
    for place, value in cuts:
        body[place % len(body)] = value
    head = (len(body) if length is None else length).to_bytes(4, "big")
    for found in read_all(head + bytes(body)):
        assert isinstance(found, wire.Submit | wire.GetView | wire.Subscribe | wire.WireError)


def test_a_message_that_is_too_large_is_refused_before_it_is_read() -> None:
    """Only its length is looked at."""
    (error,) = read_all((wire.MOST_BYTES_IN + 1).to_bytes(4, "big"))
    assert isinstance(error, wire.WireError) and "too large" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"kind":"submit","id":1,"command":{"kind":"format_disk"}}',
        b"\xff\xfe",
        b'{"kind":"\x80iew","id":1}',
        b'{"kind":"view","id":1,"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=range(5),
)
def test_what_is_not_a_call_is_named(body: bytes) -> None:
    """The text says that it was no call, for whoever writes a client."""
    (error,) = read_all(len(body).to_bytes(4, "big") + body)
    assert isinstance(error, wire.WireError) and str(error).startswith("not a call: ")


@pytest.mark.parametrize("sent", [b"", b"\x00\x00", b"\x00\x00\x00\x09{}", b"\x00\x00\x00\x02[]"])
def test_an_answer_that_ends_early_or_is_none_is_a_wire_error(sent: bytes) -> None:
    """A caller that waits learns it, and never gets anything else than an answer."""
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(sent)
        theirs.close()
        with pytest.raises(wire.WireError):
            wire.receive(ours)


def test_a_socket_deep_in_folders_can_be_reached(tmp_path: Path) -> None:
    """A path longer than the 108 bytes that a socket's name may have; no descriptor is left behind."""
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)
    at = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{at}/it")
        listening.listen()
        with nothing_left_open():
            wire.connect_socket(folder / "it", 5).close()
    os.close(at)
    with pytest.raises(ConnectionRefusedError):
        wire.connect_socket(folder / "it", 5)
