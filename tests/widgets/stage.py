"""A bare application to put one widget on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

PATIENCE_S = 10.0
HOSTILE = "\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07\x9b2J[bold]bold[/bold] \u202eback\u202c 漢字 \x07\x00end"
"""Colours, a clipboard theft, a C1 sequence, Rich markup, a bidirectional override, wide characters, a bell."""


class Stage(App[None]):
    """Shows one widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.messages: list[Any] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_live_table_moved(self, event: Any) -> None:
        self.messages.append(event)


def play(
    widget: Widget, scene: Callable[[Stage, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 12)
) -> None:
    """Run a scene with the widget on a screen of this size."""

    async def run() -> None:
        stage = Stage(widget)
        async with stage.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(stage, pilot)

    asyncio.run(run())


def lines_of(widget: Widget) -> list[str]:
    """What a line-drawing widget shows now."""
    return [widget.render_line(y).text for y in range(widget.size.height)]


def screen_lines(app: App[Any]) -> list[str]:
    """What the whole screen shows now."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def until(pilot: Pilot[Any], true: Callable[[], object], what: str = "") -> None:
    """Wait for a condition; fail when it does not come."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not true():
        assert loop.time() < end, what or "the condition never came"
        await pilot.pause(0.01)


def harmless(text: str) -> bool:
    """Whether nothing in the text would make a terminal do anything but show it."""
    return not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in text if c != "\n")
