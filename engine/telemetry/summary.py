"""What each kind of build usually comes to, in a few numbers."""

import statistics
from typing import NamedTuple

from engine.policy.bands.band import RECENT, WINDOW, band
from engine.policy.bands.figures import FAILURES, OF_RUNS, RETRIES, Figure
from engine.policy.bands.kinds import Kind
from engine.telemetry.history import History
from state.model.anomaly import Band


class Summary(NamedTuple):
    """One figure of one kind, in the figure's own unit."""

    kind: Kind
    figure: Figure
    n: int
    median: float
    mad: float
    """The median absolute deviation from the median."""
    band: Band | None
    """None where too little is known; failures have none."""
    last: float


def summed_up(history: History, *, sigma: float, least: int) -> list[Summary]:
    """Return every figure of every kind of which something is known, the widest kind first."""
    found = []
    for kind in history.kinds():
        for figure in (*OF_RUNS, RETRIES):
            values = history.values(kind, figure)
            if values:
                made = band(values, figure, kind.words, sigma=sigma, least=least)
                found.append(_summary(kind, figure, values, made))
        failed = history.failures(kind)[-WINDOW:]
        if failed:
            # In each stretch of as many builds as are judged together.
            rows = [float(sum(failed[max(0, end - RECENT) : end])) for end in range(1, len(failed) + 1)]
            found.append(_summary(kind, FAILURES, tuple(rows), None))
    return found


def _summary(kind: Kind, figure: Figure, values: tuple[float, ...], made: Band | None) -> Summary:
    middle = statistics.median(values)
    mad = statistics.median(abs(value - middle) for value in values)
    return Summary(kind=kind, figure=figure, n=len(values), median=middle, mad=mad, band=made, last=values[-1])
