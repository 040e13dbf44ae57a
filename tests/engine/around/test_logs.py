"""The logs that the operator chose are shown as they are written."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from engine.signals import tails
from state.settings import Settings, WatchSettings
from tests.engine.engines import House, until


def test_the_latest_line_is_shown_and_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name of its file, harmless to a terminal; another choice in the settings is followed at once."""
    monkeypatch.setattr(tails, "PACE_S", 0.01)
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    first.touch()
    second.touch()

    async def scene() -> None:
        house = House(tmp_path, settings=Settings(watch=WatchSettings(logs=(str(first),))))
        async with house.live() as engine:
            number = engine.view().number
            first.write_text("started \x1b[31mbadly\n")
            await until(lambda: _noticed(engine).endswith("first.log: started badly"), lambda: _noticed(engine))
            engine._apply(msgspec.structs.replace(house.settings, watch=WatchSettings(logs=(str(second),))))
            await asyncio.sleep(0)
            second.write_text("ready\n")
            await until(lambda: _noticed(engine).endswith("second.log: ready"), lambda: _noticed(engine))
            assert engine.view().number == number

    asyncio.run(scene())


def _noticed(engine: object) -> str:
    return " ".join(engine.view().engine.noticed)  # type: ignore[attr-defined]
