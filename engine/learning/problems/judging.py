"""All rules on problems, asked about one look."""

from collections.abc import Callable, Mapping

from engine.learning.problems.detectors import (
    backlog,
    clock,
    errors,
    expiring,
    failing,
    growing,
    memory,
    schedules,
    space,
    stale,
)
from engine.learning.problems.facts import Facts
from state.model.learning.problem import Kind, Sighting

DETECTORS: Mapping[Kind, Callable[[Facts], tuple[Sighting, ...] | None]] = {
    Kind.DISK: space.look,
    Kind.MEMORY: memory.look,
    Kind.FAILING: failing.look,
    Kind.STALE: stale.look,
    Kind.ERRORS: errors.look,
    Kind.GROWING: growing.look,
    Kind.EXPIRING: expiring.look,
    Kind.CLOCK: clock.look,
    Kind.SCHEDULE: schedules.look,
    Kind.BACKLOG: backlog.look,
}
"""The rule of each kind; None where there is too little to judge by."""


def judge(facts: Facts) -> tuple[tuple[Sighting, ...], tuple[Kind, ...]]:
    """Return what was seen, the worst first, and which kinds could be judged at all."""
    answers = {kind: look(facts) for kind, look in DETECTORS.items()}
    seen = [sighting for found in answers.values() for sighting in found or ()]
    seen.sort(key=lambda sighting: (sighting.severity.rank, sighting.id))
    return tuple(seen), tuple(kind for kind, found in answers.items() if found is not None)
