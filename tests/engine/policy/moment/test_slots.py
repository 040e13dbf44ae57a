"""Tests of the rule on slots."""

import pytest

from engine.policy.facts import Active
from engine.policy.moment import slots
from state.model.verdict import Stance


@pytest.mark.parametrize(
    ("count", "running", "stance", "text"),
    [
        (2, (), Stance.ALLOW, "2 of 2 slots free"),
        (2, ("a",), Stance.ALLOW, "1 of 2 slots free"),
        (2, ("a", "b"), Stance.WAIT, "all 2 slots are taken by a, b"),
        (2, ("a", "b", "c"), Stance.WAIT, "all 2 slots are taken by a, b, c"),
        (1, ("a",), Stance.WAIT, "the slot is taken by a"),
        (0, (), Stance.WAIT, "no slot is open: slots is 0 under [queue] in midwatch.toml"),
        (-1, (), Stance.WAIT, "no slot is open: slots is 0 under [queue] in midwatch.toml"),
    ],
)
def test_a_start_needs_a_free_slot(count: int, running: tuple[str, ...], stance: Stance, text: str) -> None:
    """Taken slots wait and name who takes them."""
    builds = [Active(label=label, build=f"{label}-1", repo="", paths=()) for label in running]
    finding = slots.check(count, builds)
    assert (finding.verdict, finding.text) == (stance, text)


@pytest.mark.parametrize(
    ("count", "running", "text"),
    [
        (0, (), "no slot is open: meeting until 10:00"),
        (1, ("a",), "the slot is taken by a (meeting until 10:00)"),
        (1, (), "1 of 1 slots free (meeting until 10:00)"),
    ],
)
def test_what_makes_them_so_few_is_told(count: int, running: tuple[str, ...], text: str) -> None:
    """Where the context decides on the number, the words say which."""
    builds = [Active(label=label, build=f"{label}-1", repo="", paths=()) for label in running]
    assert slots.check(count, builds, "meeting until 10:00").text == text
