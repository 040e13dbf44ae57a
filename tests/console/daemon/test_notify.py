"""What systemd hears of the engine."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.daemon.notify import Supervisor

PATIENCE_S = 30.0


class Listener:
    """The other end."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.channel.settimeout(PATIENCE_S)

    def heard(self) -> list[str]:
        """The next message."""
        return self.channel.recv(4096).decode().splitlines()

    def silent(self) -> bool:
        """Whether nothing waits to be read."""
        self.channel.setblocking(False)
        try:
            return not self.channel.recv(4096)
        except BlockingIOError:
            return True


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(str(tmp_path / "notify"))
    yield made
    made.channel.close()


def test_without_systemd_nothing_is_said_and_nothing_wakes() -> None:
    """An engine that was started by hand has no timer and no socket."""

    async def scene() -> None:
        supervisor = Supervisor.of({"WATCHDOG_USEC": "1000"}, 1)
        supervisor.ready("up")
        supervisor.tell("draining", "STOPPING=1")
        assert supervisor._timer is None
        assert supervisor._channel is None
        supervisor.close()

    asyncio.run(scene())


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_and_stopping_are_told_with_a_status(tmp_path: Path, abstract: bool) -> None:
    """A path and an abstract address both work, and a status stays on its line, escaped as systemd reads it."""
    listener = Listener(f"@midwatch-{os.getpid()}" if abstract else str(tmp_path / "notify"))
    supervisor = Supervisor.of({"NOTIFY_SOCKET": listener.address}, 1)
    supervisor.ready("keeps watch\nREADY=0")
    supervisor.tell("drains a\\b\\", "STOPPING=1")
    heard = [listener.heard() for _ in range(4)]
    assert heard == [["READY=1"], ["STATUS=keeps watch READY=0"], ["STOPPING=1"], ["STATUS=drains a\\\\b\\\\"]]
    supervisor.close()
    supervisor.tell("more")
    assert listener.silent()
    listener.channel.close()


def test_no_child_inherits_what_systemd_said(listener: Listener) -> None:
    """The variables are taken out, and others stay."""
    environment = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "7", "HOME": "/root"}
    Supervisor.of(environment, 1).close()
    assert environment == {"HOME": "/root"}


def test_the_loop_pings_twice_in_the_watchdogs_time(listener: Listener) -> None:
    """From the moment that it is ready, and no more once it is closed."""

    async def scene() -> None:
        supervisor = Supervisor.of({"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "100000"}, 1)
        assert supervisor._timer is None
        supervisor.ready("up")
        assert await asyncio.to_thread(listener.heard) == ["READY=1"]
        assert await asyncio.to_thread(listener.heard) == ["STATUS=up"]
        began = time.monotonic()
        for _ in range(5):
            assert await asyncio.to_thread(listener.heard) == ["WATCHDOG=1"]
        assert time.monotonic() - began >= 4 * 0.05 - 0.01
        supervisor.close()
        assert supervisor._timer is None

    asyncio.run(scene())


def test_a_loop_that_hangs_says_nothing(listener: Listener) -> None:
    """What blocks the engine's loop silences the pings, and that is what the watchdog is for."""

    async def scene() -> None:
        supervisor = Supervisor(listener.address, watchdog_s=0.02)
        supervisor.ready("up")
        assert [listener.heard() for _ in range(3)] == [["READY=1"], ["STATUS=up"], ["WATCHDOG=1"]]
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            assert listener.silent()
        listener.channel.settimeout(PATIENCE_S)
        assert await asyncio.to_thread(listener.heard) == ["WATCHDOG=1"]
        supervisor.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "said",
    [
        {"WATCHDOG_USEC": "many"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "0"},
        {},
        {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "12345"},
        {"WATCHDOG_USEC": "1000", "NOTIFY_SOCKET": "vsock:2:1234"},
    ],
)
def test_a_watchdog_that_is_not_meant_for_us_makes_no_timer(listener: Listener, said: dict[str, str]) -> None:
    """Another process's watchdog, or one that cannot be understood, keeps nothing awake."""

    async def scene() -> None:
        supervisor = Supervisor.of({"NOTIFY_SOCKET": listener.address, **said}, 1)
        supervisor.ready("up")
        assert supervisor._timer is None
        supervisor.close()

    asyncio.run(scene())


def test_a_systemd_that_does_not_listen_harms_nobody(
    listener: Listener, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A socket that is gone, and one that is full, cost a line in the log and no moment of waiting."""
    supervisor = Supervisor(str(tmp_path / "gone"))
    supervisor.tell("up", "READY=1")
    supervisor.close()
    assert "systemd was not told READY=1" in caplog.text
    supervisor = Supervisor(listener.address)
    caplog.clear()
    for _ in range(10_000):
        supervisor.tell("x" * 1000, "WATCHDOG=1")
        if caplog.text:
            break
    assert "systemd was not told" in caplog.text
    supervisor.close()
