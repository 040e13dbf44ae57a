"""Tests of the rule on budgets."""

import pytest

from engine.policy import budget
from state.model.verdict import Stance
from tests.making import a_spec

LIMIT = 50_000_000


@pytest.mark.parametrize(
    ("amount", "stance", "text"),
    [
        (None, Stance.ALLOW, "asks for no budget"),
        (0, Stance.ALLOW, "may spend $0.00, within $50.00"),
        (LIMIT, Stance.ALLOW, "may spend $50.00, within $50.00"),
        (LIMIT + 10_000, Stance.ASK, "may spend $50.01, more than $50.00"),
        (LIMIT + 1, Stance.ASK, "may spend $50.00, more than $50.00"),
    ],
)
def test_a_budget_over_the_limit_asks(amount: int | None, stance: Stance, text: str) -> None:
    """The limit itself is allowed, a micro-dollar more asks."""
    finding = budget.check(a_spec(budget=amount), LIMIT)
    assert (finding.verdict, finding.text) == (stance, text)
