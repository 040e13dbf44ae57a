"""The line at the bottom: which keys do what now."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.cells import TONE_CLASSES, Tone, tone_css, tone_style

ALWAYS = 2
"""How many hints at the end are never left out."""


class Hint(NamedTuple):
    """One key: what it is called, what it does and whether that is possible now."""

    name: str
    key: str
    words: str
    possible: bool


class KeyBar(Widget):
    """Keys with their words; what is not possible now is dim, and a click works as the key does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    DEFAULT_CSS = "KeyBar { height: 1; background: $panel; }" + tone_css("KeyBar")

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()
        self._places: list[tuple[range, str]] = []

    def show(self, hints: Sequence[Hint]) -> None:
        """Take the keys, the most important first; draws only when something changed."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw as many hints as there is room for."""
        base = self.rich_style
        width = self.size.width
        self._places = []
        segments = [Segment(" ", base)]
        at = 1
        for hint in self._fitting(width - at):
            size = _size(hint)
            key = self._tone(Tone.STRONG if hint.possible else Tone.DIM)
            words = self._tone(Tone.PLAIN if hint.possible else Tone.DIM)
            if not hint.possible:
                key += Style(dim=True)
                words += Style(dim=True)
            segments += [Segment(hint.key, base + key), Segment(f" {hint.words}  ", base + words)]
            self._places.append((range(at, at + size), hint.name))
            at += size
        return Strip(segments).adjust_cell_length(width, base)

    def _fitting(self, width: int) -> list[Hint]:
        """Return the hints that fit; the last two, help and quit, always stay."""
        first, last = self._hints[:-ALWAYS], self._hints[-ALWAYS:]
        left = width - sum(_size(hint) for hint in last)
        fitting = []
        for hint in first:
            left -= _size(hint)
            if left < 0:
                break
            fitting.append(hint)
        return [*fitting, *last]

    def on_click(self, event: events.Click) -> None:
        """Do as the key would."""
        for place, name in self._places:
            if event.x in place:
                self.post_message(self.Pressed(name))

    def _tone(self, tone: Tone) -> Style:
        return tone_style(self, tone)


def _size(hint: Hint) -> int:
    return cell_len(hint.key) + 1 + cell_len(hint.words) + 2
