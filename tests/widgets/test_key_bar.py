"""The key bar shows what fits and obeys clicks."""

from textual.pilot import Pilot

from tests.widgets.stage import Stage, lines_of, play
from widgets.key_bar import Hint, KeyBar

HINTS = [
    Hint("approve", "a", "approve", True),
    Hint("kill", "k", "kill", False),
    Hint("filter", "/", "filter", True),
    Hint("help", "?", "help", True),
    Hint("quit", "q", "quit", True),
]


class Bar(KeyBar):
    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        self.pressed.append(event.name)


def test_help_and_quit_always_show() -> None:
    """However narrow it is, the operator sees how to get help and out."""
    bar = Bar()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        bar.show(HINTS)
        await pilot.pause()
        assert lines_of(bar)[0].split() == ["a", "approve", "k", "kill", "/", "filter", "?", "help", "q", "quit"]
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert lines_of(bar)[0].split() == ["a", "approve", "?", "help", "q", "quit"]

    play(bar, scene)


def test_a_click_is_as_good_as_the_key() -> None:
    """A click on a hint asks for its action, beside it for nothing."""
    bar = Bar()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        bar.show(HINTS)
        await pilot.pause()
        await pilot.click(bar, offset=(lines_of(bar)[0].index("/"), 0))
        await pilot.click(bar, offset=(58, 0))
        await pilot.pause()
        assert bar.pressed == ["filter"]

    play(bar, scene)


def test_what_is_not_possible_is_dim() -> None:
    """A key that does nothing now looks it."""
    bar = Bar()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        bar.show(HINTS)
        await pilot.pause()
        dim = {segment.text.strip(): bool(segment.style and segment.style.dim) for segment in bar.render_line(0)}
        assert dim["kill"]
        assert not dim["approve"]

    play(bar, scene)
