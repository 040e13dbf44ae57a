"""A picture of how much happens in each hour of a week."""

from collections.abc import Sequence

SHADES = " ·░▒▓█"
"""From nothing to the most."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WIDE = 2


def hours(counts: Sequence[Sequence[int]]) -> list[str]:
    """Return the picture's lines for seven days of 24 counts, Monday first; each cell is as dark as its count is high.

    Every count above nothing is seen, and the darkest is the highest. Colour says nothing more.
    """
    most = max((count for day in counts for count in day), default=0)
    scale = "".join(f"{hour:<{3 * _WIDE}}" for hour in range(0, 24, 3)).rstrip()
    rows = [
        f"{name} {''.join(_shade(count, most) * _WIDE for count in day)}".rstrip()
        for name, day in zip(_DAYS, counts, strict=True)
    ]
    return [f"    {scale}", *rows]


def legend(counts: Sequence[Sequence[int]]) -> str:
    """Return what the darkest shade stands for."""
    most = max((count for day in counts for count in day), default=0)
    return f"{SHADES[-1]} {most} in that hour of all weeks" if most else "nothing in any hour"


def _shade(count: int, most: int) -> str:
    if count <= 0:
        return SHADES[0]
    darkest = len(SHADES) - 1
    return SHADES[1 + (count * (darkest - 1) - 1) // most] if count < most else SHADES[darkest]
