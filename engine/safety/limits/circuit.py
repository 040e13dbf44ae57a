"""How a circuit breaker goes from closed to open, half-open and back."""

from datetime import datetime, timedelta

import msgspec

from state.model.brakes.breaker import Breaker, Closed, HalfOpen, Open
from state.settings import BreakerSettings

_MOST_DOUBLED = 32
"""Beyond it no wait is longer than the longest."""


def failed(breaker: Breaker, build: str, text: str, now: datetime, rules: BreakerSettings) -> Breaker:
    """Return the breaker after a build of its that failed; `text` says how."""
    breaker = msgspec.structs.replace(breaker, failures=breaker.failures + 1, unchanged=0)
    if _tried(breaker, build):
        return _opened(breaker, f"the build that tried again failed as well: {text}", now, rules)
    if isinstance(breaker.state, Closed) and 0 < rules.failures <= breaker.failures:
        return _opened(breaker, f"{breaker.failures} builds in a row failed, the last one: {text}", now, rules)
    return breaker


def passed(breaker: Breaker, build: str, changed: bool | None, now: datetime, rules: BreakerSettings) -> Breaker:
    """Return the breaker after a build of its that did what was asked.

    `changed` says whether anything is different now; None where nothing was meant to be. What was begun before the
    breaker opened says nothing of whether the cause is mended.
    """
    if not isinstance(breaker.state, Closed) and not _tried(breaker, build):
        return breaker
    unchanged = breaker.unchanged if changed is None else 0 if changed else breaker.unchanged + 1
    breaker = msgspec.structs.replace(breaker, failures=0, unchanged=unchanged)
    if changed is False and 0 < rules.unchanged <= unchanged:
        return _opened(breaker, f"{unchanged} builds in a row succeeded and changed nothing", now, rules)
    return breaker if isinstance(breaker.state, Closed) else closed(breaker)


def began(breaker: Breaker, build: str, now: datetime) -> Breaker:
    """Return the breaker after a build of its began: the first one after the wait is the one that tries again."""
    if isinstance(breaker.state, Open) and breaker.state.until <= now:
        return msgspec.structs.replace(breaker, state=HalfOpen(since=breaker.state.since, build=build))
    return breaker


def withdrawn(breaker: Breaker, build: str, now: datetime) -> Breaker:
    """Return the breaker after a build of its was ended by somebody, which proves nothing: another one may try."""
    if isinstance(breaker.state, HalfOpen) and breaker.state.build == build:
        return msgspec.structs.replace(breaker, state=Open(since=breaker.state.since, until=now))
    return breaker


def closed(breaker: Breaker) -> Breaker:
    """Return the breaker as one that never opened."""
    return msgspec.structs.replace(breaker, state=Closed(), failures=0, unchanged=0, opened=0, text="")


def wait_s(opened: int, rules: BreakerSettings) -> float:
    """Return for how long it stays open the `opened`th time in a row, in seconds."""
    return min(rules.wait_s * 2.0 ** min(opened - 1, _MOST_DOUBLED), max(rules.longest_s, rules.wait_s))


def _tried(breaker: Breaker, build: str) -> bool:
    return isinstance(breaker.state, HalfOpen) and breaker.state.build == build


def _opened(breaker: Breaker, text: str, now: datetime, rules: BreakerSettings) -> Breaker:
    opened = breaker.opened + 1
    since = now if isinstance(breaker.state, Closed) else breaker.state.since
    state = Open(since=since, until=now + timedelta(seconds=wait_s(opened, rules)))
    return msgspec.structs.replace(breaker, state=state, opened=opened, text=text)
