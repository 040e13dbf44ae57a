"""Waits for the disk, counted in classes."""

import pytest

from state.model.counts.waits import ENDS_S, Waits


def waited(*took_s: float) -> Waits:
    """What is known after these waits."""
    found = Waits()
    for one in took_s:
        found = found.with_one(one)
    return found


def test_each_wait_is_counted_in_the_class_that_it_ends_in() -> None:
    """The end of a class belongs to it, and what is longer than all of them has one of its own."""
    found = waited(0.0, 0.0005, 0.00051, 2.5, 9.0)
    assert found.counts == (2, 1, *(0,) * (len(ENDS_S) - 3), 1, 1)
    assert found.count == 5 and found.most_s == 9.0 and found.sum_s == pytest.approx(11.50101)


def test_a_share_of_them_was_over_within_a_time() -> None:
    """No more is said than the classes tell, and never more than the longest."""
    found = waited(*[0.002] * 98, 0.03, 9.0)
    assert (found.within_s(0.5), found.within_s(0.99), found.within_s(1.0)) == (0.0025, 0.05, 9.0)
    assert waited(0.0011).within_s(0.5) == 0.0011
    assert Waits().within_s(0.5) == 0.0
