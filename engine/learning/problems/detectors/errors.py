"""Errors that have become more frequent."""

import math
from datetime import timedelta

from engine.learning.problems.facts import Facts
from state.model.build import Finished
from state.model.learning.problem import Kind, Severity, Sighting

_RECENT = timedelta(days=1)
_BEFORE = timedelta(days=15)
_LEAST = 5
_CHANCE = 0.01
"""What is likelier than this to be chance is no problem."""


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return whether builds fail, or the engine errs, more often than before."""
    return (*_builds(facts), *_engine(facts))


def _builds(facts: Facts) -> tuple[Sighting, ...]:
    counts = {True: [0, 0], False: [0, 0]}
    for build in facts.view.builds.values():
        state = build.state
        if isinstance(state, Finished) and state.ending in ("done", "failed") and facts.now - state.at < _BEFORE:
            counts[facts.now - state.at < _RECENT][state.ending == "failed"] += 1
    (well, failed), (well_before, failed_before) = counts[True], counts[False]
    recent, before = well + failed, well_before + failed_before
    if failed < _LEAST or before < _LEAST or failed * before <= failed_before * recent:
        return ()
    if chance(failed, recent, failed_before, before) >= _CHANCE:
        return ()
    share, share_before = failed / recent, failed_before / before
    return (
        Sighting(
            kind=Kind.ERRORS,
            subject="builds",
            severity=Severity.HIGH if share >= 0.5 else Severity.MEDIUM,
            text=f"{failed} of {recent} builds failed in the last day, {share:.0%}; in the two weeks before it was "
            f"{share_before:.0%}: `midwatch status --completed` lists them; look for what they have in common",
            figures={"failed": failed, "builds": recent, "failed_before": failed_before, "builds_before": before},
        ),
    )


def _engine(facts: Facts) -> tuple[Sighting, ...]:
    errors = facts.errors
    if errors is None or errors.recent < _LEAST or errors.days < 1:
        return ()
    usual = max(errors.before / errors.days, 1.0)
    # How likely so many are where the usual number comes at random moments.
    likely = 1.0 - sum(math.exp(n * math.log(usual) - usual - math.lgamma(n + 1)) for n in range(errors.recent))
    if likely >= _CHANCE:
        return ()
    return (
        Sighting(
            kind=Kind.ERRORS,
            subject="engine",
            severity=Severity.MEDIUM,
            text=f"the engine's log tells of {errors.recent} errors in the last day; before it was about "
            f"{errors.before / errors.days:.1f} a day: `.midwatch/logs/engine.log` has them",
            figures={"errors": errors.recent, "errors_a_day_before": errors.before / errors.days},
        ),
    )


def chance(failed: int, recent: int, failed_before: int, before: int) -> float:
    """Return how likely it is that so many failures are recent ones if nothing has changed (Fisher's exact test)."""
    total, failures = recent + before, failed + failed_before
    ways = math.comb(total, failures)
    most = min(recent, failures)
    return sum(math.comb(recent, k) * math.comb(before, failures - k) for k in range(failed, most + 1)) / ways
