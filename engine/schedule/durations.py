"""How long the builds of a task are taken to last, where nobody can know it yet."""

import math
import random
import statistics
from collections.abc import Sequence

from engine.policy.bands.figures import DURATION
from engine.policy.bands.kinds import Kind, kinds
from engine.policy.estimate import ASSUMED_S
from engine.telemetry.history import History
from state.model.record import Noun
from state.model.task import Spec

FEWEST = 10
"""Builds that ended well from which a duration is concluded."""
SHARE = 0.8
"""How likely the next build lasts as long as an interval says."""
SPREAD = 0.3
"""Of an estimate: two thirds of the builds last between 0.74 and 1.35 times as long (e to the power of it)."""
GUESS_SPREAD = 0.6
"""Of a default that knows nothing of the task."""
_LEAST_S = 1.0
_Z = 1.2816
"""Between this many deviations to either side of the median lie four of five values of a normal distribution."""


class Expected(Noun, frozen=True, kw_only=True):
    """How long a build lasts, in seconds: about the median, and four times of five between low and high."""

    low_s: float
    median_s: float
    high_s: float
    spread: float
    """The deviation of its logarithm."""
    source: str
    """`history`, `estimate` or `default`."""
    builds: int = 0
    """From how many builds a history is."""

    @property
    def said(self) -> str:
        """What it rests on, such as `history of 14`."""
        return f"{self.source} of {self.builds}" if self.builds else self.source


class Durations:
    """What the builds of the past and the estimates of the tasks say of the builds to come."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: dict[Kind, Expected | None] = {}

    def expected(self, spec: Spec) -> Expected:
        """Return what is known of a task.

        That is the history of its category, runner and repository; else its own estimate; else the history of its
        category, which an estimate made for this very task beats; else a default.
        """
        own, category, _ = kinds(spec)
        known = self._of(own)
        if known is None and spec.hours is not None:
            return _assumed(spec.hours * 3600.0, SPREAD, "estimate")
        return known or self._of(category) or _assumed(ASSUMED_S, GUESS_SPREAD, "default")

    def _of(self, kind: Kind) -> Expected | None:
        if kind not in self._known:
            self._known[kind] = _learned(self._history.values(kind, DURATION))
        return self._known[kind]

    def draw_s(self, spec: Spec, attempt: int, seed: int) -> float:
        """Return how long one attempt lasts, in seconds: the same for the same seed, whatever else happens."""
        length = self.expected(spec)
        dice = random.Random(f"{seed}:duration:{spec.label}:{attempt}")
        return max(dice.lognormvariate(math.log(length.median_s), length.spread), _LEAST_S)


def _learned(lasted_s: Sequence[float]) -> Expected | None:
    """Return what builds of one kind say of the next one; None from too few.

    The interval supposes nothing of how durations are spread: the next of n + 1 values that come in any order lies
    between the k-th smallest and the k-th largest of the others in n + 1 - 2 k of n + 1 cases.
    """
    if len(lasted_s) < FEWEST:
        return None
    ordered = sorted(max(lasting_s, _LEAST_S) for lasting_s in lasted_s)
    count = len(ordered)
    # The small amount is for shares that come to a whole number but for the last digit.
    rank = max(1, math.floor((count + 1) * (1 - SHARE) / 2 + 1e-9))
    return Expected(
        low_s=ordered[rank - 1],
        median_s=statistics.median(ordered),
        high_s=ordered[count - rank],
        spread=statistics.stdev(map(math.log, ordered)),
        source="history",
        builds=count,
    )


def _assumed(median_s: float, spread: float, source: str) -> Expected:
    median_s = max(median_s, _LEAST_S)
    reach = math.exp(_Z * spread)
    return Expected(
        low_s=max(median_s / reach, _LEAST_S), median_s=median_s, high_s=median_s * reach, spread=spread, source=source
    )


def fails(spec: Spec, attempt: int, seed: int, share: float) -> bool:
    """Return whether one attempt is among the `share` (0 to 1) of attempts that fail."""
    return random.Random(f"{seed}:failure:{spec.label}:{attempt}").random() < share
