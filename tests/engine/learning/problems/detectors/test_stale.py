"""The rule on tasks that wait for too long."""

from datetime import timedelta

import pytest

from engine.learning.problems.detectors.stale import look
from state.model import build as b
from state.model import task as t
from state.model.escalation import Escalation, EscalationKind, Urgency
from tests.engine.learning.problems.looks import a_look, seen
from tests.making import NOON, a_build, a_task


def told(*tasks: t.Task, days: float, **more: object) -> list[tuple[str, str]]:
    """What is seen so many days after noon."""
    now = NOON + timedelta(days=days)
    return seen(look(a_look(now=now, tasks={task.label: task for task in tasks}, **more)))


@pytest.mark.parametrize(
    ("state", "days", "name"),
    [
        (t.Queued(), 7, "queued"),
        (t.Held(findings=()), 7, "held"),
        (t.AwaitingApproval(findings=()), 1, "awaiting_approval"),
        (t.AwaitingReview(build="tidy-1", digest="d"), 1, "awaiting_review"),
    ],
)
def test_each_state_has_its_patience(state: t.TaskState, days: int, name: str) -> None:
    """Nothing before its time, a problem from then on, and more of one after three times as long."""
    task = a_task("tidy", state)
    assert told(task, days=days - 0.1) == []
    assert told(task, days=days) == [(f"stale:{name}", "low")]
    assert told(task, days=days * 3) == [(f"stale:{name}", "medium")]


def test_many_are_one_problem() -> None:
    """The longest first."""
    tasks = {f"t{n}": a_task(f"t{n}", added_at=NOON - timedelta(hours=n)) for n in range(8)}
    [found] = look(a_look(now=NOON + timedelta(days=8), tasks=tasks)) or ()
    assert found.figures["tasks"] == 8
    assert "t7, t6, t5, t4, t3 and 3 more" in found.text


def test_time_that_it_asked_for_does_not_count() -> None:
    """A task that is to start later, or was built meanwhile, has not waited for so long."""
    later = a_task("later", start_at=NOON + timedelta(days=5))
    again = a_task("again", attempts=2)
    build = a_build("again-2", b.Finished(ending="failed", text="", at=NOON + timedelta(days=6)))
    assert told(later, again, days=8, builds={build.id: build}) == []


def test_it_counts_from_the_question() -> None:
    """A task that was added long ago waits for approval since it was asked for."""
    asked = Escalation(
        id="e1",
        type=EscalationKind.APPROVAL_NEEDED,
        priority=Urgency.HIGH,
        text="?",
        created_at=NOON + timedelta(days=8),
        label="tidy",
    )
    task = a_task("tidy", t.AwaitingApproval(findings=()))
    assert told(task, days=8.5, escalations={"e1": asked}) == []
    assert told(task, days=9.5, escalations={"e1": asked}) == [("stale:awaiting_approval", "low")]
