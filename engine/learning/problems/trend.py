"""How a figure moves: a slope that outliers do not bend, with where it lies, and when it reaches a value."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from state.model.learning.problem import Outlook
from state.model.record import Noun

LEAST = 5
"""From fewer looks nothing is foreseen."""
LEAST_S = 6 * 3600.0
"""Nor from looks that lie closer together than this in all."""
LATEST = 120
"""So many of the latest points are looked at."""
_Z = 1.6449
"""What a normal distribution exceeds once in twenty times, in standard deviations."""
_FARTHEST_S = 10 * 365 * 86_400.0

Point = tuple[datetime, float]


class Trend(Noun, frozen=True, kw_only=True):
    """A slope in units a second: the middle, and where it lies with 90 % confidence."""

    middle: float
    low: float
    high: float
    points: int
    over_s: float
    """From the first point to the last."""


def trend(points: Sequence[Point]) -> Trend | None:
    """Return how a figure moves; None where there is too little to tell.

    Theil and Sen's slope: the median of the slopes between all pairs, with the interval that Kendall's variance gives.
    That takes the points as independent, which looks of the same machine are not quite.
    """
    points = sorted(points)[-LATEST:]
    over_s = (points[-1][0] - points[0][0]).total_seconds() if points else 0.0
    if len(points) < LEAST or over_s < LEAST_S:
        return None
    slopes = sorted(
        (second[1] - first[1]) / apart
        for place, first in enumerate(points)
        for second in points[place + 1 :]
        if (apart := (second[0] - first[0]).total_seconds()) > 0
    )
    n, pairs = len(points), len(slopes)
    spread = _Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = slopes[max(math.floor((pairs - spread) / 2), 0)]
    high = slopes[min(math.ceil((pairs + spread) / 2), pairs - 1)]
    return Trend(middle=slopes[pairs // 2], low=low, high=high, points=n, over_s=over_s)


def empties(found: Trend | None, now: datetime, left: float) -> Outlook | None:
    """Return when something is used up of which `left` is left; None where it is not sure that it shrinks at all."""
    if found is None or found.high >= 0:
        return None
    return Outlook(
        at=now + _after(left, found.middle),
        earliest=now + _after(left, found.low),
        latest=now + _after(left, found.high),
    )


def _after(left: float, slope: float) -> timedelta:
    return timedelta(seconds=min(left / -slope, _FARTHEST_S))
