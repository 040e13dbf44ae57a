"""What stays open is told, and only that."""

import os

import pytest

from tests.descriptors import nothing_left_open


def test_a_descriptor_that_stays_is_told() -> None:
    """A pipe that was opened within and not closed fails the test that holds it."""
    ends: tuple[int, ...] = ()
    try:
        with pytest.raises(AssertionError, match=r"left open: .*pipe:"), nothing_left_open():
            ends = os.pipe()
    finally:
        for end in ends:
            os.close(end)


def test_what_was_open_before_may_be_closed_within() -> None:
    """Two that go away hide none that comes."""
    ends = os.pipe()
    with nothing_left_open():
        for end in ends:
            os.close(end)
        for end in os.pipe():
            os.close(end)
