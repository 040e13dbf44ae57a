"""How long the builds of a task are taken to last, where nobody can know it yet."""

import math
import random
import statistics
from collections.abc import Iterable, Mapping

from engine.policy.estimate import ASSUMED_S
from state.model import build as b
from state.model.record import Noun
from state.model.task import Category, Spec, Task

FEWEST = 3
"""Finished builds of a category from which a duration is concluded."""
SPREAD = 0.3
"""Of an estimate: two thirds of the builds last between 0.74 and 1.35 times as long (e to the power of it)."""
GUESS_SPREAD = 0.6
"""Of a default that knows nothing of the task."""
_LEAST_S = 1.0


class Length(Noun, frozen=True, kw_only=True):
    """The median of a lognormal distribution in seconds, the deviation of its logarithm, and what they come from."""

    median_s: float
    spread: float
    source: str
    """`estimate`, `history` or `default`."""


class Durations:
    """What the builds of the past and the estimates of the tasks say of the builds to come."""

    def __init__(self, tasks: Mapping[str, Task], builds: Iterable[b.Build]) -> None:
        lasted: dict[Category, list[float]] = {}
        for build in builds:
            task = tasks.get(build.label)
            done = isinstance(build.state, b.Finished) and build.state.ending == "done"
            if done and task is not None and build.started_at is not None and build.ended_at is not None:
                lasting_s = (build.ended_at - build.started_at).total_seconds()
                lasted.setdefault(task.spec.category, []).append(math.log(max(lasting_s, _LEAST_S)))
        self._known = {
            category: Length(
                median_s=math.exp(statistics.median(logs)), spread=statistics.stdev(logs), source="history"
            )
            for category, logs in lasted.items()
            if len(logs) >= FEWEST
        }

    def expected(self, spec: Spec) -> Length:
        """Return what is known of a task: its own estimate, else the history of its category, else a default."""
        if spec.hours is not None:
            return Length(median_s=max(spec.hours * 3600.0, _LEAST_S), spread=SPREAD, source="estimate")
        return self._known.get(spec.category, Length(median_s=ASSUMED_S, spread=GUESS_SPREAD, source="default"))

    def draw_s(self, spec: Spec, attempt: int, seed: int) -> float:
        """Return how long one attempt lasts, in seconds: the same for the same seed, whatever else happens."""
        length = self.expected(spec)
        dice = random.Random(f"{seed}:duration:{spec.label}:{attempt}")
        return max(dice.lognormvariate(math.log(length.median_s), length.spread), _LEAST_S)


def fails(spec: Spec, attempt: int, seed: int, share: float) -> bool:
    """Return whether one attempt is among the `share` (0 to 1) of attempts that fail."""
    return random.Random(f"{seed}:failure:{spec.label}:{attempt}").random() < share
