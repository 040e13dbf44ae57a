"""When builds ran and what became of them, as every report counts it."""

from datetime import datetime, timedelta

from state.model.build import Build, Finished, Result
from state.model.record import Noun

ENDINGS = ("failed", "killed", "unknown")
"""How a build can be over without having done what was asked."""


class Span(Noun, frozen=True, kw_only=True):
    """A stretch of time, without its last moment."""

    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime | None) -> bool:
        """Whether a moment lies in it; none never does."""
        return at is not None and self.starts_at <= at < self.ends_at

    def shared_s(self, start: datetime, end: datetime) -> float:
        """Return how much of it lies between two moments, in seconds."""
        return max(0.0, (min(end, self.ends_at) - max(start, self.starts_at)).total_seconds())


def merged_at(build: Build) -> datetime | None:
    """Return when its result became part of the operator's branch; None when it did not."""
    return build.delivered.at if build.delivered.result is Result.YES else None


def over_at(build: Build) -> datetime | None:
    """Return when it was over; None while it is not."""
    return build.state.at if isinstance(build.state, Finished) else None


def ending(build: Build) -> str:
    """Return `done`, `failed`, `killed` or `unknown`; nothing while it is not over."""
    return build.state.ending if isinstance(build.state, Finished) else ""


def ran(build: Build, now: datetime) -> tuple[datetime, datetime] | None:
    """Return from when to when its command ran, to `now` where it still runs; None where it never did.

    The time for which its result then waited for the operator does not count.
    """
    if build.started_at is None:
        return None
    until = build.executed.at or build.ended_at or (now if build.occupies else build.started_at)
    return build.started_at, max(until, build.started_at)


def ran_s(build: Build, now: datetime) -> float:
    """Return for how long its command ran, in seconds."""
    found = ran(build, now)
    return (found[1] - found[0]).total_seconds() if found else 0.0


def started_between(build: Build, span: Span) -> bool:
    """Whether its command began to run in a span."""
    return span.holds(build.started_at)


def until_now(start: datetime, now: datetime) -> Span:
    """Return the span from a moment to now, this very moment included; never an empty one."""
    return Span(starts_at=start, ends_at=max(now, start) + timedelta(microseconds=1))
