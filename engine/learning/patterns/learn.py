"""All routines that a view tells of: by the clock, and one thing after another."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, tzinfo

import msgspec

from engine.learning.patterns import follows, rhythms
from engine.learning.patterns.follows import Succession
from engine.learning.patterns.history import Happening, History, gather
from engine.learning.patterns.likeness import ANSWERS, Likeness
from engine.learning.patterns.rhythm import Rhythm
from engine.policy.times import lasting
from engine.telemetry.odds import Sure
from state.model.record import Noun
from state.model.view import View

_Told = dict[Likeness, list[Happening]]


class Routine(Noun, frozen=True, kw_only=True):
    """One pattern as the record tells it now."""

    id: str
    like: Likeness
    rhythm: Rhythm | None = None
    """None where it follows on something else."""
    after: Likeness | None = None
    lag_s: float = 0.0
    latest_s: float = 0.0
    open: tuple[datetime, ...] = ()
    """Since when it is awaited, where it follows on what has come."""
    sure: Sure
    last_at: datetime
    """When it came last."""
    last_label: str
    """The latest task that came by it."""

    def said(self) -> str:
        """Return it as a sentence without a full stop."""
        if self.rhythm is not None:
            come = "are given" if self.like == ANSWERS else "come" if self.like.kind == "source" else "comes"
            return f"{self.like.said()} {come} {self.rhythm.said()}"
        after = self.after.said() if self.after else "another"
        return f"{self.like.said()} comes after {after}, some {lasting(self.lag_s)} later"


class Learnt(Noun, frozen=True, kw_only=True):
    """What was learnt from a view, and from how much."""

    routines: tuple[Routine, ...]
    """The surest first."""
    happenings: int
    kinds: int
    """How many kinds of tasks there are among them."""
    repeated: int
    """Kinds that came often enough to be looked at."""
    since: datetime | None
    """When the first of it happened; None without any."""
    hours: tuple[tuple[int, ...], ...] = ()
    """For each weekday from Monday on, how many tasks were wanted in each hour on the operator's wall."""


def learn(view: View, zone: tzinfo) -> Learnt:
    """Return the routines of a view, which no shuffled history would show. Pure."""
    history = gather(view, zone)
    now = history.wall(view.at)
    often = {like: found for like, found in history.tasks.items() if len(found) >= rhythms.LEAST}
    found = [routine for like, told in often.items() for routine in _by_clock(like, told, now, len(often) + 1)]
    found += _by_clock(ANSWERS, history.answers, now, len(often) + 1)
    clocked = {routine.like for routine in found}
    after = follows.find(history.tasks, view.at, clocked)
    found += [_following(one, history) for one in after]
    explained = clocked | {one.then for one in after}
    found += _wider(view, history, explained, now)
    return Learnt(
        routines=tuple(sorted(found, key=lambda routine: (-routine.sure.confidence, routine.id))),
        happenings=sum(map(len, history.tasks.values())),
        kinds=len(history.tasks),
        repeated=len(often),
        since=min((told[0].at for told in history.tasks.values()), default=None),
        hours=_hours(one.wall for told in history.tasks.values() for one in told),
    )


def _by_clock(like: Likeness, told: list[Happening], now: datetime, series: int) -> list[Routine]:
    found: list[Routine] = []
    for beat in rhythms.find([one.wall for one in told], now, series):
        walls = set(beat.walls)
        last = next(one for one in reversed(told) if one.wall in walls)
        days = (beat.rhythm.days, beat.rhythm.month_day)
        # A second one on the same days is told from the first by its place in the day, not by its time, which moves.
        place = sum((one.rhythm.days, one.rhythm.month_day) == days for one in found if one.rhythm)
        found.append(
            Routine(
                id=_id(like, days, place),
                like=like,
                rhythm=beat.rhythm,
                sure=beat.sure,
                last_at=last.at,
                last_label=last.label,
            )
        )
    return found


def _following(one: Succession, history: History) -> Routine:
    last = history.tasks[one.then][-1]
    return Routine(
        id=_id(one.then, one.first, 0),
        like=one.then,
        after=one.first,
        lag_s=one.lag_s,
        latest_s=one.latest_s,
        open=one.open,
        sure=one.sure,
        last_at=last.at,
        last_label=last.label,
    )


def _wider(view: View, history: History, explained: set[Likeness], now: datetime) -> list[Routine]:
    """Return the rhythms of categories and sources in what no closer pattern accounts for."""
    found: list[Routine] = []
    left = {like: told for like, told in history.tasks.items() if like not in explained}
    for groups in (_categories, _sources):
        wide = {like: sorted(told) for like, told in groups(view, left).items() if len(told) >= rhythms.LEAST}
        for like, told in wide.items():
            routines = _by_clock(like, told, now, len(wide) + 1)
            found += routines
            if routines:
                left = _without(left, told)
    return found


def _categories(view: View, left: _Told) -> _Told:
    groups: _Told = {}
    for like, told in left.items():
        groups.setdefault(msgspec.structs.replace(like, kind="category", title=""), []).extend(told)
    return groups


def _sources(view: View, left: _Told) -> _Told:
    groups: dict[str, list[Happening]] = {}
    for told in left.values():
        for one in told:
            groups.setdefault(view.tasks[one.label].spec.source, []).append(one)
    return {Likeness(kind="source", source=source): told for source, told in groups.items() if source}


def _without(left: _Told, told: Iterable[Happening]) -> _Told:
    taken = set(told)
    return {like: [one for one in found if one not in taken] for like, found in left.items()}


def _hours(walls: Iterable[datetime]) -> tuple[tuple[int, ...], ...]:
    counts = [[0] * 24 for _ in range(7)]
    for wall in walls:
        counts[wall.weekday()][wall.hour] += 1
    return tuple(map(tuple, counts))


def _id(like: Likeness, how: object, place: int) -> str:
    return hashlib.sha256(repr((like, how, place)).encode()).hexdigest()[:8]
