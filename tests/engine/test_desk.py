"""The front desk: commands in, staged changes or a refusal out."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.desk import Desk
from engine.questions import Questions
from state.files import create_workspace
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.model.reason import Reason
from state.model.when.context import Context, Override
from state.settings import Settings
from state.store import Store
from tests.making import NOON, ManualClock, a_build, a_spec, a_task

SETUP = Reason(actor="test", action="set_up", why="the scene of a test")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk over a fresh store."""
    clock = ManualClock()
    with Store.open(create_workspace(tmp_path), clock) as store:
        yield Desk(store, Settings(), clock, Questions(store))


def ask(desk: Desk, command: c.Command) -> c.Reply:
    return desk.handle(c.Request(actor="operator:ada", command=command))


def state_of(desk: Desk, label: str) -> str:
    return desk.store.tasks[label].state_name


def questions(desk: Desk, label: str) -> list[tuple[str, str]]:
    return [(q.type.value, q.answer) for q in desk.store.escalations.values() if q.label == label]


def under_review(desk: Desk, **changes: Any) -> None:
    """Put a task with a verified build before the operator."""
    build = a_build("tidy-1", b.Reviewing(digest="d1"), digest="d1", **changes)
    desk.store.stage([a_task("tidy", t.AwaitingReview(build="tidy-1", digest="d1")), build], SETUP)
    task = desk.store.tasks["tidy"]
    question = desk.questions.ask(EscalationKind.REVIEW_NEEDED, task, "look", NOON, build="tidy-1", digest="d1")
    desk.store.stage([question], SETUP)


@pytest.mark.parametrize(
    ("changes", "state", "asked"),
    [
        ({}, "queued", []),
        ({"category": t.Category.NEW_FEATURE}, "awaiting_approval", [("approval_needed", "")]),
        ({"criteria": ()}, "held", [("unclear", "")]),
        ({"priority": t.Priority.LOW}, "awaiting_approval", [("approval_needed", "")]),
        ({"effects": (t.Effect.PRODUCTION,)}, "awaiting_approval", [("approval_needed", "")]),
        ({"blockers": ("waiting for the key",)}, "held", [("unclear", "")]),
    ],
)
def test_an_added_task_is_judged_at_once(desk: Desk, changes: dict[str, Any], state: str, asked: list[Any]) -> None:
    """What may start is queued; what may not becomes a question in the same commit."""
    reply = ask(desk, c.AddTasks(specs=(a_spec(**changes),)))
    assert reply.ok and reply.text == f"tidy: {state}"
    assert state_of(desk, "tidy") == state
    assert questions(desk, "tidy") == asked


def test_a_bad_batch_adds_nothing_and_names_every_mistake(desk: Desk) -> None:
    """A label twice, an unknown dependency: all told, none added."""
    ask(desk, c.AddTasks(specs=(a_spec("there"),)))
    before = desk.store.number
    reply = ask(desk, c.AddTasks(specs=(a_spec("there"), a_spec("new", depends=("nowhere",)), a_spec("fine"))))
    assert not reply.ok
    assert "there: there is a task of this label already" in reply.text
    assert "new: depends on nowhere" in reply.text
    assert desk.store.number == before
    assert set(desk.store.tasks) == {"there"}


def test_a_circle_of_dependencies_is_refused(desk: Desk) -> None:
    """Two tasks that wait for each other are refused, and the circle is named."""
    reply = ask(desk, c.AddTasks(specs=(a_spec("a", depends=("b",)), a_spec("b", depends=("a",)))))
    assert not reply.ok and "circle" in reply.text and not desk.store.tasks


def test_an_approval_is_bound_to_what_was_shown(desk: Desk) -> None:
    """Another digest than the present one is refused; the right one queues the task and closes the question."""
    ask(desk, c.AddTasks(specs=(a_spec(category=t.Category.NEW_FEATURE),)))
    assert "has changed since it was shown" in ask(desk, c.Approve(label="tidy", digest="0" * 64)).text
    assert state_of(desk, "tidy") == "awaiting_approval"
    reply = ask(desk, c.Approve(label="tidy", digest=desk.store.tasks["tidy"].spec.digest))
    assert reply.ok and state_of(desk, "tidy") == "queued"
    assert questions(desk, "tidy") == [("approval_needed", "approved")]
    assert desk.store.tasks["tidy"].approved


