"""What one look changes in what is known of problems."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from state.model.learning.problem import Fixed, Kind, Problem, Sighting

GONE = "it is not there any more"


def note(
    known: Mapping[str, Problem], seen: Iterable[Sighting], looked: Iterable[Kind], now: datetime
) -> tuple[Problem, ...]:
    """Return the rows that a look changes: those that were seen, and those of the kinds looked at that were not."""
    rows = {sighting.id: _seen(known.get(sighting.id), sighting, now) for sighting in seen}
    kinds = frozenset(looked)
    gone = [
        msgspec.structs.replace(problem, gone_at=now, gone=_why(problem))
        for problem in known.values()
        if problem.open and problem.id not in rows and problem.seen.kind in kinds
    ]
    return (*rows.values(), *gone)


def _seen(before: Problem | None, sighting: Sighting, now: datetime) -> Problem:
    if before is None:
        return Problem(id=sighting.id, seen=sighting, first_at=now, last_at=now)
    if before.open:
        return msgspec.structs.replace(before, seen=sighting, last_at=now, count=before.count + 1)
    return msgspec.structs.replace(before, seen=sighting, first_at=now, last_at=now, count=1, gone_at=None, gone="")


def _why(problem: Problem) -> str:
    return "it was fixed" if problem.tried_at is not None and problem.tried_at >= problem.last_at else GONE


def tried(problem: Problem, fixed: Fixed, now: datetime) -> Problem:
    """Return the row of a problem about which something was done, or tried."""
    return msgspec.structs.replace(problem, tried_at=now, fixes=problem.fixes + fixed.ok)
