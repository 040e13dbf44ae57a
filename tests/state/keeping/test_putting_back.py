"""What was wanted comes back; what has happened stays."""

from datetime import timedelta

import msgspec
import pytest

from state.keeping.putting_back import control, put_back, questions
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.mode import Observation
from tests.making import NOON, a_task

QUEUED, HELD = t.Queued(), t.Held(findings=())
BUILDING, REVIEW = t.Building(build="tidy-2"), t.AwaitingReview(build="tidy-2", digest="d")
DONE, KILLED = t.Done(build="tidy-2", note="merged", at=NOON), t.Killed(build="", text="denied", at=NOON)
FAILED = t.Failed(build="tidy-2", text="no", at=NOON)


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        (KILLED, QUEUED, QUEUED),
        (KILLED, HELD, HELD),
        (FAILED, QUEUED, QUEUED),
        (QUEUED, KILLED, KILLED),
        (QUEUED, DONE, DONE),
        (KILLED, BUILDING, QUEUED),
        (FAILED, REVIEW, QUEUED),
        (DONE, QUEUED, None),
        (DONE, BUILDING, None),
        (BUILDING, QUEUED, None),
        (REVIEW, KILLED, None),
        (QUEUED, QUEUED, None),
    ],
)
def test_each_pair_of_states(now: t.TaskState, then: t.TaskState, expected: t.TaskState | None) -> None:
    """The table of what a task becomes; None leaves it as it is."""
    found = put_back({"tidy": a_task("tidy", now, attempts=2)}, [a_task("tidy", then, attempts=1)], (), NOON, "snap")
    if expected is None:
        assert (found.tasks, found.left) == ((), ("tidy",) if now != then else ())
    else:
        (task,) = found.tasks
        assert (task.state, task.attempts, found.back) == (expected, 2, ("tidy",))


def test_a_spec_comes_back_too() -> None:
    """With the approval that was bound to it."""
    approval = t.Approval(by="operator:ada", at=NOON, digest="x")
    then = a_task("tidy", QUEUED, title="As it was", approval=approval)
    (task,) = put_back({"tidy": a_task("tidy", QUEUED, title="Edited")}, [then], (), NOON, "snap").tasks
    assert task == then


def test_what_came_later_leaves_the_queue_unless_it_ended() -> None:
    """It is killed, not forgotten; what runs or is over is left."""
    now = {
        "fresh": a_task("fresh"),
        "runs": a_task("runs", BUILDING),
        "over": a_task("over", DONE),
    }
    found = put_back(now, (), (*now, "unknown"), NOON, "snap")
    (task,) = found.tasks
    assert isinstance(task.state, t.Killed)
    assert "midwatch retry fresh" in task.state.text
    assert (found.out, found.left) == (("fresh",), ("runs",))


def a_question(name: str, label: str, *, answered: bool = False) -> Escalation:
    return Escalation(
        id=name,
        type=EscalationKind.UNCLEAR,
        priority=Urgency.LOW,
        text="?",
        created_at=NOON,
        label=label,
        answered_at=NOON if answered else None,
    )


def test_questions_are_open_as_they_were_then() -> None:
    """Those on tasks that were put back; all others stay."""
    now = [a_question("a", "tidy", answered=True), a_question("b", "tidy"), a_question("c", "else")]
    later = NOON + timedelta(hours=1)
    opened, closed = questions(now, [a_question("a", "tidy"), a_question("d", "else")], ["tidy"], later)
    assert opened == a_question("a", "tidy")
    assert (closed.id, closed.answer, closed.answered_at) == ("b", "restored", later)


def test_no_brake_is_loosened() -> None:
    """It is paused, the kill switch stays as it is now, and observing is not ended by a time before it began."""
    observing = Observation(since=NOON, by="ada")
    now = Control(stopped=True, stopped_by="ada", observation=observing)
    found = control(now, Control())
    assert (found.stopped, found.stopped_by, found.paused, found.observation) == (True, "ada", True, observing)
    assert not control(Control(), Control(stopped=True, stopped_by="eve")).stopped
    assert control(now, None) == msgspec.structs.replace(now, paused=True)
