"""How builds have fared, by category, with no more certainty than their number allows."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.reports.runs import Span, ending, merged_at, over_at, ran_s
from engine.telemetry.odds import LEAST, middle, of_middle, wilson
from state.model.build import Build
from state.model.counts.tokens import total
from state.model.escalation import EscalationKind
from state.model.record import Noun
from state.model.view import View

ALL = "all"
"""The row that adds up the others."""

_ASKING = (EscalationKind.APPROVAL_NEEDED, EscalationKind.REVIEW_NEEDED)


class Interval(Noun, frozen=True, kw_only=True):
    """Where a figure lies with 90 % confidence."""

    low: float
    high: float


class Rate(Noun, frozen=True, kw_only=True):
    """How many of `n` succeeded."""

    n: int
    successes: int
    interval: Interval | None
    """None with fewer than five cases."""


class Durations(Noun, frozen=True, kw_only=True):
    """How long `n` things took, in seconds."""

    n: int
    median_s: float | None
    """None without any."""
    p90_s: float | None
    """Nine of ten took at most this long; None with fewer than five."""
    interval: Interval | None
    """Where the median lies; None with fewer than five."""


class Row(Noun, frozen=True, kw_only=True):
    """The builds of one category, or all of them."""

    category: str
    builds: int
    """Those that were over in the span."""
    rate: Rate
    """Of those that came to an end of their own: neither killed nor unknown."""
    ran: Durations
    """How long the commands of builds that succeeded ran."""
    again: int
    """Builds that were not their task's first."""
    merged: int
    killed: int
    unknown: int
    tokens: int
    """What they used of language models, by their own word."""
    spent: int
    """Micro-dollars."""


class Stats(Noun, frozen=True, kw_only=True):
    """All figures of a span."""

    span: Span
    rows: tuple[Row, ...]
    """By category, those without a build left out; the last one is that of all."""
    waited: Durations
    """How long questions for an approval or a review waited until they were answered."""
    waiting: int
    """Such questions that are open."""


def count(view: View, span: Span) -> Stats:
    """Return the figures of the builds that were over in a span."""
    by_category: dict[str, list[Build]] = {}
    over = [build for build in view.builds.values() if span.holds(over_at(build))]
    for build in over:
        task = view.tasks.get(build.label)
        by_category.setdefault(task.spec.category.value if task else "", []).append(build)
    rows = [_row(category, builds, view.at) for category, builds in sorted(by_category.items())]
    asked = [asked for asked in view.escalations.values() if asked.type in _ASKING]
    answered = [
        (asked.answered_at - asked.created_at).total_seconds()
        for asked in asked
        if asked.answered_at is not None and span.holds(asked.answered_at)
    ]
    return Stats(
        span=span,
        rows=(*rows, _row(ALL, over, view.at)),
        waited=durations(answered),
        waiting=sum(asked.open for asked in asked),
    )


def rate(successes: int, n: int) -> Rate:
    """Return a rate; with fewer than five cases nothing is said of it but the cases themselves."""
    return Rate(n=n, successes=successes, interval=_between(wilson(successes, n)) if n >= LEAST else None)


def durations(values_s: Iterable[float]) -> Durations:
    """Return the middle of some durations, and bounds that suppose nothing of how they are spread."""
    ordered = sorted(max(0.0, value) for value in values_s)
    n = len(ordered)
    if not n:
        return Durations(n=0, median_s=None, p90_s=None, interval=None)
    median = middle(ordered)
    if n < LEAST:
        return Durations(n=n, median_s=median, p90_s=None, interval=None)
    p90 = ordered[math.ceil(0.9 * n) - 1]
    return Durations(n=n, median_s=median, p90_s=p90, interval=_between(of_middle(ordered)))


def _between(ends: tuple[float, float]) -> Interval:
    return Interval(low=ends[0], high=ends[1])


def _row(category: str, builds: Sequence[Build], now: datetime) -> Row:
    done = [build for build in builds if ending(build) == "done"]
    failed = sum(ending(build) == "failed" for build in builds)
    return Row(
        category=category,
        builds=len(builds),
        rate=rate(len(done), len(done) + failed),
        ran=durations(ran_s(build, now) for build in done if build.started_at is not None),
        again=sum(build.attempt > 1 for build in builds),
        merged=sum(merged_at(build) is not None for build in builds),
        killed=sum(ending(build) == "killed" for build in builds),
        unknown=sum(ending(build) == "unknown" for build in builds),
        tokens=sum(total(build.tokens) for build in builds),
        spent=sum(build.spent for build in builds),
    )