def test_approving_a_diff_marks_exactly_that_diff(desk: Desk) -> None:
    """The build carries the approval of its digest; a changed diff is not covered by it."""
    under_review(desk)
    assert not ask(desk, c.Approve(label="tidy", digest="d2")).ok
    assert not desk.store.builds["tidy-1"].approved
    assert ask(desk, c.Approve(label="tidy", digest="d1")).ok
    assert desk.store.builds["tidy-1"].approved
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
    state = desk.store.tasks["tidy"].state
    assert isinstance(state, t.Killed) and state.text == "denied: not now"
    assert desk.store.builds["tidy-1"].delivered.result is b.Result.NO
    assert questions(desk, "tidy") == [("review_needed", "denied")]


def test_a_kill_names_its_build_and_an_older_name_is_refused(desk: Desk) -> None:
    """A kill is recorded on the running build before anything dies; one for an earlier build does nothing."""
    running = a_build("tidy-2", b.Running(token="t", pid=1, start_ticks=1, boot=""))
    desk.store.stage([a_task("tidy", t.Building(build="tidy-2")), running], SETUP)
    assert "not running any more" in ask(desk, c.Kill(label="tidy", build="tidy-1")).text
    assert desk.store.builds["tidy-2"].kill_by == ""
    assert ask(desk, c.Kill(label="tidy", build="tidy-2")).ok
    assert desk.store.builds["tidy-2"].kill_by == "operator:ada"


def test_killing_what_has_not_started_takes_it_out_of_the_queue(desk: Desk) -> None:
    """A queued task that is killed never starts; a finished one cannot be killed."""
    ask(desk, c.AddTasks(specs=(a_spec(),)))
    assert ask(desk, c.Kill(label="tidy")).ok
    assert state_of(desk, "tidy") == "killed"
    assert not ask(desk, c.Kill(label="tidy")).ok


def test_the_kill_switch_marks_every_build_under_way_and_arm_releases_it(desk: Desk) -> None:
    """Engaging marks running builds as killed by the operator, not those that wait for review."""
    under_review(desk)
    running = a_build("other-1", b.Running(token="t", pid=1, start_ticks=1, boot=""))
    desk.store.stage([a_task("other", t.Building(build="other-1")), running], SETUP)
    assert ask(desk, c.KillAll(why="smoke")).ok
    assert desk.store.control.stopped and desk.store.control.stopped_by == "operator:ada"
    assert desk.store.builds["other-1"].kill_by == "operator:ada"
    assert desk.store.builds["tidy-1"].kill_by == ""
    assert ask(desk, c.Arm()).ok
    assert not desk.store.control.stopped


def test_a_retry_queues_what_is_over_with_a_clean_count(desk: Desk) -> None:
    """A failed task goes back to the queue with no failures counted; a queued one needs no retry."""
    desk.store.stage([a_task("tidy", t.Failed(build="tidy-4", text="exit code 1", at=NOON), failures=4)], SETUP)
    assert ask(desk, c.Retry(label="tidy")).ok
    task = desk.store.tasks["tidy"]
    assert (task.state_name, task.failures) == ("queued", 0)
    assert not ask(desk, c.Retry(label="tidy")).ok


def test_retrying_a_reviewed_build_sets_it_aside(desk: Desk) -> None:
    """Instead of approving, the operator may ask for another attempt; the old build is over."""
    under_review(desk)
    assert ask(desk, c.Retry(label="tidy")).ok
    assert state_of(desk, "tidy") == "queued"
    assert desk.store.builds["tidy-1"].over


def test_a_spawned_task_needs_no_approval_but_still_needs_a_command(desk: Desk) -> None:
    """Spawning is the operator's approval; it does not make a task without a command able to run."""
    assert ask(desk, c.SpawnTask(spec=a_spec(category=t.Category.NEW_FEATURE, criteria=()))).text == "tidy: queued"
    assert ask(desk, c.SpawnTask(spec=a_spec("empty", command=""))).text == "empty: held"


def test_failing_by_hand_needs_a_build(desk: Desk) -> None:
    """A build under way is marked; a queued task has nothing to fail."""
    under_review(desk)
    assert ask(desk, c.Fail(label="tidy", why="wrong file")).ok
    assert desk.store.builds["tidy-1"].fail_by == "operator:ada: wrong file"
    ask(desk, c.AddTasks(specs=(a_spec("queued"),)))
    assert not ask(desk, c.Fail(label="queued")).ok


def test_pausing_twice_is_refused(desk: Desk) -> None:
    """Pause and resume each happen once."""
    assert ask(desk, c.Pause(on=True)).ok and desk.store.control.paused
    assert not ask(desk, c.Pause(on=True)).ok
    assert ask(desk, c.Pause(on=False)).ok and not desk.store.control.paused


