"""Tests of the rule that a task must stand where it can start."""

import pytest

from engine.policy.moment import standing
from state.model import task as t
from state.model.verdict import Stance
from tests.making import NOON, a_task


@pytest.mark.parametrize(
    ("state", "stance", "text"),
    [
        (t.Queued(), Stance.ALLOW, "is in the queue"),
        (t.Held(findings=()), Stance.ALLOW, "is in the queue"),
        (t.AwaitingApproval(findings=()), Stance.ALLOW, "is in the queue"),
        (t.Retrying(at=NOON, text=""), Stance.ALLOW, "is in the queue"),
        (t.Building(build="b"), Stance.HOLD, "is being built"),
        (t.Verifying(build="b"), Stance.HOLD, "is being built"),
        (t.AwaitingReview(build="b", digest=""), Stance.HOLD, "is built and waits for review"),
        (t.Done(build="b", note="", at=NOON), Stance.HOLD, "is done"),
        (t.Failed(build="b", text="", at=NOON), Stance.HOLD, "is failed: `midwatch retry tidy` queues it again"),
        (t.Killed(build="b", text="", at=NOON), Stance.HOLD, "is killed: `midwatch retry tidy` queues it again"),
        (t.Unknown(build="b", text="", at=NOON), Stance.HOLD, "is unknown: `midwatch retry tidy` queues it again"),
    ],
)
def test_only_what_waits_may_start(state: t.TaskState, stance: Stance, text: str) -> None:
    """Nothing that runs, or is over, starts again by itself."""
    finding = standing.check(a_task("tidy", state))
    assert (finding.verdict, finding.text) == (stance, text)
