"""Which of a build's figures is over its limit, and how far a yes lets it go."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from state.model.brakes import figure as figures
from state.model.brakes.hold import Hold
from state.model.build import Build

BOUNDS = {
    "files": "files",
    "calls": "calls",
    "spent": "spent",
    "memory_bytes": "memory_bytes",
    "disk_bytes": "disk_bytes",
    "run_s": "time_s",
}
"""By figure, the field of `Limits` that bounds it."""


def bound(build: Build, figure: str) -> float:
    """Return how far a figure of a build may go now, what the operator allowed included."""
    return float(getattr(build.limits, BOUNDS[figure])) + build.allowed.get(figure, 0.0)


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


def raised(build: Build, figure: str, to: float) -> Build:
    """Return the build with a higher limit on one figure of those in BOUNDS."""
    kind = type(getattr(build.limits, BOUNDS[figure]))
    return msgspec.structs.replace(build, limits=msgspec.structs.replace(build.limits, **{BOUNDS[figure]: kind(to)}))
