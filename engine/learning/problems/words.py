"""Sizes, spans and lists in the words of problems."""

from collections.abc import Sequence
from datetime import datetime

from engine.policy.times import lasting
from state.model.brakes import figure
from state.model.learning.problem import Outlook

_DAY_S = 86_400.0
_FEW_DAYS_S = 2 * _DAY_S
_NAMED = 5


def size(count: float) -> str:
    """Return `1.5 GiB`."""
    return figure.said("_bytes", count)


def span(seconds: float) -> str:
    """Return `5 days` from two days on, else `1 h 30 min`."""
    return f"{seconds / _DAY_S:.0f} days" if seconds >= _FEW_DAYS_S else lasting(seconds)


def ahead(found: Outlook, now: datetime) -> str:
    """Return `in about 3 days (2 days to 5 days)`."""
    middle, low = (max((at - now).total_seconds(), 0.0) for at in (found.at, found.earliest))
    high = f"{span((found.latest - now).total_seconds())}" if found.latest else "never"
    return f"in about {span(middle)} ({span(low)} to {high})"


def few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def many(count: int, what: str) -> str:
    """Return `1 build` or `3 builds`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
