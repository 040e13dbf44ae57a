"""Tests of the rule on priority."""

import pytest

from engine.policy import priority
from state.model.task import Priority
from state.model.verdict import Stance
from tests.making import a_spec


@pytest.mark.parametrize(
    ("level", "stance", "text"),
    [
        (Priority.HIGH, Stance.ALLOW, "high priority may start at any time"),
        (
            Priority.MEDIUM,
            Stance.ALLOW,
            "medium priority may start by itself, where windows are configured in those that take it",
        ),
        (Priority.LOW, Stance.ASK, "low priority never starts without approval"),
    ],
)
def test_each_priority_has_its_answer(level: Priority, stance: Stance, text: str) -> None:
    """High and medium start by themselves, low never does."""
    finding = priority.check(a_spec(priority=level))
    assert (finding.verdict, finding.text) == (stance, text)
