"""The tasks about which two versions differ are found without either having decided."""

from engine.policy.facts import Rules
from engine.policy.rollout.differing import differing
from state.model import task as t
from state.model.brakes.rollout import Overrides, Rollout
from tests.making import NOON, a_task


def test_only_what_is_decided_otherwise_is_named() -> None:
    """A yes that was given does not hide it."""
    overrides = Overrides(self_starting=("new_feature", "bug_fix"))
    rollout = Rollout(id="r1", name="n", overrides=overrides, by="o", started_at=NOON, staged_at=NOON)
    wish, plain = a_task("wish", category=t.Category.NEW_FEATURE), a_task("plain")
    yes = t.Approval(by="o", at=NOON, digest=wish.spec.digest)
    agreed = a_task("agreed", category=t.Category.NEW_FEATURE, approval=yes)
    docs = a_task("docs", category=t.Category.DOCUMENTATION)
    assert differing([wish, plain, agreed, docs], Rules(budget_over=1), rollout) == ("agreed", "docs", "wish")
