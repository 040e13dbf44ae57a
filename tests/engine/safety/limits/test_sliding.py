"""The sliding window."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.safety.limits.sliding import STEPS, Sliding
from tests.making import NOON


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_what_the_window_left_behind_counts_no_more() -> None:
    """To the second, where little was counted."""
    sliding = Sliding(3600)
    sliding.add(NOON, 3)
    sliding.add(NOON + at(1800), 4)
    assert sliding.frees() == ((NOON + at(3600), 3), (NOON + at(5400), 4))
    sliding.forget(NOON + at(3599))
    assert sliding.total == 7
    sliding.forget(NOON + at(3600))
    assert sliding.total == 4
    sliding.forget(NOON + at(9999))
    assert (sliding.total, sliding.frees()) == (0, ())


def test_a_clock_that_goes_back_frees_nothing_early() -> None:
    """What comes out of order counts for as long as the last before it."""
    sliding = Sliding(60)
    sliding.add(NOON, 1)
    sliding.add(NOON - at(50), 1)
    assert sum(amount for when, amount in sliding.frees() if when < NOON + at(60)) == 0


@given(st.lists(st.tuples(st.floats(0, 120), st.integers(1, 9)), max_size=300), st.floats(0, 300))
def test_it_never_counts_too_little_and_stays_small(parts: list[tuple[float, int]], look: float) -> None:
    """Everything of the last minute is in the sum, little more is, and the memory is bounded."""
    sliding = Sliding(60)
    parts.sort()
    now = max([look, *(when for when, _ in parts)])
    for when, amount in parts:
        sliding.add(NOON + at(when), amount)
    sliding.forget(NOON + at(now))
    inside = sum(amount for when, amount in parts if when > now - 60)
    nearly = sum(amount for when, amount in parts if when > now - 60 - 60 / STEPS)
    assert inside <= sliding.total <= nearly
    assert len(sliding.frees()) <= STEPS + 1
    assert sliding.total == sum(amount for _, amount in sliding.frees())
