"""Text fitted into terminal cells."""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.style import Style as VisualStyle
from textual.widget import Widget

from state.text import clean


class Tone(StrEnum):
    """What a piece of text means, for the style sheet to colour; the words must say it too."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    BUSY = "busy"
    STRONG = "strong"
    ADDED = "added"
    REMOVED = "removed"


class Cell(NamedTuple):
    """A piece of text and what it means."""

    text: str
    tone: Tone = Tone.PLAIN


class Column(NamedTuple):
    """A column's width in cells; `share` of what is left over goes on top of it."""

    width: int
    share: int = 0
    number: bool = False
    """Whether its texts stand at its right edge, as numbers do."""


TONE_CLASSES = frozenset(f"tone--{tone}" for tone in Tone)
"""The component classes that a widget which draws tones declares."""


def tone_css(widget: str) -> str:
    """Return the style rules of all tones for one widget class."""
    rules = {
        Tone.PLAIN: "color: $foreground;",
        Tone.DIM: "color: $text-muted;",
        Tone.GOOD: "color: $text-success;",
        Tone.WARN: "color: $text-warning;",
        Tone.BAD: "color: $text-error; text-style: bold;",
        Tone.BUSY: "color: $text-primary;",
        Tone.STRONG: "color: $foreground; text-style: bold;",
        Tone.ADDED: "color: $text-success;",
        Tone.REMOVED: "color: $text-error;",
    }
    return "\n".join(f"{widget} > .tone--{tone} {{ {rule} }}" for tone, rule in rules.items())


def tone_style(widget: Widget, tone: Tone) -> Style:
    """Return what a tone looks like on a widget's ground, and nothing of the ground itself: a row may have another."""
    return _without_ground(widget.get_visual_style(f"tone--{tone}"))


@lru_cache(maxsize=256)
def _without_ground(seen: VisualStyle) -> Style:
    # A component's own colour may be see-through, which says nothing without the ground that it is mixed with.
    mixed = seen.rich_style
    return Style(color=mixed.color, bold=mixed.bold, italic=mixed.italic, underline=mixed.underline)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return foreign text as exactly `width` cells: harmless, on one line, cut with an ellipsis or padded.

    It stands at the left edge, or at the `right` one.
    """
    if width <= 0:
        return ""
    text = one_line(text)
    if right:
        text = " " * (width - cell_len(text)) + text
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def one_line(text: str) -> str:
    """Return foreign text without control sequences, its lines and tabs joined by spaces."""
    return " ".join(clean(text).split())


def widths(columns: tuple[Column, ...], total: int) -> tuple[int, ...]:
    """Return each column's width in `total` cells, one cell apart; the last ones give way when there is no room."""
    left = total - (len(columns) - 1)
    result = []
    spare = max(0, left - sum(column.width for column in columns))
    shares = sum(column.share for column in columns)
    for column in columns:
        width = column.width + (spare * column.share // shares if shares else 0)
        width = max(0, min(width, left))
        result.append(width)
        left -= width
    if left > 0 and shares:
        last = max(index for index, column in enumerate(columns) if column.share)
        result[last] += left
    return tuple(result)
