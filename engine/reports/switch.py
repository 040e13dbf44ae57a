"""When the kill switch was used and rehearsed last, and how long it took."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.policy.times import lasting, who
from state.model.brakes.kill_use import KillUse, last_drill, last_use

DEADLINE_MS = 5000.0
"""All must be dead by then."""

_DAYS = timedelta(days=2)


def passed(uses: Iterable[KillUse]) -> bool:
    """Whether each of some uses killed what there was, all of it and in time; False for no use at all."""
    found = tuple(uses)
    return bool(found) and all(use.builds and not use.survivors and use.ms < DEADLINE_MS for use in found)


def drill_words(uses: Iterable[KillUse], now: datetime) -> str:
    """Return `last drill: 0.4 s, 3 days ago`, with what went wrong in it."""
    found = last_drill(uses)
    if not found:
        return "never rehearsed: `midwatch drill` does"
    slowest = max(use.ms for use in found)
    words = f"last drill: {slowest / 1000:.2f} s, {_ago(found[-1].at, now)}"
    return words if passed(found) else f"{words}, FAILED"


def use_words(uses: Iterable[KillUse], now: datetime) -> str:
    """Return when the switch was used last in earnest, by whom and how, and what that took."""
    use = last_use(uses)
    if use is None:
        return "never used"
    count = f"{use.builds} build{'' if use.builds == 1 else 's'}"
    words = f"last used: {_ago(use.at, now)} by {who(use.by)} ({use.means}), {count} dead in {use.ms / 1000:.2f} s"
    return f"{words}, {len(use.survivors)} PROCESSES SURVIVED" if use.survivors else words


def _ago(at: datetime, now: datetime) -> str:
    since = now - at
    if since >= _DAYS:
        return f"{since.days} days ago"
    return f"{lasting(since.total_seconds())} ago" if since >= timedelta(minutes=1) else "just now"
