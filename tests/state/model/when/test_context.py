"""Contexts as nouns."""

import pytest

from state.model.when.context import ContextRule


@pytest.mark.parametrize(
    ("rule", "slots", "expected"),
    [
        (ContextRule(intensity=1), 2, 1),
        (ContextRule(intensity=50), 3, 1),
        (ContextRule(intensity=0, slots=3), 3, 0),
        (ContextRule(intensity=50, slots=3), 2, 3),
        (ContextRule(slots=0), 2, 0),
        (ContextRule(), 0, 0),
    ],
)
def test_a_share_is_at_least_one_build_unless_it_is_none(rule: ContextRule, slots: int, expected: int) -> None:
    """Whatever is allowed at all makes progress."""
    assert rule.of(slots) == expected
