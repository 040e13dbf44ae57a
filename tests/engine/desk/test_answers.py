"""Yes and no, to exactly what was shown."""

from engine.desk.desk import Desk
from state.model import build as b
from state.model import command as c
from state.model import task as t
from tests.engine.desk.asking import SETUP, ask, desk, questions, state_of, under_review
from tests.making import NOON, a_spec, a_task

__all__ = ["desk"]


def test_an_approval_is_bound_to_what_was_shown(desk: Desk) -> None:
    """Another digest than the present one is refused; the right one queues the task and closes the question."""
    ask(desk, c.AddTasks(specs=(a_spec(category=t.Category.NEW_FEATURE),)))
    assert "has changed since it was shown" in ask(desk, c.Approve(label="tidy", digest="0" * 64)).text
    assert state_of(desk, "tidy") == "awaiting_approval"
    reply = ask(desk, c.Approve(label="tidy", digest=desk.common.store.tasks["tidy"].spec.digest))
    assert reply.ok and state_of(desk, "tidy") == "queued"
    assert questions(desk, "tidy") == [("approval_needed", "approved")]
    assert desk.common.store.tasks["tidy"].approved


def test_approving_a_diff_marks_exactly_that_diff(desk: Desk) -> None:
    """The build carries the approval of its digest; a changed diff is not covered by it."""
    under_review(desk)
    assert not ask(desk, c.Approve(label="tidy", digest="d2")).ok
    assert not desk.common.store.builds["tidy-1"].approved
    assert ask(desk, c.Approve(label="tidy", digest="d1")).ok
    assert desk.common.store.builds["tidy-1"].approved
    assert questions(desk, "tidy") == [("review_needed", "approved")]


def test_an_approval_where_none_is_asked_for_says_so(desk: Desk) -> None:
    """Approving a queued task, or one that does not exist, is refused in words."""
    ask(desk, c.AddTasks(specs=(a_spec(),)))
    assert "nothing on it waits" in ask(desk, c.Approve(label="tidy", digest="")).text
    assert "there is no task 'other'" in ask(desk, c.Approve(label="other", digest="")).text


def test_denying_ends_a_task_and_keeps_its_work(desk: Desk) -> None:
    """A denied start and a denied diff both end the task as killed, with the reason."""
    under_review(desk)
    reply = ask(desk, c.Deny(label="tidy", digest="d1", why="not now"))
    assert reply.ok and "kept in tidy-1" in reply.text
    state = desk.common.store.tasks["tidy"].state
    assert isinstance(state, t.Killed) and state.text == "denied: not now"
    assert desk.common.store.builds["tidy-1"].delivered.result is b.Result.NO
    assert questions(desk, "tidy") == [("review_needed", "denied")]


def test_a_retry_queues_what_is_over_with_a_clean_count(desk: Desk) -> None:
    """A failed task goes back to the queue with no failures counted; a queued one needs no retry."""
    desk.common.store.stage([a_task("tidy", t.Failed(build="tidy-4", text="exit code 1", at=NOON), failures=4)], SETUP)
    assert ask(desk, c.Retry(label="tidy")).ok
    task = desk.common.store.tasks["tidy"]
    assert (task.state_name, task.failures) == ("queued", 0)
    assert not ask(desk, c.Retry(label="tidy")).ok


def test_retrying_a_reviewed_build_sets_it_aside(desk: Desk) -> None:
    """Instead of approving, the operator may ask for another attempt; the old build is over."""
    under_review(desk)
    assert ask(desk, c.Retry(label="tidy")).ok
    assert state_of(desk, "tidy") == "queued"
    assert desk.common.store.builds["tidy-1"].over


def test_failing_by_hand_needs_a_build(desk: Desk) -> None:
    """A build under way is marked; a queued task has nothing to fail."""
    under_review(desk)
    assert ask(desk, c.Fail(label="tidy", why="wrong file")).ok
    assert desk.common.store.builds["tidy-1"].fail_by == "operator:ada: wrong file"
    ask(desk, c.AddTasks(specs=(a_spec("queued"),)))
    assert not ask(desk, c.Fail(label="queued")).ok


def test_a_refused_denial_leaves_the_question_open(desk: Desk) -> None:
    """The diff has changed since it was shown: nothing is denied, and a later answer still closes the question."""
    under_review(desk)
    assert not ask(desk, c.Deny(label="tidy", digest="d0")).ok
    assert questions(desk, "tidy") == [("review_needed", "")]
    assert ask(desk, c.Approve(label="tidy", digest="d1")).ok
    assert questions(desk, "tidy") == [("review_needed", "approved")]
