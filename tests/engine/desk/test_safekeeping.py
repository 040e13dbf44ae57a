"""Restore points on record, and the way back as one entry of it."""

import pytest

from engine.desk.desk import Desk
from state.journal import Entry
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.safekeeping import Kind, Rehearsal, Snapshot
from state.model.control import Control
from state.model.escalation import EscalationKind
from tests.engine.desk.asking import ask, desk
from tests.making import NOON, a_build, a_task
from tests.state.making import ASKED

__all__ = ["desk"]

SNAPSHOT = Snapshot(id="20260304-120000", at=NOON, by="engine", kind=Kind.ROUTINE, files=2, bytes=10, added=5)


def restore(**fields: object) -> c.Restore:
    """A restore of the state as of entry 1."""
    return c.Restore(**{"mark": "m", "snapshot": "then", "before": "now", "seq": 1, "control": Control(), **fields})


def test_a_snapshot_and_a_rehearsal_are_remembered(desk: Desk) -> None:
    """The latest of each, with an entry of its own that says how it went."""
    rehearsal = Rehearsal(
        snapshot="s", at=NOON, ok=False, took_s=1.5, files=2, bytes=10, troubles=("GOALS.md differs",)
    )
    entries: list[Entry] = []
    desk.common.store.listeners.append(entries.append)
    assert ask(desk, c.RecordSnapshot(snapshot=SNAPSHOT)).ok
    assert ask(desk, c.RecordSnapshot(rehearsal=rehearsal)).ok
    known = desk.common.store.safekeeping
    assert (known.snapshot, known.rehearsal) == (SNAPSHOT, rehearsal)
    assert [entry.reason.action for entry in entries] == ["snapshot_made", "rehearsal_failed"]
    assert "GOALS.md differs" in entries[1].reason.why


def test_a_restore_is_one_entry_that_names_both_ends(desk: Desk) -> None:
    """Tasks, questions, schedules and the operator's word come back together, and it is paused."""
    store = desk.common.store
    killed = a_task("tidy", t.Killed(build="", text="", at=NOON))
    question = desk.common.questions.ask(EscalationKind.UNCLEAR, killed, "say more", NOON)
    store.commit([question, a_task("later")], ASKED)
    store.commit([killed, *desk.common.questions.answer("tidy", "", NOON)], ASKED)
    head = store.head
    entries: list[Entry] = []
    store.listeners.append(entries.append)
    then = a_task("tidy", t.Held(findings=()))
    reply = ask(desk, restore(tasks=(then,), later=("later",), questions=(question,)))
    assert reply.ok
    (entry,) = entries
    assert dict(entry.reason.known)["the record's end"] == f"{entry.seq - 1}:{head}"
    assert store.tasks["tidy"] == then
    assert store.tasks["later"].state_name == "killed"
    assert store.escalations[question.id].open
    assert [one.id for one in desk.common.questions.open_on("tidy")] == [question.id]
    assert (store.control.paused, store.safekeeping.restored) == (True, "m")


def test_only_files_leaves_the_state_alone(desk: Desk) -> None:
    """Nothing is paused either."""
    assert ask(desk, restore(seq=0, control=None)).ok
    assert not desk.common.store.control.paused
    assert desk.common.store.safekeeping.restored == "m"


@pytest.mark.parametrize(
    ("state", "kill_by", "refused"),
    [
        (b.Running(token="t", pid=1, start_ticks=1, boot="b"), "", True),
        (b.Running(token="t", pid=1, start_ticks=1, boot="b"), "operator:ada", False),
        (b.Reviewing(digest="d"), "", False),
        (b.Finished(ending="done", text="", at=NOON), "", False),
    ],
)
def test_nothing_is_restored_while_a_build_runs(desk: Desk, state: b.BuildState, kill_by: str, refused: bool) -> None:
    """It is named; one that is about to die, waits for review or is over does not count."""
    desk.common.store.commit([a_build("tidy-1", state, kill_by=kill_by)], ASKED)
    reply = ask(desk, restore())
    assert reply.ok is not refused
    if refused:
        assert "tidy-1 still run" in reply.text
        assert "--stop-builds" in reply.text
        assert desk.common.store.safekeeping.restored == ""
