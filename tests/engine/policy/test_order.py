"""Tests of the queue's order."""

from datetime import timedelta
from math import inf
from typing import Any

import pytest

from engine.policy.order import expected_return, order_key, why_here
from state.model.task import Priority, Task
from tests.making import NOON, a_task

LATER = NOON + timedelta(hours=1)


def test_priority_then_return_then_age_then_label() -> None:
    """Each key decides only where all before it are equal."""
    ordered = [
        a_task("a1", priority=Priority.HIGH, value=1, budget=100),
        a_task("m1", value=300, budget=100, added_at=LATER),
        a_task("m2", value=200, budget=100),
        a_task("m3", value=900),
        a_task("m4"),
        a_task("m0", added_at=LATER),
        a_task("l1", priority=Priority.LOW, value=10**9, budget=1),
    ]
    mixed = ordered[1::2] + ordered[::2]
    assert sorted(mixed, key=order_key) == ordered


@pytest.mark.parametrize(
    ("value", "budget", "expected"),
    [(0, None, 0.0), (100, None, 0.0), (0, 0, 0.0), (0, 10, 0.0), (30, 10, 3.0), (10, 0, inf)],
)
def test_expected_return_is_value_over_cost(value: int, budget: int | None, expected: float) -> None:
    """What is not known counts as nothing; what costs nothing returns without bound."""
    assert expected_return(a_task(value=value, budget=budget)) == expected


def test_no_two_tasks_have_the_same_key() -> None:
    """The label decides at last, so the order is total."""
    assert order_key(a_task("a")) < order_key(a_task("b"))


@pytest.mark.parametrize(
    ("mine", "other", "text"),
    [
        ({}, {"priority": Priority.HIGH}, "after x, which has high priority where this has medium"),
        (
            {"value": 10_000_000, "budget": 10_000_000},
            {"value": 30_000_000, "budget": 10_000_000},
            "after x, which promises $30.00 for $10.00 where this promises $10.00 for $10.00",
        ),
        (
            {},
            {"value": 30_000_000, "budget": 10_000_000},
            "after x, which promises $30.00 for $10.00 where this promises no known return",
        ),
        ({"added_at": LATER}, {}, "after x, which has waited longer (since 2026-03-04 12:00 UTC)"),
        ({"label": "y"}, {}, "after x, which was added at the same time and comes first by name"),
        ({"depends": ("x",), "priority": Priority.HIGH}, {}, "after x, on which it depends"),
        ({"priority": Priority.HIGH}, {}, "after x, which something further ahead depends on"),
    ],
)
def test_a_place_in_the_queue_has_its_reason(mine: dict[str, Any], other: dict[str, Any], text: str) -> None:
    """The first difference to the task just ahead is told."""
    task: Task = a_task(**{"label": "z", **mine})
    assert why_here(task, a_task("x", **other)) == text


def test_the_first_has_nobody_ahead() -> None:
    """The head of the queue says so."""
    assert why_here(a_task(), None) == "first: nothing that waits comes before it"