def test_the_operators_word_on_the_context_is_kept_until_it_ends_or_is_taken_back(desk: Desk) -> None:
    """A context is set with its end and who set it, and cleared again; a moment that is past is refused."""
    until = NOON + timedelta(hours=7)
    assert ask(desk, c.SetContext(context=Context.GYM, until=until)).ok
    assert desk.store.control.override == Override(context=Context.GYM, by="operator:ada", set_at=NOON, until=until)
    assert "past" in ask(desk, c.SetContext(context=Context.GYM, until=NOON)).text
    assert ask(desk, c.ClearContext()).ok
    assert desk.store.control.override is None
    again = ask(desk, c.ClearContext())
    assert (again.ok, again.code) == (False, 1)


def test_a_touched_key_leaves_no_trace_in_the_journal(desk: Desk) -> None:
    """That the operator is there is a fact of the moment, not a decision."""
    reply = ask(desk, c.Present())
    assert reply.ok and reply.number == desk.store.number
    assert ask(desk, c.Present()).number == reply.number


def test_a_refused_denial_leaves_the_question_open(desk: Desk) -> None:
    """The diff has changed since it was shown: nothing is denied, and a later answer still closes the question."""
    under_review(desk)
    assert not ask(desk, c.Deny(label="tidy", digest="d0")).ok
    assert questions(desk, "tidy") == [("review_needed", "")]
    assert ask(desk, c.Approve(label="tidy", digest="d1")).ok
    assert questions(desk, "tidy") == [("review_needed", "approved")]


LABELS = st.sampled_from(["tidy", "other", "nobody"])
DIGESTS = st.sampled_from(["", "d1", a_spec("tidy").digest])
COMMANDS = st.one_of(
    st.builds(c.SpawnTask, spec=st.builds(a_spec, LABELS)),
    st.builds(lambda label, **spec: c.AddTasks(specs=(a_spec(label, **spec),)), LABELS, depends=st.just(("tidy",))),
    st.builds(c.Approve, label=LABELS, digest=DIGESTS),
    st.builds(c.Deny, label=LABELS, digest=DIGESTS),
    st.builds(c.Kill, label=LABELS, build=st.sampled_from(["", "tidy-1", "tidy-0"])),
    st.builds(c.Fail, label=LABELS),
    st.builds(c.Retry, label=LABELS),
    st.builds(c.Pause, on=st.booleans()),
    st.builds(c.KillAll),
    st.builds(c.Arm),
)
BEGINNINGS: list[tuple[t.TaskState, b.BuildState]] = [
    (t.Queued(), b.Finished(ending="failed", text="", at=NOON)),
    (t.Held(findings=()), b.Finished(ending="failed", text="", at=NOON)),
    (t.AwaitingApproval(findings=()), b.Finished(ending="failed", text="", at=NOON)),
    (t.Building(build="tidy-1"), b.Preparing()),
    (t.Building(build="tidy-1"), b.Running(token="t", pid=1, start_ticks=1, boot="")),
    (t.Verifying(build="tidy-1"), b.Checking(candidate="")),
    (t.Verifying(build="tidy-1"), b.Delivering(old="o", new="n")),
    (t.AwaitingReview(build="tidy-1", digest="d1"), b.Reviewing(digest="d1")),
    (t.Retrying(at=NOON, text=""), b.Finished(ending="failed", text="", at=NOON)),
    (t.Done(build="tidy-1", note="", at=NOON), b.Finished(ending="done", text="", at=NOON)),
    (t.Unknown(build="tidy-1", text="", at=NOON), b.Finished(ending="unknown", text="", at=NOON)),
]


@settings(max_examples=150, deadline=None)
@given(beginning=st.sampled_from(BEGINNINGS), commands=st.lists(COMMANDS, max_size=8))
def test_no_command_is_a_defect_in_any_state(
    tmp_path_factory: Any, beginning: tuple[t.TaskState, b.BuildState], commands: list[c.Command]
) -> None:
    """Whatever is asked in whatever order, it is done or refused in words, and a refusal stages nothing."""
    clock = ManualClock()
    with Store.open(create_workspace(tmp_path_factory.mktemp("desk")), clock) as store:
        desk = Desk(store, Settings(), clock, Questions(store))
        task, build = beginning
        store.stage([a_task("tidy", task), a_build("tidy-1", build, digest="d1")], SETUP)
        for command in commands:
            before = store.number
            reply = ask(desk, command)
            assert reply.text and reply.number == store.number
            assert reply.ok or store.number == before
            opened = {question.id for question in store.escalations.values() if question.open}
            known = {question.id for label in store.tasks for question in desk.questions.open_on(label)}
            assert opened == known
