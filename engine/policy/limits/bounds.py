"""Which of a build's figures is over its limit, and how far a yes lets it go."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from state.model.brakes import figure as figures
from state.model.brakes.hold import Hold
from state.model.brakes.margin import BOUNDS, NONE_AT_0, bound
from state.model.brakes.raised import Raised
from state.model.build import Build, Limits

__all__ = ["BOUNDS", "allowed", "bound", "broken", "further", "in_force", "over", "raised"]


def broken(build: Build, used: Mapping[str, float], now: datetime) -> Hold | None:
    """Return the hold for the first figure that is over its limit; None when all are within."""
    for figure in BOUNDS:
        limit = bound(build, figure)
        if used.get(figure, 0.0) > limit:
            return over(build, figure, used[figure], limit, now)
    return None


def over(build: Build, figure: str, used: float, limit: float, now: datetime) -> Hold:
    """Return the hold for a figure that is over its limit, in words with what the operator can do."""
    more = figures.said(figure, _step(build, figure, limit))
    text = (
        f"{build.id} is frozen: {figures.of(figure, used, limit)}; `midwatch approve {build.label}` lets it use {more} "
        f"more, `midwatch raise {build.label}` raises the limit for today, `midwatch deny {build.label}` kills it"
    )
    return Hold(figure=figure, used=used, limit=limit, text=text, since=now)


def allowed(build: Build, hold: Hold) -> dict[str, float]:
    """Return what is allowed once the operator said yes to a hold: from where it stands now, as much as the limit."""
    if hold.anomaly or hold.figure not in BOUNDS:
        return {**build.allowed, hold.allowance: hold.used}
    step = _step(build, hold.figure, hold.limit)
    beyond = max(hold.used - hold.limit, 0.0)
    return {**build.allowed, hold.figure: build.allowed.get(hold.figure, 0.0) + beyond + step}


def _step(build: Build, figure: str, limit: float) -> float:
    return float(getattr(build.limits, BOUNDS[figure])) if figure in BOUNDS else limit


def further(build: Build, hold: Hold) -> float:
    """Return how far a limit is raised when the operator names no figure: the same again, beyond what is used."""
    return max(hold.used, hold.limit) + _step(build, hold.figure, hold.limit)


def raised(limits: Limits, figure: str, to: float) -> Limits:
    """Return limits with another one on a figure of those in BOUNDS."""
    field = BOUNDS[figure]
    return msgspec.structs.replace(limits, **{field: type(getattr(limits, field))(to)})


def in_force(limits: Limits, raises: Iterable[Raised], label: str, now: datetime) -> Limits:
    """Return the limits of a task's next build: the settings', but for what the operator raised for the day."""
    for raise_ in raises:
        limit = getattr(limits, BOUNDS.get(raise_.figure, ""), None)
        unlimited = limit == 0 and raise_.figure in NONE_AT_0
        if (
            raise_.label == label
            and now < raise_.until
            and limit is not None
            and limit < raise_.limit
            and not unlimited
        ):
            limits = raised(limits, raise_.figure, raise_.limit)
    return limits
