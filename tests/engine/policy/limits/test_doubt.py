"""Doubt about where a task came from."""

import msgspec

from engine.policy.gate import judge_spec
from engine.policy.limits.doubt import check
from state.model.task import Approval
from state.model.verdict import Stance
from tests.engine.policy.test_gate import RULES
from tests.making import NOON, a_task


def test_a_doubt_asks_in_its_own_words() -> None:
    """Whatever else speaks for the task."""
    finding = check(a_task(doubt="ci is 55 % sure"))
    assert (finding.verdict, finding.text) == (Stance.ASK, "ci is 55 % sure")
    assert check(a_task()).verdict is Stance.ALLOW


def test_a_yes_of_the_operator_answers_it() -> None:
    """What was approved may start."""
    task = a_task(doubt="ci is 55 % sure")
    yes = Approval(by="operator:ada", at=NOON, digest=task.spec.digest)
    assert judge_spec(task, RULES).stance is Stance.ASK
    assert judge_spec(msgspec.structs.replace(task, approval=yes), RULES).stance is Stance.ALLOW
