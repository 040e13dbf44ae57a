"""Tests of the rule on categories."""

from typing import Any

import pytest

from engine.policy import approvals
from state.model.task import Category, Effect
from state.model.verdict import Stance
from tests.making import a_spec


@pytest.mark.parametrize(
    ("category", "stance"),
    [
        (Category.PERFORMANCE, Stance.ALLOW),
        (Category.BUG_FIX, Stance.ALLOW),
        (Category.DOCUMENTATION, Stance.ALLOW),
        (Category.INFRASTRUCTURE, Stance.ALLOW),
        (Category.NEW_FEATURE, Stance.ASK),
        (Category.EXTERNAL_ACTION, Stance.ASK),
        (Category.CONFIGURATION, Stance.ASK),
    ],
)
def test_each_category_has_its_answer(category: Category, stance: Stance) -> None:
    """Four categories start by themselves, three ask."""
    assert approvals.check(a_spec(category=category)).verdict is stance


def test_every_category_is_in_exactly_one_list() -> None:
    """A category that is added later must be given its answer here."""
    assert set(approvals.SELF_STARTING) | set(approvals.ASKING) == set(Category)
    assert not set(approvals.SELF_STARTING) & set(approvals.ASKING)


def test_a_category_that_nobody_knows_asks() -> None:
    """Doubt asks."""
    finding = approvals.check(a_spec(category="surprise"))
    assert (finding.verdict, finding.text) == (Stance.ASK, "is of the category surprise")


@pytest.mark.parametrize(
    ("changes", "verified", "expected"),
    [
        ({}, True, False),
        ({}, False, True),
        ({"category": Category.NEW_FEATURE}, True, True),
        ({"effects": (Effect.PRODUCTION,)}, True, True),
        ({"source": "pattern"}, True, True),
    ],
)
def test_only_a_verified_harmless_result_merges_by_itself(
    changes: dict[str, Any], verified: bool, expected: bool
) -> None:
    """The operator sees the diff of whatever is unverified, has effects or is of a category that asks."""
    assert approvals.before_merge(a_spec(**changes), verified) is expected


def test_research_never_merges_unseen() -> None:
    """It starts by itself and makes something to read; were it to change a repository, the operator sees that first."""
    spec = a_spec(category=Category.RESEARCH)
    assert approvals.check(spec).verdict is Stance.ALLOW
    assert approvals.before_merge(spec, True)
