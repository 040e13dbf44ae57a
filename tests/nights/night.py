"""Whole nights with a real engine and real builds, on a clock that only the test moves."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.engine import Engine
from state.model import command as c
from state.settings import Settings
from state.settings.values import TimeSettings
from state.settings.windows import BUILT_IN
from state.zones import zone_of
from tests.engine.engines import House, ask, nudge
from tests.making import a_spec

CHICAGO = zone_of("America/Chicago")
USUAL = Settings(windows=BUILT_IN, time=TimeSettings(zone="America/Chicago"))
Scene = Callable[["Night"], Awaitable[None]]


class Night:
    """One engine through a stretch of time."""

    def __init__(self, house: House, engine: Engine) -> None:
        self.house = house
        self.engine = engine

    async def add(self, label: str, **changes: Any) -> None:
        """Queue a task."""
        assert (await ask(self.engine, c.AddTasks(specs=(a_spec(label, **changes),)))).ok

    async def jump(self, when: str) -> None:
        """Set the clock, as if nothing had run in between."""
        self.house.clock.set(local(when))
        await self.settle()

    async def until(self, when: str, step_min: int = 30) -> None:
        """Let time pass in steps, each of which the engine sees."""
        end = local(when)
        while self.house.clock.now() < end:
            step = min(timedelta(minutes=step_min), end - self.house.clock.now())
            self.house.clock.forward(step.total_seconds())
            await self.settle()

    async def settle(self) -> None:
        """Let the engine look at the clock, and what it starts come to its end unless that takes a test's patience."""
        await nudge(self.engine)
        for task in tuple(self.house.store.tasks.values()):
            if task.state_name in ("building", "verifying") and not task.spec.command.startswith("sleep"):
                await self.house.task_is("done", "awaiting_review", "failed", "killed", "queued", label=task.label)

    def began(self) -> dict[str, str]:
        """When each build began, by the operator's clock."""
        return {
            build.id: f"{build.created_at.astimezone(CHICAGO):%a %H:%M}" for build in self.house.store.builds.values()
        }


def local(when: str) -> datetime:
    """A time on the wall in Chicago."""
    return datetime.fromisoformat(when).replace(tzinfo=CHICAGO).astimezone(UTC)


def play(root: Path, start: str, scene: Scene, settings: Settings = USUAL) -> House:
    """Play a scene from a time on."""
    house = House(root, settings=settings)
    house.clock.set(local(start))

    async def run() -> None:
        async with asyncio.timeout(240), house.live() as engine:
            await scene(Night(house, engine))

    asyncio.run(run())
    return house
