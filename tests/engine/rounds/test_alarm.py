"""An alarm by the wall clock."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from engine.rounds.alarm import Alarm
from tests.descriptors import nothing_left_open

PATIENCE_S = 20.0


def ring(scene: Callable[[Alarm, asyncio.Event], Awaitable[Any]]) -> Any:
    """Play a scene with an alarm and what it sets off."""

    async def play() -> Any:
        rang = asyncio.Event()
        alarm = Alarm(rang.set)
        try:
            return await asyncio.wait_for(scene(alarm, rang), PATIENCE_S)
        finally:
            alarm.close()

    return asyncio.run(play())


@pytest.fixture(params=["the kernel's timer", "the loop's own"])
def timers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the kernel's timer, and on a system that has none."""
    if request.param == "the loop's own":
        monkeypatch.setattr("engine.rounds.alarm._system", object())


@pytest.mark.usefixtures("timers")
def test_it_rings_when_the_moment_has_come_and_not_before() -> None:
    """By the wall clock."""

    async def scene(alarm: Alarm, rang: asyncio.Event) -> float:
        began = time.time()
        alarm.set(0.15)
        await rang.wait()
        return time.time() - began

    assert 0.15 <= ring(scene) < PATIENCE_S


@pytest.mark.usefixtures("timers")
def test_a_moment_that_has_passed_rings_at_once() -> None:
    """Nothing that is late is forgotten."""

    async def scene(alarm: Alarm, rang: asyncio.Event) -> None:
        for late in (0.0, -3600.0):
            rang.clear()
            alarm.set(late)
            await rang.wait()

    ring(scene)


@pytest.mark.usefixtures("timers")
def test_only_the_last_moment_counts() -> None:
    """A moment that is set anew, or taken back, does not ring as well."""

    async def scene(alarm: Alarm, rang: asyncio.Event) -> int:
        rings = 0

        def count() -> None:
            nonlocal rings
            rings += 1
            rang.set()

        alarm._wake = count
        for in_s in (0.02, None, 0.03, 0.1):
            alarm.set(in_s)
        await rang.wait()
        rang.clear()
        alarm.set(0.1)
        await rang.wait()
        return rings

    assert ring(scene) == 2


@pytest.mark.usefixtures("timers")
def test_the_same_moment_may_be_set_again_and_again() -> None:
    """It rings once for all of it, and once more when it is set to a moment that has passed since."""

    async def scene(alarm: Alarm, rang: asyncio.Event) -> None:
        until = time.time() + 0.05
        for _ in range(5):
            alarm.set(until - time.time())
        await rang.wait()
        rang.clear()
        alarm.set(until - time.time())
        await rang.wait()

    ring(scene)


def test_a_clock_that_is_set_rings_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says so by a canceled timer, which can be read: whoever sleeps looks at the clock again."""

    async def scene(alarm: Alarm, rang: asyncio.Event) -> None:
        def canceled(fd: int, count: int) -> bytes:
            os.close(os.dup(fd))
            read(fd, count)
            raise OSError(125, "Operation canceled")

        read = os.read
        monkeypatch.setattr("engine.rounds.alarm.os.read", canceled)
        alarm.set(0.01)
        await rang.wait()

    ring(scene)


def test_nothing_is_left_open() -> None:
    """An alarm that is closed holds no descriptor and does not ring."""

    async def scene(alarm: Alarm, rang: asyncio.Event) -> bool:
        alarm.set(0.01)
        alarm.close()
        with nothing_left_open():
            Alarm(rang.set).close()
        await asyncio.sleep(0.05)
        return rang.is_set()

    assert ring(scene) is False
