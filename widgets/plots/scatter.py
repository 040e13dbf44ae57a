"""A picture of a value among those before it, with the band in which it should lie."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

DOT, POINT, EDGE, CENTRE = "•", "◆", "┄", "─"
HEIGHT = 9
WIDTH = 76
_NARROWEST = 16
"""Columns that the values have at least, whatever the labels take."""


class Lines(NamedTuple):
    """The levels that are drawn across; None draws none."""

    low: float | None
    centre: float
    high: float


def scatter(
    before: Sequence[float],
    value: float,
    lines: Lines,
    show: Callable[[float], str],
    *,
    start: float = 1.0,
    width: int = WIDTH,
) -> list[str]:
    """Return the picture's lines: each value before is a dot, the oldest at the left, and the value the last point.

    The scale is logarithmic: `start`, which must be above 0, is added before the logarithm is taken, so that there is
    room for 0. `show` gives a level's label. It says the same without any colour, and each line fits `width` cells.
    """
    levels = [lines.high, lines.centre, *([] if lines.low is None else [lines.low])]
    place = _rows([*before, value, *levels], start)
    labels = dict.fromkeys(range(HEIGHT), "")
    for level in (lines.low, lines.centre, lines.high, value):
        if level is not None:
            labels[place(level)] = show(level)
    room = max(map(cell_len, labels.values()))
    across = max(width - room - 3, _NARROWEST)
    grid = [[" "] * across for _ in range(HEIGHT)]
    for level in levels:
        grid[place(level)] = [CENTRE if level == lines.centre else EDGE] * across
    for number, each in enumerate(before):
        grid[place(each)][round(number * (across - 1) / len(before))] = DOT
    grid[place(value)][-1] = POINT
    drawn = [_line(labels[row], room, "┤" if labels[row] else "│", "".join(grid[row])) for row in range(HEIGHT)]
    return [*drawn, _line("", room, "└", CENTRE * across), _line("", room, " ", _feet(len(before), across))]


def legend(count: int, *, low: bool) -> str:
    """Return what the signs mean."""
    edges = "edges of the band" if low else "upper edge of the band"
    return f"{DOT} {count} builds before   {POINT} this one   {EDGE} {edges}   {CENTRE} median"


def _rows(values: Sequence[float], start: float) -> Callable[[float], int]:
    """Return what gives a value's row, 0 being the highest."""
    logs = [math.log(max(value, 0.0) + start) for value in values]
    bottom, top = min(logs), max(logs)
    span = (top - bottom) or 1.0

    def place(value: float) -> int:
        share = (math.log(max(value, 0.0) + start) - bottom) / span
        return HEIGHT - 1 - round(share * (HEIGHT - 1))

    return place


def _feet(count: int, across: int) -> str:
    left, right = "oldest" if count > 1 else "", "this build"
    return left + right.rjust(across - len(left))


def _line(label: str, room: int, axis: str, rest: str) -> str:
    return f"{' ' * (room - cell_len(label))}{label} {axis}{rest}".rstrip()
