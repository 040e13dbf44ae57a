"""Uses of the kill switch, as they are told apart."""

from datetime import timedelta

from state.model.brakes.kill_use import KillUse, Means, last_drill, last_use
from tests.making import NOON


def used(name: str, hours: int, drill: str = "") -> KillUse:
    """A use so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    return KillUse(id=name, at=at, by="operator:ada", means=Means.KEY, ms=12.5, builds=1, processes=3, drill=drill)


def test_the_latest_use_in_earnest_is_told_from_rehearsals():
    """A rehearsal is no use, and none is told where there was none."""
    early, late = used("early", 1), used("late", 2)
    assert last_use([late, early, used("practice", 3, "drill-1")]) == late
    assert last_use([used("practice", 3, "drill-1")]) is None


def test_a_rehearsal_is_told_as_a_whole():
    """All means of the latest rehearsal are told in their order, and nothing of the ones before."""
    first, second = used("a", 5, "drill-2"), used("b", 6, "drill-2")
    assert last_drill([second, used("old", 4, "drill-1"), first, used("late", 7)]) == (first, second)
    assert last_drill([used("late", 7)]) == ()
