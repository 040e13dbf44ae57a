"""A workspace in which guards may be tripped."""

import asyncio
from pathlib import Path

import pytest

from console.doctor.stand import stand
from state.errors import MidwatchError


def test_it_builds_and_nothing_of_it_is_left() -> None:
    """A build in it is a real one; afterwards folder and processes are gone, also after a failure."""

    async def scene() -> Path:
        async with stand() as at:
            build = await at.build("hello", "echo hello")
            assert at.printed(build.id) == "hello"
            await at.start("long", "sleep 1000")
            return at.workspace.root

    assert not asyncio.run(scene()).parent.exists()


def test_what_is_refused_is_an_error_in_words() -> None:
    """A build that may not start is no build to wait for."""

    async def scene() -> None:
        async with stand() as at:
            await at.start("twice", "true")
            with pytest.raises(MidwatchError, match="already"):
                await at.start("twice", "true")

    asyncio.run(scene())
