"""The band in which a figure of a build usually lies."""

import math
from collections.abc import Sequence
from statistics import NormalDist, median

from engine.policy.bands.figures import FIGURES, Figure
from state.model.anomaly import Anomaly, Band

WINDOW = 50
"""How many builds a band is made of at most, the latest ones."""
SPREAD = 0.15
"""The least standard deviation of a figure's logarithm: a history without any spread allows for as much."""
RECENT = 5
"""Of so many builds the failures are counted."""

_HIGHEST_LOG = 41.0
"""An edge beyond some 1e17 is none that a figure could reach, and more would overflow."""
_OF_MAD = 1.4826
"""What makes the median absolute deviation of a normal distribution its standard deviation."""


def band(history: Sequence[float], figure: Figure, kind: str, *, sigma: float, least: int) -> Band | None:
    """Return the band that the latest builds make, oldest first; None when there are fewer than `least`. Pure.

    The value that will be judged must not be among them. On a logarithmic scale, because what builds take and make
    varies by factors: on a linear one a history of lognormal values calls six times as many of its own kind strange
    (`./run bench anomalies`). Centre and spread are the median and the median absolute deviation, which half of the
    history cannot move at will.
    """
    values = tuple(history[-WINDOW:])
    if len(values) < max(least, 2):
        return None
    logs = sorted(math.log(max(value, 0.0) + figure.start) for value in values)
    centre = median(logs)
    spread = max(_OF_MAD * median(abs(value - centre) for value in logs), SPREAD)
    reach = widened(sigma, len(logs)) * spread
    # What was seen twice is usual, and so is what differs little from it: without this a history of two kinds of
    # builds, quick ones and slow ones, would call every slow one strange.
    high = max(centre + reach, logs[-2] + SPREAD)
    low = min(centre - reach, logs[1] - SPREAD)
    middle = _unlog(centre, figure)
    return Band(
        low=_short(max(0.0, min(_unlog(low, figure), middle - figure.reach))) if figure.low else 0.0,
        high=_short(max(_unlog(high, figure), middle + figure.reach)),
        centre=_short(middle),
        sigma=sigma,
        kind=kind,
        history=tuple(map(_short, values)),
    )


def widened(sigma: float, n: int) -> float:
    """Return how many spreads of `n` values make as rare a miss as `sigma` standard deviations that are known.

    A spread that was estimated from few values may be far too small. The next value's distance from the median, in
    estimated spreads, is distributed much like Student's t with 0.39 n degrees of freedom: the median absolute
    deviation wastes about that share of what n values say. The quantile is Wallace's (1959), which is within 2 %.
    """
    freedom = 0.39 * n + 0.3
    distance = sigma * (8 * freedom + 3) / (8 * freedom + 1)
    return math.sqrt(freedom * math.expm1(distance * distance / freedom) * (1 + math.pi / (2 * n)))


def within_reach(value: float, figure: Figure) -> bool:
    """Whether a value is so little that no band of the figure can leave it out, whatever builds were like."""
    return not figure.low and value <= figure.reach


def outside(value: float, found: Band) -> bool:
    """Whether a value is out of its band."""
    return value > found.high or value < found.low


def usual(found: Band) -> tuple[float, float]:
    """Return between which values eight of ten builds of the history lay."""
    ordered = sorted(found.history)
    aside = len(ordered) // 10
    return ordered[aside], ordered[-1 - aside]


def judged(value: float, figure: Figure, found: Band) -> str:
    """Return a value against its band in words."""
    low, high = map(figure.show, usual(found))
    often = f"usual {low} to {high}" if low != high else f"usual {low}"
    edge = f"up to {figure.show(found.high)}" if value >= found.centre else f"down to {figure.show(found.low)}"
    builds = f"from {found.n} builds ({found.kind})"
    return f"{figure.words} {figure.show(value)}; {often}, {found.sigma:g} sigma band {edge}, {builds}"


def said(anomaly: Anomaly) -> str:
    """Return the value of an anomaly in words, whatever its figure is."""
    figure = FIGURES.get(anomaly.figure)
    return figure.show(anomaly.value) if figure else f"{anomaly.value:g}"


def failing(before: Sequence[bool], last: Sequence[bool], *, sigma: float, least: int) -> float | None:
    """Return how many of the `last` builds may fail, going by whether those `before` them did; None for too few.

    More of them failing would be as rare as `sigma` standard deviations on one side, by the binomial distribution. The
    share is Laplace's, one failure and one success more than were seen, so that a clean history still allows for some.
    """
    if len(before) < least or not last:
        return None
    share = (sum(before) + 1) / (len(before) + 2)
    rare = 1 - NormalDist().cdf(sigma)
    tail = 0.0
    for count in range(len(last), 0, -1):
        tail += math.comb(len(last), count) * share**count * (1 - share) ** (len(last) - count)
        if tail > rare:
            return float(count)
    return 0.0


def _unlog(value: float, figure: Figure) -> float:
    return max(0.0, math.exp(min(value, _HIGHEST_LOG)) - figure.start)


def _short(value: float) -> float:
    """Six digits: what is kept of each value, and what it is judged by."""
    return float(f"{value:.6g}")
