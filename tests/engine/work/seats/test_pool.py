"""A pool keeps seats ready, gives each to one build, and leaves none behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import pytest

from engine.safety import processes
from engine.work.cgroup import GroupParent
from engine.work.sandbox import Machine, SpawnRefused
from engine.work.seats.pool import Seats
from tests.engine.work.running import plain_machine, until


@contextlib.asynccontextmanager
async def pool(count: int) -> AsyncIterator[Seats]:
    """A pool that is kept filled; all of it is gone in the end."""
    seats = Seats(plain_machine(), idle=False)
    keeping = asyncio.create_task(seats.keep(count))
    try:
        yield seats
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        seats.close()


async def full(seats: Seats, count: int) -> None:
    """Wait until so many are ready."""
    await asyncio.to_thread(until, lambda: len(seats._ready) >= count, "seats are ready")


def kill(pid: int) -> None:
    """End a process, and wait until it has ended; its owner still has to reap it."""
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def test_a_build_gets_the_seat_that_was_kept_for_it():
    """The token that a build reserves is that of a living seat, which only this build can claim, once."""

    async def scene() -> None:
        async with pool(2) as seats:
            await full(seats, 2)
            token = seats.reserve("one-1")
            assert seats.claim("two-1", token) is None
            seat = seats.claim("one-1", token)
            assert seat is not None
            assert processes.carries(seat.pid, processes.token_entry(token))
            assert seats.claim("one-1", token) is None
            seat.abandon()
            await full(seats, 2)

    asyncio.run(scene())


def test_without_a_seat_there_is_a_token_all_the_same():
    """When none is ready, a build gets a new token each time and has to begin without a seat."""
    seats = Seats(plain_machine(), idle=False)
    first, second = seats.reserve("one-1"), seats.reserve("one-1")
    assert first != second
    assert seats.claim("one-1", second) is None


def test_a_build_that_no_seat_was_kept_for_gets_one_of_its_own():
    """It is made under the build's own token, once it is wanted."""

    async def scene() -> None:
        seats = Seats(plain_machine(), idle=False)
        token = seats.reserve("one-1")
        await seats.ensure("one-1", token)
        kept = seats._reserved["one-1"]
        await seats.ensure("one-1", token)
        seat = seats.claim("one-1", token)
        assert seat is kept
        assert processes.carries(seat.pid, processes.token_entry(token))
        seat.abandon()

    asyncio.run(scene())


def test_a_seat_that_died_is_not_given():
    """One that somebody killed meanwhile is passed over, both when it is reserved and when it is claimed."""

    async def scene() -> None:
        async with pool(2) as seats:
            await full(seats, 2)
            dead = seats._ready[0]
            kill(dead.pid)
            token = seats.reserve("one-1")
            assert token != dead.token
            kept = seats._reserved["one-1"]
            kill(kept.pid)
            assert seats.claim("one-1", token) is None

    asyncio.run(scene())


def test_a_seat_that_was_not_claimed_is_given_up():
    """A build that never began leaves no waiting process."""

    async def scene() -> None:
        async with pool(1) as seats:
            await full(seats, 1)
            seats.reserve("one-1")
            pid = seats._reserved["one-1"].pid
            seats.drop("one-1")
            assert processes.stat(pid) is None
            seats.drop("one-1")

    asyncio.run(scene())


def test_closing_ends_every_seat():
    """Those that are ready and those that are reserved are gone, and one that is being made goes too."""

    async def scene() -> list[int]:
        async with pool(2) as seats:
            await full(seats, 2)
            seats.reserve("one-1")
            pids = [seat.pid for seat in (*seats._ready, *seats._reserved.values())]
        seats._make("x" * 32, seats._ready.append)
        assert not seats._ready
        return pids

    assert [processes.stat(pid) for pid in asyncio.run(scene())] == [None, None]


def test_where_no_seat_can_be_made_builds_begin_without(caplog):
    """A machine on which it fails is no reason to fail: it is said once, and nothing is kept."""
    broken = Machine(groups=(GroupParent(path="/sys/fs/cgroup/nosuch/place", controls=("pids",)),))

    async def scene() -> None:
        seats = Seats(broken, idle=False)
        await seats.keep(1)
        token = seats.reserve("one-1")
        with pytest.raises(SpawnRefused, match="build one-1 was not started"):
            await seats.ensure("one-1", token)
        assert seats.claim("one-1", token) is None

    asyncio.run(scene())
    assert "more slowly" in caplog.text
