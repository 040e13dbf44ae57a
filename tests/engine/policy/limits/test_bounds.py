"""Which figure of a build is over its limit, and how far a yes lets it go."""

from datetime import timedelta

import msgspec
import pytest

from engine.policy.limits import bounds
from state.model import build as b
from state.model.brakes.raised import Raised
from state.settings import DEFAULT_LIMITS
from tests.making import NOON, a_build


def running(**limits: float) -> b.Build:
    state = b.Running(token="t", pid=1, start_ticks=1, boot="b")
    return a_build("tidy-1", state, limits=msgspec.structs.replace(DEFAULT_LIMITS, **limits))


@pytest.mark.parametrize("figure", bounds.BOUNDS)
def test_each_figure_is_held_just_beyond_its_limit(figure: str) -> None:
    """What is allowed may be used up."""
    build = running()
    limit = bounds.bound(build, figure)
    assert bounds.broken(build, {figure: limit}, NOON) is None
    hold = bounds.broken(build, {figure: limit + 1}, NOON)
    assert hold is not None and (hold.figure, hold.used, hold.limit) == (figure, limit + 1, limit)
    assert all(word in hold.text for word in ("midwatch approve tidy", "midwatch raise tidy", "midwatch deny tidy"))


def test_a_yes_allows_as_much_again_from_where_it_stands() -> None:
    """However far beyond it was, it is not stopped for the same again at once; a second yes allows more."""
    build = running(files=10)
    for used, next_limit in ((11, 21), (400, 410), (411, 421)):
        hold = bounds.broken(build, {"files": used}, NOON)
        assert hold is not None
        build = msgspec.structs.replace(build, allowed=bounds.allowed(build, hold))
        assert bounds.bound(build, "files") == next_limit
    assert bounds.broken(build, {"calls": 1001}, NOON) is not None


def test_a_yes_to_what_is_unusual_raises_no_limit() -> None:
    """It is only remembered."""
    build = running(files=10)
    hold = bounds.over(build, "files", 8, 5, NOON)
    build = msgspec.structs.replace(build, allowed=bounds.allowed(build, msgspec.structs.replace(hold, anomaly=True)))
    assert build.allowed == {"anomaly:files": 8}
    assert bounds.bound(build, "files") == 10


def test_no_limit_is_none() -> None:
    """0 files, calls or dollars in the settings hold nobody."""
    build = running(files=0, calls=0, spent=0)
    assert bounds.broken(build, {"files": 1e6, "calls": 1e6, "spent": 1e12}, NOON) is None


def test_a_raised_limit_counts_for_its_task_and_its_day_only() -> None:
    """It never lowers one, and does not bound what is unbounded."""
    told = Raised(label="tidy", figure="files", limit=30, until=NOON + timedelta(hours=1), by="operator:ada")

    def files(limit: int, label: str = "tidy", hours: int = 0) -> int:
        limits = msgspec.structs.replace(DEFAULT_LIMITS, files=limit)
        return bounds.in_force(limits, [told], label, NOON + timedelta(hours=hours)).files

    assert files(10) == 30
    assert files(50) == 50 and files(0) == 0
    assert files(10, "other") == 10
    assert files(10, hours=1) == 10
