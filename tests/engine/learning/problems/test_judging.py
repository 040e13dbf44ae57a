"""All rules together."""

from engine.learning.problems.facts import Expiry, Memory
from engine.learning.problems.judging import DETECTORS, judge
from state.model.learning.problem import Kind
from tests.engine.learning.problems.looks import GIB, a_look
from tests.making import NOON


def test_each_kind_has_its_rule() -> None:
    """None was forgotten."""
    assert set(DETECTORS) == set(Kind)


def test_where_all_is_well_nothing_is_seen() -> None:
    """And every kind was looked at."""
    assert judge(a_look()) == ((), tuple(DETECTORS))


def test_the_worst_comes_first() -> None:
    """And what cannot be judged is not said to have been looked at."""
    expiry = Expiry(subject="x", name="x", at=NOON, remedy="renew it")
    seen, looked = judge(a_look(memory=None, expiries=(expiry,), prunable_bytes=9))
    assert [sighting.id for sighting in seen] == ["expiring:x", "growing:old-entries"]
    assert Kind.MEMORY not in looked
    low = Memory(total_bytes=16 * GIB, available_bytes=200 << 20)
    assert [sighting.id for sighting in judge(a_look(memory=low))[0]] == ["memory:machine"]
