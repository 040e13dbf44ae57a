"""The front desk: commands in, staged changes or a refusal out."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.desk.desk import Desk
from engine.questions import Questions
from state.files import create_workspace
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.settings import Settings
from state.store import Store
from tests.engine.desk.asking import SETUP, ask, desk
from tests.making import NOON, ManualClock, a_build, a_spec, a_task

__all__ = ["desk"]


def test_a_touched_key_leaves_no_trace_in_the_journal(desk: Desk) -> None:
    """That the operator is there is a fact of the moment, not a decision."""
    reply = ask(desk, c.Present())
    assert reply.ok and reply.number == desk.common.store.number
    assert ask(desk, c.Present()).number == reply.number


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
            known = {question.id for label in store.tasks for question in desk.common.questions.open_on(label)}
            assert opened == known
