"""Counts what builds use, in windows of time, in a form that survives a crash."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from engine.safety.limits.sliding import Sliding
from state.model.brakes.usage import Amount, Usage, Used, minute_key

_DAY = timedelta(days=1)
_NOTHING = Amount()


class Rate(NamedTuple):
    """A limit over a window of time; figure and scope are those of its usage."""

    figure: str
    limit: int
    window_s: float
    scope: str = ""

    def usage(self, used: int, frees: tuple[tuple[datetime, int], ...] = ()) -> Usage:
        """Return how much of it is taken."""
        figure, limit, window_s, scope = self
        return Usage(figure=figure, used=used, limit=limit, window_s=window_s, scope=scope, frees=frees)


class NightSpan(NamedTuple):
    """The night that it is: what counts from its opening on, until it closes."""

    opens_at: datetime
    closes_at: datetime


class Meter:
    """What was used when, by which build.

    `written` is the table of what is on record, and `scopes_of` says by which scopes a build counts besides that of
    all.
    """

    def __init__(self, written: Mapping[str, Used], scopes_of: Callable[[str], tuple[str, ...]]) -> None:
        self._written = written
        self._scopes_of = scopes_of
        self._minutes = dict(written)
        self._unwritten: set[str] = set()
        self._seen: dict[str, Amount] = {}
        self._rates: tuple[tuple[Rate, Sliding], ...] = ()
        self._nightly: tuple[Rate, ...] = ()
        self._night: NightSpan | None = None
        self._of_night = _NOTHING

    def limit(self, rates: Iterable[Rate], nightly: Iterable[Rate], now: datetime) -> None:
        """Go by these limits from now on, over what was used already."""
        self._rates = tuple((rate, Sliding(rate.window_s)) for rate in rates)
        self._nightly = tuple(nightly)
        self._night = None
        for row in self._since(now - _DAY):
            for build, amount in row.by.items():
                self._slide(build, amount, row.at)

    def begin_night(self, night: NightSpan | None) -> None:
        """Count from the opening of this night on; None by day."""
        if night == self._night:
            return
        self._night, self._of_night = night, _NOTHING
        for row in self._since(night.opens_at) if night is not None else ():
            self._of_night = sum(row.by.values(), self._of_night)

    def known(self, build: str, amount: Amount | None = None) -> None:
        """Take a build's count as counted already; None for what the minutes say of it."""
        if amount is None:
            amount = sum((row.by.get(build, _NOTHING) for row in self._minutes.values()), _NOTHING)
        self._seen[build] = amount

    def take(self, build: str, count: Amount, now: datetime) -> bool:
        """Count what a build has used in all beyond what is counted; return whether that is anything."""
        before = self._seen.get(build, _NOTHING)
        more = count.beyond(before)
        if more == _NOTHING:
            self._seen.setdefault(build, _NOTHING)
            return False
        self._seen[build] = before + more
        key = minute_key(now)
        row = self._minutes.get(key)
        # The same minute of another day is over, and its place is taken.
        by = dict(row.by) if row is not None and now - row.at < _DAY / 2 else {}
        by[build] = by.get(build, _NOTHING) + more
        self._minutes[key] = Used(at=now.astimezone(UTC), by=by)
        self._unwritten.add(key)
        self._slide(build, more, now)
        if self._night is not None:
            self._of_night += more
        return True

    def forget(self, build: str) -> None:
        """A build is over: nothing more of it is taken."""
        self._seen.pop(build, None)

    def is_under_way(self, build: str) -> bool:
        """Whether a build is counted."""
        return build in self._seen

    def unwritten(self) -> tuple[Used, ...]:
        """Return the records of what was counted and is not in the table, be it that it was taken back there."""
        self._unwritten = {key for key in self._unwritten if not self._is_written(self._minutes[key])}
        return tuple(self._minutes[key] for key in sorted(self._unwritten))

    def _is_written(self, row: Used) -> bool:
        known = self._written.get(row.key)
        return known is not None and known.at == row.at and [*known.by.values()] == [*row.by.values()]

    def usages(self, now: datetime) -> tuple[Usage, ...]:
        """Return how much of each limit is taken at this moment."""
        found = []
        for rate, sliding in self._rates:
            sliding.forget(now)
            found.append(rate.usage(sliding.total, sliding.frees()))
        if self._night is not None:
            for rate in self._nightly:
                usage = rate.usage(0)
                used = usage.of(self._of_night)
                found.append(rate.usage(used, ((self._night.closes_at, used),) if used else ()))
        return tuple(found)

    def concerns(self, build: str, usage: Usage) -> bool:
        """Whether a build counts where this is counted."""
        return not usage.scope or usage.scope in self._scopes_of(build)

    def _slide(self, build: str, amount: Amount, at: datetime) -> None:
        scopes = ("", *self._scopes_of(build))
        for rate, sliding in self._rates:
            more = rate.usage(0).of(amount)
            if more and rate.scope in scopes:
                sliding.add(at, more)

    def _since(self, start: datetime) -> list[Used]:
        return sorted((row for row in self._minutes.values() if row.at >= start), key=lambda row: row.at)
