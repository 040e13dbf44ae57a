"""The console at work over a fake engine, for tests."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from console.app import Leave, Midwatch
from tests.console.fake_engine import FakeEngine, ports, workspace
from tests.widgets.stage import screen_lines, until
from widgets.escalations import EscalationsPane
from widgets.live_table import LiveTable

Scene = Callable[["Helm"], Awaitable[None]]


class Helm:
    """A running console with what a test wants to do with it."""

    def __init__(self, app: Midwatch, engine: FakeEngine, pilot: Pilot[Leave]) -> None:
        self.app = app
        self.engine = engine
        self.pilot = pilot

    @property
    def text(self) -> str:
        """All that the screen shows."""
        return "\n".join(screen_lines(self.app))

    async def press(self, *keys: str) -> None:
        """Press keys and let the screen be painted."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def sees(self, *texts: str) -> None:
        """Wait until the screen shows all of these."""
        await until(self.pilot, lambda: all(text in self.text for text in texts), f"never showed {texts}")

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        """Wait for a condition."""
        await until(self.pilot, true, what)

    async def at(self, pane: str, key: str) -> None:
        """Select a row and wait until it has been drawn."""
        table = self.app.deck.query_one(f"#{pane}", LiveTable)
        await self.until(lambda: key in table.keys, f"{key} never came")
        table.focus()
        table.select(key)
        await self.until(lambda: self.app.deck.drawn and self.app.deck.drawn.key == key, f"{key} was never drawn")

    async def asked(self, count: int = 1) -> list[Any]:
        """Wait until the engine was asked for so many things, and return them."""
        await self.until(lambda: len(self.engine.commands) >= count, "the engine was never asked")
        await self.pilot.pause()
        return self.engine.commands


def sail(scene: Scene, engine: FakeEngine, size: tuple[int, int] = (200, 50), **changes: Any) -> Leave | None:
    """Run a scene with a console over an engine; returns what the console left."""

    async def run() -> Leave | None:
        with tempfile.TemporaryDirectory() as folder:
            options = {name: changes.pop(name) for name in ("clock", "settled") if name in changes}
            app = Midwatch(engine, workspace(Path(folder)), ports(**changes), actor="operator:ann", **options)
            async with app.run_test(size=size, notifications=True) as pilot:
                helm = Helm(app, engine, pilot)
                await helm.until(lambda: app.deck.view.number > 0, "the first delta never came")
                await pilot.pause()
                await scene(helm)
            return app.return_value

    return asyncio.run(run())


def questions(helm: Helm) -> EscalationsPane:
    """The pane of escalations."""
    return helm.app.deck.query_one(EscalationsPane)
