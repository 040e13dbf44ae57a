"""Finds what is usually wanted a while after something else."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engine.learning.patterns.history import Happening
from engine.learning.patterns.likeness import Likeness
from engine.learning.patterns.rhythms import CHANCE, LEAST, LIKELY
from engine.telemetry.odds import Sure, log_chance, middle, sure

MOST = 10_000
"""So many of the latest happenings are looked at."""

_NEIGHBOURS = 16
"""So many happenings before one are what it may follow."""
_DAY_S = 86_400.0
"""What comes later than this follows nothing."""
_TOGETHER_S = 60.0
"""What comes sooner than this was asked for together with it, and cannot be foretold."""
_AWAKE = 3.0
"""People do what they do in a third of the day: so much likelier is a moment of it by chance."""


class Succession(NamedTuple):
    """What follows on what, how often and after how long."""

    first: Likeness
    then: Likeness
    sure: Sure
    lag_s: float
    """In the middle."""
    latest_s: float
    """Nine of ten came within this."""
    open: tuple[datetime, ...]
    """When the first came and the other has not yet come, though it may."""


def find(
    tasks: Mapping[Likeness, Sequence[Happening]], now: datetime, known: Collection[Likeness] = ()
) -> list[Succession]:
    """Return what follows on what by `now`; what is `known` to come by itself follows nothing."""
    often = {like: found for like, found in tasks.items() if len(found) >= LEAST}
    if len(often) < 2:
        return []
    span_days = max(1.0, (now - min(found[0].at for found in often.values())).total_seconds() / _DAY_S)
    tries = len(often) * (len(often) - 1)
    succession = []
    for first, then, hits in _pairs(often, known):
        lags = sorted(hits.values())
        latest_s = lags[math.ceil(0.9 * len(lags)) - 1]
        occasions, still = _occasions(often[first], hits, now, latest_s)
        how = sure(occasions)
        within_days = latest_s / _DAY_S
        a_day = len(often[then]) / span_days
        by_chance = -math.expm1(-a_day * min(_AWAKE * within_days, max(1.0, within_days)))
        unlikely = log_chance(how.hits, how.n, by_chance) + math.log(tries) < math.log(CHANCE)
        if how.hits >= LEAST and how.confidence >= LIKELY and unlikely:
            succession.append(Succession(first, then, how, middle(lags), latest_s, still))
    return _closest(succession)


def _pairs(
    often: Mapping[Likeness, Sequence[Happening]], known: Collection[Likeness]
) -> Iterator[tuple[Likeness, Likeness, dict[int, float]]]:
    """Yield what followed on what often enough: which of the first were followed, each with the seconds between.

    Each happening is credited to the latest one of each other kind before it, once.
    """
    kinds = list(often)
    alone = {number for number, like in enumerate(kinds) if like in known}
    line = sorted(
        (one.at.timestamp(), kind, number)
        for kind, found in enumerate(often.values())
        for number, one in enumerate(found)
    )[-MOST:]
    pairs: dict[tuple[int, int], dict[int, float]] = {}
    for index, (at, then, _) in enumerate(line):
        if then in alone:
            continue
        seen = {then}
        for earlier, first, number in reversed(line[max(0, index - _NEIGHBOURS) : index]):
            lag = at - earlier
            if lag > _DAY_S:
                break
            if lag >= _TOGETHER_S and first not in seen:
                seen.add(first)
                pairs.setdefault((first, then), {}).setdefault(number, lag)
    for (earlier_kind, later_kind), hits in pairs.items():
        if len(hits) >= LEAST:
            yield kinds[earlier_kind], kinds[later_kind], hits


def _occasions(
    first: Sequence[Happening], hits: Collection[int], now: datetime, latest_s: float
) -> tuple[list[bool], tuple[datetime, ...]]:
    """Return whether it was followed, the latest first, and those after which it may still come.

    Several that were followed once together are one occasion: the one that it followed.
    """
    occasions: list[bool] = []
    still = []
    until: datetime | None = None
    for number in range(len(first) - 1, -1, -1):
        at = first[number].at
        if number in hits:
            occasions.append(True)
        elif (now - at).total_seconds() <= latest_s:
            still.append(at)
        elif until is None or (until - at).total_seconds() > latest_s:
            occasions.append(False)
        until = at
    return occasions, tuple(still[::-1])


def _closest(found: list[Succession]) -> list[Succession]:
    """Keep for what follows the surest of all that it follows on, and of those the nearest."""
    best: dict[Likeness, Succession] = {}
    for one in sorted(found, key=lambda one: (-one.sure.confidence, one.lag_s)):
        best.setdefault(one.then, one)
    return list(best.values())
