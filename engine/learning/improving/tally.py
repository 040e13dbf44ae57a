"""How each group of builds has fared, weak or not."""

from collections.abc import Iterable

from engine.learning.improving.runs import Group, failed_check
from engine.telemetry.odds import LEAST, middle, wilson
from state.model.record import Noun


class Tally(Noun, frozen=True, kw_only=True):
    """The figures of one group."""

    by: str
    name: str
    builds: int
    done: int
    failed: int
    low: float | None
    high: float | None
    """Where the share that is done lies with 90 % confidence; None with fewer than five that ended by themselves."""
    unverified: int
    """Results that did not pass."""
    again: int
    """Builds that were not their task's first."""
    held: int
    """Builds that stood still at a limit."""
    asked: int
    """Tasks that anything was asked about."""
    estimate: float | None
    """How long builds took as a multiple of their estimate, in the middle; None with fewer than five."""


def tally(groups: Iterable[Group]) -> list[Tally]:
    """Return the figures of every group."""
    return [_of(group) for group in groups]


def _of(group: Group) -> Tally:
    done = sum(run.ending == "done" for run in group.runs)
    failed = sum(run.ending == "failed" for run in group.runs)
    ratios = sorted(
        run.hours / run.task.spec.hours for run in group.runs if run.ending == "done" and run.task.spec.hours
    )
    low, high = wilson(done, done + failed) if done + failed >= LEAST else (None, None)
    return Tally(
        by=group.by,
        name=group.name,
        builds=len(group.runs),
        done=done,
        failed=failed,
        low=low,
        high=high,
        unverified=sum(map(failed_check, group.runs)),
        again=sum(run.build.attempt > 1 for run in group.runs),
        held=sum(bool(run.held_for) for run in group.runs),
        asked=len(set().union(*group.asked.values())),
        estimate=middle(ratios) if len(ratios) >= LEAST else None,
    )
