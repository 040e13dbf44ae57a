"""Margins: how much of each of its limits a build has taken."""

import math
from datetime import datetime

from state.model.build import Build
from state.model.moves import held_s
from state.model.progress import Progress
from state.model.record import Noun

BOUNDS = {
    "files": "files",
    "calls": "calls",
    "spent": "spent",
    "memory_bytes": "memory_bytes",
    "disk_bytes": "disk_bytes",
    "run_s": "time_s",
}
"""By figure, the field of `Limits` that bounds it."""
NONE_AT_0 = ("files", "calls", "spent")
"""Figures that a limit of 0 does not bound."""


class Margin(Noun, frozen=True, kw_only=True):
    """One figure beside its limit."""

    figure: str
    used: float
    limit: float

    @property
    def share(self) -> float:
        """How much of the limit is taken: 1.0 is all of it."""
        return self.used / self.limit if self.limit else math.inf


def bound(build: Build, figure: str) -> float:
    """Return how far a figure of a build may go now, what the operator allowed included; infinite without a limit."""
    limit = float(getattr(build.limits, BOUNDS[figure]))
    return limit + build.allowed.get(figure, 0.0) if limit or figure not in NONE_AT_0 else math.inf


def margins(build: Build, progress: Progress | None, now: datetime) -> tuple[Margin, ...]:
    """Return every figure that is limited, the one nearest to its limit first."""
    used = {
        "files": progress.files_changed if progress else build.files_changed,
        "calls": progress.calls if progress else build.calls,
        "spent": progress.spent if progress else build.spent,
        "memory_bytes": progress.memory_bytes if progress else 0,
        "disk_bytes": progress.disk_bytes if progress else 0,
        "run_s": _ran_s(build, now),
    }
    found = [
        Margin(figure=figure, used=float(used[figure]), limit=limit)
        for figure in BOUNDS
        if math.isfinite(limit := bound(build, figure))
    ]
    return tuple(sorted(found, key=lambda margin: -margin.share))


def _ran_s(build: Build, now: datetime) -> float:
    if build.started_at is None:
        return 0.0
    return max(((build.ended_at or now) - build.started_at).total_seconds() - held_s(build, now), 0.0)
