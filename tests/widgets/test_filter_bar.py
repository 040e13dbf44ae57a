"""The filter bar narrows while typing."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import Static

from tests.widgets.stage import Stage, play, screen_lines, until
from widgets.filter_bar import FilterBar


class Holder(Vertical):
    def __init__(self) -> None:
        super().__init__()
        self.bar = FilterBar()
        self.said: list[tuple[str, bool]] = []

    def compose(self) -> ComposeResult:
        yield Static()
        yield self.bar

    def on_filter_bar_narrowed(self, event: FilterBar.Narrowed) -> None:
        self.said.append((event.text, event.done))


def test_typing_narrows_and_enter_keeps() -> None:
    """Each letter narrows further, Enter is done; nothing is said by opening it."""
    holder = Holder()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        assert "Filter" not in "\n".join(screen_lines(stage))
        holder.bar.open("Queue", "")
        await pilot.pause()
        assert "Filter Queue:" in "\n".join(screen_lines(stage))
        assert holder.said == []
        await pilot.press("a", "b", "enter")
        await until(pilot, lambda: len(holder.said) == 3)
        assert holder.said == [("a", False), ("ab", False), ("ab", True)]

    play(holder, scene)


def test_escape_drops() -> None:
    """Escape drops the words that were there."""
    holder = Holder()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        holder.bar.open("Queue", "old words")
        await pilot.press("escape")
        await until(pilot, lambda: holder.said)
        assert holder.said == [("", True)]
        holder.bar.close()
        await pilot.pause()
        assert "Filter" not in "\n".join(screen_lines(stage))

    play(holder, scene)
