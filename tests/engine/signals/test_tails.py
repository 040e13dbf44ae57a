"""What others add to their files is told, whatever becomes of the file."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.signals import tails
from engine.signals.tails import Tails, last_line
from tests.engine.engines import until


def watched(path: Path, scene: Callable[[list[str]], Awaitable[None]]) -> None:
    """Play a scene while a file is watched; it gets the lines as they are told."""

    async def whole() -> None:
        told: list[str] = []
        running = asyncio.get_running_loop().create_task(Tails([path], lambda _, line: told.append(line)).run())
        await asyncio.sleep(0)
        try:
            await scene(told)
        finally:
            running.cancel()
            await asyncio.wait([running])

    asyncio.run(whole())


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "PACE_S", 0.01)


def test_what_a_program_adds_is_told_although_it_never_closes_the_file(tmp_path: Path) -> None:
    """The last whole line, and only of the file that was named."""
    path = tmp_path / "app.log"
    path.touch()

    async def scene(told: list[str]) -> None:
        with path.open("a") as log:
            log.write("one\ntwo\nhalf")
            log.flush()
            (tmp_path / "other.log").write_text("other\n")
            await until(lambda: told == ["two"], lambda: f"it is told: {told}")

    watched(path, scene)


def test_a_log_that_is_rotated_is_followed(tmp_path: Path) -> None:
    """A new file of the name takes the old one's place, also where there was none before."""
    path = tmp_path / "app.log"

    async def scene(told: list[str]) -> None:
        path.write_text("first\n")
        await until(lambda: told[-1:] == ["first"], lambda: f"it is told: {told}")
        path.rename(tmp_path / "app.log.1")
        path.write_text("second\n")
        await until(lambda: told[-1:] == ["second"], lambda: f"it is told: {told}")
        with path.open("a") as log:
            log.write("third\n")
        await until(lambda: told[-1:] == ["third"], lambda: f"it is told: {told}")

    watched(path, scene)


def test_what_cannot_be_read_has_no_last_line(tmp_path: Path) -> None:
    """Nothing there, an empty file, a folder, no whole line: none of them is an error."""
    (tmp_path / "empty").touch()
    (tmp_path / "half").write_text("no end")
    assert [last_line(tmp_path / name) for name in ("none", "empty", ".", "half")] == [""] * 4
    (tmp_path / "long").write_bytes(b"x" * 100_000 + b"\nlast \xff\n")
    assert last_line(tmp_path / "long") == "last \ufffd"
