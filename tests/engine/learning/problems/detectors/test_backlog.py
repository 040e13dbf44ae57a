"""The rule on a queue that is too long."""

from datetime import timedelta

from engine.learning.problems.detectors.backlog import look
from state.model import task as t
from state.model.control import Control
from tests.engine.learning.problems.looks import a_look, seen
from tests.making import NOON, a_task

SOON, LATE = NOON + timedelta(days=2), NOON + timedelta(days=8)


def test_what_does_not_start_in_time() -> None:
    """Tasks that are foreseen for later than a week, or not at all, with the hours that they ask for."""
    tasks = {label: a_task(label, hours=3.0) for label in ("a", "b", "c")}
    assert look(a_look(tasks=tasks, starts=dict.fromkeys(tasks, SOON))) == ()
    found = look(a_look(tasks=tasks, starts={"a": SOON, "b": LATE, "c": None}))
    assert seen(found) == [("backlog:queue", "low")]
    assert found is not None and found[0].figures == {"tasks": 2, "hours": 6.0}
    assert "2 tasks in the queue will not start within 7 days: b, c" in found[0].text


def test_a_time_that_was_asked_for_is_in_time() -> None:
    """Nor does a task count that waits for the operator."""
    tasks = {"a": a_task("a", start_at=LATE), "b": a_task("b", t.AwaitingApproval(findings=()))}
    assert look(a_look(tasks=tasks, starts={"a": LATE, "b": None})) == ()


def test_a_queue_that_stands_still_on_purpose_is_not_judged() -> None:
    """Paused, stopped or observing: that nothing starts says nothing of its length."""
    for control in (Control(paused=True), Control(stopped=True)):
        assert look(a_look(tasks={"a": a_task("a")}, starts={"a": None}, control=control)) is None
