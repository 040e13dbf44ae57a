"""What is likely to be wanted in the days to come, and why."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from engine.learning.patterns.learn import Routine
from engine.learning.patterns.likeness import ANSWERS, Likeness
from engine.policy.times import lasting
from state.model.record import Noun


class Prediction(Noun, frozen=True, kw_only=True):
    """One time at which something is expected."""

    pattern: str
    """The pattern's id."""
    like: Likeness
    at: datetime
    earliest: datetime
    latest: datetime
    confidence: float
    text: str
    """What, in words."""
    why: str
    label: str
    """The latest task of the kind; empty for the operator's answers."""


def predict(routines: Iterable[Routine], now: datetime, until: datetime, zone: tzinfo) -> list[Prediction]:
    """Return what is expected after a moment and not after another, in the order of time.

    What has come already on its occasion, somewhat early, is not expected again.
    """
    found = [one for routine in routines for one in _coming(routine, now, until, zone)]
    return sorted(found, key=lambda one: (one.at, one.pattern))


def _coming(routine: Routine, now: datetime, until: datetime, zone: tzinfo) -> Iterable[Prediction]:
    if routine.rhythm is not None:
        give = timedelta(minutes=routine.rhythm.give_min)
        for at in routine.rhythm.coming(now - give, until, zone):
            if routine.last_at < at - give:
                yield _told(routine, at, give, give)
        return
    lag = timedelta(seconds=routine.lag_s)
    for begun in routine.open:
        latest = timedelta(seconds=routine.latest_s) - lag
        if begun + lag + latest > now and begun + lag <= until:
            yield _told(routine, max(begun + lag, now), timedelta(), max(latest, timedelta()))


def _told(routine: Routine, at: datetime, before: timedelta, after: timedelta) -> Prediction:
    return Prediction(
        pattern=routine.id,
        like=routine.like,
        at=at,
        earliest=at - before,
        latest=at + after,
        confidence=routine.sure.confidence,
        text=routine.like.said(),
        why=why(routine),
        label="" if routine.like == ANSWERS else routine.last_label,
    )


def why(routine: Routine) -> str:
    """Return what a routine is concluded from, in words."""
    sure = routine.sure
    come = f"came on {sure.hits} of {sure.n} occasions after the first"
    if routine.rhythm is None:
        come = f"came after it on {sure.hits} of {sure.n} occasions, nine of ten within {lasting(routine.latest_s)}"
    return f"{routine.said()}: {come} (90 % sure: {sure.low:.0%} to {sure.high:.0%})"


def awake(routines: Sequence[Routine]) -> tuple[Routine, ...]:
    """Return when the operator usually answers."""
    return tuple(routine for routine in routines if routine.like == ANSWERS)
