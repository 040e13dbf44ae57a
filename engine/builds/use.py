"""What one build called and spent, counted from two sources and across restarts of the engine."""

from collections.abc import Callable, Mapping

import msgspec

from engine.policy.limits import prices
from state.model import build as b
from state.model.counts.tokens import Price, Tokens, total
from state.model.progress import Progress

_NOTED_EVERY_S = 5.0
"""The shortest time between two records of what a build used."""


class Use:
    """What the build says of itself on its output, and what others counted for it."""

    def __init__(self, build: b.Build, *, adopted: bool, price_list: Callable[[], Mapping[str, Price]] = dict) -> None:
        """`price_list` gives the prices of the settings as they are now."""
        self.latest: Progress | None = None
        """The build's figures with all that is counted in them; None before the first."""
        self._prices = price_list
        self._said: Progress | None = None
        # What an engine before this one counted: as far as the output does not say it again, it is carried on.
        self._before = build if adopted else None
        self._carried: tuple[int, int, tuple[Tokens, ...]] | None = None
        self._calls = 0
        self._spent = 0
        self._unsaid = 0
        self._noted_at = -_NOTED_EVERY_S
        self._most_bytes = 0

    def add(self, calls: int, micro: int) -> None:
        """Count what somebody else saw the build use."""
        self._calls += calls
        self._spent += micro
        if self._said is not None:
            self.latest = self.total(self._said)

    def seen(self, progress: Progress) -> None:
        """Take what the monitor saw last."""
        self._said = progress
        self.latest = self.total(progress)

    def total(self, progress: Progress) -> Progress:
        """Return the monitor's figures with all that is counted in them, tokens at what they cost now.

        What was counted once stays counted: a price that is lowered later takes nothing back.
        """
        tokens = prices.priced(progress.tokens, self._prices())
        self._unsaid = max(self._unsaid, prices.unsaid(tokens))
        spent = progress.spent + self._unsaid
        if self._carried is None:
            self._carried = _untold(self._before, progress.calls, spent, tokens)
        calls, carried, more = self._carried
        self._most_bytes = max(self._most_bytes, progress.memory_bytes)
        return msgspec.structs.replace(
            progress,
            calls=progress.calls + calls + self._calls,
            spent=spent + carried + self._spent,
            tokens=_joined(tokens, prices.priced(more, self._prices())),
            memory_most_bytes=self._most_bytes,
        )

    def noted(self, build: b.Build, now_s: float, *, at_once: bool = False) -> b.Build | None:
        """Return the build with its use, when that is to be recorded now; `now_s` is a monotonic clock's."""
        if self.latest is None or _figures(self.latest) == _figures(build):
            return None
        if now_s - self._noted_at < _NOTED_EVERY_S and not at_once:
            return None
        self._noted_at = now_s
        return msgspec.structs.replace(
            build, calls=self.latest.calls, spent=self.latest.spent, tokens=self.latest.tokens
        )


def _figures(used: b.Build | Progress) -> tuple[int, int, int, int]:
    """Return what changes with each use; names are left out, which are cleaned before they are recorded."""
    return used.calls, used.spent, total(used.tokens), len(used.tokens)


def _untold(
    before: b.Build | None, calls: int, spent: int, tokens: tuple[Tokens, ...]
) -> tuple[int, int, tuple[Tokens, ...]]:
    """Return what is on record of an adopted build and not told again by its output."""
    if before is None:
        return 0, 0, ()
    told = {used.model: used for used in tokens}
    more = (_less(used, told.get(used.model, Tokens(model=used.model))) for used in before.tokens)
    kept = tuple(used for used in more if used.total or used.model not in told)
    return max(before.calls - calls, 0), max(before.spent - spent, 0), kept


def _less(used: Tokens, told: Tokens) -> Tokens:
    return msgspec.structs.replace(
        used,
        taken=max(used.taken - told.taken, 0),
        cached=max(used.cached - told.cached, 0),
        made=max(used.made - told.made, 0),
        said=max(used.said - told.said, 0),
    )


def _joined(tokens: tuple[Tokens, ...], more: tuple[Tokens, ...]) -> tuple[Tokens, ...]:
    """Return two counts as one, model by model."""
    found = {used.model: used for used in tokens}
    for used in more:
        found[used.model] = _plus(found[used.model], used) if used.model in found else used
    return tuple(found.values())


def _plus(one: Tokens, other: Tokens) -> Tokens:
    return msgspec.structs.replace(
        one,
        taken=one.taken + other.taken,
        cached=one.cached + other.cached,
        made=one.made + other.made,
        said=one.said + other.said,
        priced=None if one.priced is None or other.priced is None else one.priced + other.priced,
    )
