"""The store."""

import errno
import json
import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinydb import TinyDB, where

from state import segments
from state import store as module
from state.disk import DISK, Disk
from state.files import Workspace, create_workspace
from state.journal import Entry, verify
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.view import Record
from state.store import Store, StoreFailed, WorkspaceBusy
from tests.making import NOON, ManualClock, a_build, a_task
from tests.state.making import ASKED, filled, held
from tests.state.shaky import ShakyDisk


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path)


@pytest.fixture
def disk() -> ShakyDisk:
    return ShakyDisk()


def opened(workspace: Workspace, disk: Disk = DISK) -> Store:
    return Store.open(workspace, ManualClock(), disk=disk)


def one_of_each() -> list[Record]:
    return [
        a_task(),
        a_build(),
        Escalation(
            id="e-1", type=EscalationKind.UNCLEAR, priority=Urgency.HIGH, text="what?", created_at=NOON, label="tidy"
        ),
        Anomaly(id="a-1", label="tidy", build="tidy-1", figure="run_s", value=3, limit=2, text="long", created_at=NOON),
        Control(paused=True),
    ]


def test_a_commit_is_there_at_once_and_after_a_restart(workspace: Workspace) -> None:
    """Every kind of record, under its key, with the entry that tells of it."""
    with opened(workspace) as store:
        entry = store.commit(one_of_each(), ASKED)
        assert (entry.seq, entry.at, entry.reason, entry.records) == (1, NOON, ASKED, tuple(one_of_each()))
        assert (store.tasks["tidy"], store.builds["tidy-1"]) == (a_task(), a_build())
        assert set(store.escalations) == {"e-1"}
        assert set(store.anomalies) == {"a-1"}
        assert store.control.paused
        before = held(store)
    with opened(workspace) as store:
        assert held(store) == before
        assert store.number == 1
        assert store.recovered == ""


def test_a_fresh_store_is_empty(workspace: Workspace) -> None:
    """With nothing said, the switch is armed and nothing is paused."""
    with opened(workspace) as store:
        assert store.number == 0
        assert store.control == Control()
        assert not store.tasks


def test_a_reason_alone_can_be_committed(workspace: Workspace) -> None:
    """What was decided is kept also when no record changes."""
    with opened(workspace) as store:
        store.commit([], ASKED)
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).entries == 1


def test_what_is_staged_is_seen_at_once_and_written_together(workspace: Workspace, disk: ShakyDisk) -> None:
    """A flush is one write and one sync for all."""
    with opened(workspace, disk) as store:
        disk.calls.clear()
        for number in range(50):
            store.stage([a_task(f"task-{number}")], ASKED)
        assert len(store.tasks) == store.number == 50
        assert disk.calls == []
        store.flush()
        assert (disk.calls.count("write"), disk.calls.count("datasync")) == (1, 1)
        disk.calls.clear()
        store.flush()
        assert disk.calls == []
    with opened(workspace) as store:
        assert len(store.tasks) == store.number == 50


def test_the_maps_are_live_and_read_only(workspace: Workspace) -> None:
    """Whoever holds one sees each change, and can make none."""
    with opened(workspace) as store:
        tasks: Any = store.tasks
        store.commit([a_task()], ASKED)
        assert list(tasks) == ["tidy"]
        with pytest.raises(TypeError):
            tasks["other"] = a_task("other")


def test_a_record_that_could_not_be_read_back_changes_nothing(workspace: Workspace) -> None:
    """The whole change is refused before any of it is applied."""
    bad = Anomaly(id="a", label="", build="", figure="", value=math.inf, limit=0, text="", created_at=NOON)
    with opened(workspace) as store:
        with pytest.raises(TypeError, match="cannot be written"):
            store.commit([a_task(), bad], ASKED)
        assert (store.number, len(store.tasks)) == (0, 0)
        store.commit([a_task()], ASKED)
    assert verify(workspace.journal, checkpoint=None).ok


def test_memory_holds_what_a_reader_will_get(workspace: Workspace) -> None:
    """A list in a tuple's place does not make the running engine differ from a restarted one."""
    loose = msgspec.structs.replace(a_task(), spec=msgspec.structs.replace(a_task().spec, criteria=["a", "b"]))
    with opened(workspace) as store:
        store.commit([loose], ASKED)
        assert store.tasks["tidy"].spec.criteria == ("a", "b")


def test_listeners_hear_of_each_entry_as_it_is_staged(workspace: Workspace) -> None:
    """Whoever shows the state need not compare it with the one before."""
    heard: list[Entry] = []
    with opened(workspace) as store:
        store.listeners.append(heard.append)
        entries = [store.stage([a_task()], ASKED), store.commit([Control()], ASKED)]
    assert heard == entries


def test_a_failed_write_takes_everything_staged_back(workspace: Workspace, disk: ShakyDisk) -> None:
    """Memory is as the journal, the same numbers are used again, and the next commit works."""
    with opened(workspace, disk) as store:
        store.commit([a_task("old"), Control(paused=True)], ASKED)
        before, head = held(store), store.head
        disk.fail("write", errno.ENOSPC)
        store.stage([a_task("new")], ASKED)
        store.stage([a_task("old", attempts=1), a_task("new", attempts=2)], ASKED)
        with pytest.raises(StoreFailed, match="No space left on device"):
            store.commit([Control()], ASKED)
        assert held(store) == before
        assert (store.number, store.head) == (1, head)
        assert store.commit([a_task("new")], ASKED).seq == 2
        after = held(store)
    with opened(workspace) as store:
        assert held(store) == after


def test_after_a_failed_sync_every_call_refuses_until_a_restart(workspace: Workspace, disk: ShakyDisk) -> None:
    """And the restart finds what was acknowledged."""
    store = opened(workspace, disk)
    store.commit([a_task("old")], ASKED)
    before = held(store)
    disk.fail("datasync")
    with pytest.raises(StoreFailed, match="start again"):
        store.commit([a_task("new")], ASKED)
    assert held(store) == before
    calls: list[Callable[[], object]] = [
        lambda: store.commit([a_task("new")], ASKED),
        lambda: store.stage([a_task("new")], ASKED),
        store.flush,
        store.checkpoint,
    ]
    for call in calls:
        with pytest.raises(StoreFailed, match="start again") as failed:
            call()
        assert failed.value.final
    store.close()
    with opened(workspace) as store:
        assert held(store) == before


def test_a_closed_store_refuses(workspace: Workspace) -> None:
    """Whoever kept it must open it again; closing twice is harmless."""
    store = opened(workspace)
    store.close()
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.commit([a_task()], ASKED)


def test_closing_keeps_what_was_staged(workspace: Workspace) -> None:
    """Nothing is lost by leaving."""
    store = opened(workspace)
    store.stage([a_task()], ASKED)
    store.close()
    with opened(workspace) as store:
        assert set(store.tasks) == {"tidy"}


def test_closing_on_a_full_disk_says_what_is_lost_and_lets_go(workspace: Workspace, disk: ShakyDisk) -> None:
    """The lock is free again whatever happened."""
    store = opened(workspace, disk)
    store.stage([a_task()], ASKED)
    disk.fail("write", errno.ENOSPC)
    with pytest.raises(StoreFailed):
        store.close()
    with opened(workspace) as store:
        assert store.number == 0


def test_a_second_store_is_refused_and_may_wait(workspace: Workspace) -> None:
    """One writer; its pid is named."""
    with opened(workspace) as store:
        with pytest.raises(WorkspaceBusy, match="process"):
            opened(workspace)
        store.commit([a_task()], ASKED)
    Store.open(workspace, ManualClock(), timeout_s=5).close()


def test_a_workspace_that_was_only_configured_gets_its_folders(tmp_path: Path) -> None:
    """A settings file is enough of a workspace to work in."""
    (tmp_path / "midwatch.toml").touch()
    with opened(Workspace(tmp_path)) as store:
        store.commit([a_task()], ASKED)
    assert (tmp_path / ".midwatch").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("place", ["hidden", "journal", "head"])
def test_what_cannot_be_opened_is_told_and_the_lock_let_go(workspace: Workspace, place: str) -> None:
    """A file in a folder's place, or a folder in a file's."""
    path = {"hidden": workspace.hidden, "journal": workspace.journal, "head": workspace.journal / segments.HEAD}[place]
    aside = workspace.root / "aside"
    if path.exists():
        path.rename(aside)
    path.mkdir() if place == "head" else path.touch()
    with pytest.raises(StoreFailed, match="cannot be used"):
        opened(workspace)
    path.rmdir() if place == "head" else path.unlink()
    if aside.exists():
        aside.rename(path)
    opened(workspace).close()


@pytest.mark.parametrize("call", ["truncate", "datasync", "fsync"])
def test_a_start_that_fails_half_way_can_be_tried_again(tmp_path: Path, disk: ShakyDisk, call: str) -> None:
    """Nothing stays locked or half done."""
    workspace = filled(tmp_path, 3)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(last.read_bytes() + b'{"seq":4')
    disk.fail(call)
    with pytest.raises(StoreFailed, match="Input/output error"):
        opened(workspace, disk)
    with opened(workspace, disk) as store:
        assert store.number == 3


def test_a_torn_end_is_cut_off_and_told(tmp_path: Path) -> None:
    """Then the chain goes on as if it had never been."""
    workspace = filled(tmp_path, 3)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(last.read_bytes() + b'{"seq":4,"at":"20')
    with opened(workspace) as store:
        assert "half written" in store.recovered
        assert store.commit([a_task("next")], ASKED).seq == 4
    with opened(workspace) as store:
        assert store.recovered == ""
        assert len(store.tasks) == 4
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_a_clock_that_jumps_does_not_break_the_order(workspace: Workspace) -> None:
    """Days back and forth, within one run and between runs."""
    clock = ManualClock()
    for number in range(8):
        clock.set(NOON + timedelta(days=(number * 5) % 7, hours=number))
        with Store.open(workspace, clock) as store:
            store.commit([a_task(f"a-{number}")], ASKED)
            clock.forward(-2 * 86_400)
            store.commit([a_task(f"b-{number}")], ASKED)
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert (audit.ok, audit.entries) == (True, 16)
    workspace.checkpoint.unlink()
    with opened(workspace) as store:
        assert len(store.tasks) == 16


def test_tables_answer_tinydbs_queries(workspace: Workspace) -> None:
    """Before and after a restart a document has the same number."""
    with opened(workspace) as store:
        store.commit([a_task("a"), a_task("b")], ASKED)
        store.commit([a_task("a", attempts=2)], ASKED)
    with opened(workspace) as store:
        tasks = store.table("tasks")
        (found,) = tasks.search(where("attempts") == 2)
        assert (found.doc_id, found["spec"]["label"]) == (1, "a")
        with pytest.raises(StoreFailed, match=r"Store\.commit\(\)"):
            tasks.insert({})
        with pytest.raises(KeyError, match="there are tasks, builds"):
            store.table("dreams")
    with TinyDB(workspace.checkpoint, access_mode="r") as plain:
        assert plain.table("tasks").all() == json.loads(json.dumps([found, {**plain.table("tasks").get(doc_id=2)}]))


def test_a_checkpoint_is_written_as_the_journal_grows(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the work, of a state that was durable, so that a start reads little."""
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", 10_000)
    store = opened(workspace)
    for number in range(60):
        store.commit([a_task(f"task-{number}")], ASKED)
    store._join()
    seq = json.loads(workspace.checkpoint.read_bytes())["checkpoint"]["1"]["seq"]
    assert seq > 0
    store._lock.release()
    with opened(workspace) as again:
        assert len(again.tasks) == 60


def test_closing_writes_a_checkpoint_only_for_news(workspace: Workspace, disk: ShakyDisk) -> None:
    """A look at an old workspace leaves its file alone."""
    with opened(workspace) as store:
        store.commit([a_task()], ASKED)
    inode = workspace.checkpoint.stat().st_ino
    opened(workspace, disk).close()
    assert workspace.checkpoint.stat().st_ino == inode
    assert "replace" not in disk.calls


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_checkpoint_that_fails_leaves_the_old_one(workspace: Workspace, disk: ShakyDisk, call: str) -> None:
    """Who asked for it is told; the commits are safe without it."""
    store = opened(workspace, disk)
    store.commit([a_task("a")], ASKED)
    store.checkpoint()
    old = workspace.checkpoint.read_bytes()
    store.commit([a_task("b")], ASKED)
    disk.fail(call, errno.ENOSPC)
    with pytest.raises(StoreFailed, match="the old one stays"):
        store.checkpoint()
    assert workspace.checkpoint.read_bytes() == old
    disk.fail(call, errno.ENOSPC)
    store.close()
    assert [path.name for path in workspace.hidden.glob(".state*")] == []
    with opened(workspace) as store:
        assert set(store.tasks) == {"a", "b"}


RECORDS = st.one_of(
    st.builds(
        a_task,
        st.sampled_from("abcd"),
        attempts=st.integers(0, 9),
        title=st.text(max_size=9),
        hours=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        state=st.sampled_from([t.Queued(), t.Building(build="a-1"), t.Retrying(at=NOON, text='no "luck"\n')]),
    ),
    st.builds(a_build, st.sampled_from(["a-1", "b-1"]), percent=st.integers(0, 100), step=st.text(max_size=9)),
    st.builds(Control, paused=st.booleans(), stopped_by=st.text(max_size=3)),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["commit", "stage", "flush", "checkpoint", "reopen", "day", "fail"]),
        st.lists(RECORDS, max_size=3),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_journal_replayed_is_the_live_state(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    """Whatever is done in whatever order, with checkpoints, restarts and failing writes between."""
    workspace = create_workspace(tmp_path_factory.mktemp("w"))
    clock, disk = ManualClock(), ShakyDisk()
    store = Store.open(workspace, clock, disk=disk)
    durable = held(store)
    for step, changes in steps:
        if step == "day":
            clock.forward(86_400)
        elif step == "stage":
            store.stage(changes, ASKED)
        elif step == "fail":
            disk.fail("write", errno.ENOSPC)
            with pytest.raises(StoreFailed):
                store.commit(changes, ASKED)
            assert held(store) == durable
        elif step == "reopen":
            store.close()
            store = Store.open(workspace, clock, disk=disk)
            durable = held(store)
        else:
            store.commit(changes, ASKED) if step == "commit" else getattr(store, step)()
            durable = held(store)
    store.close()
    with Store.open(workspace, clock) as with_checkpoint:
        live = held(with_checkpoint)
        number = with_checkpoint.number
    assert live == held(store)
    workspace.checkpoint.unlink(missing_ok=True)
    with Store.open(workspace, clock) as from_journal:
        assert held(from_journal) == live
        assert from_journal.number == number
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert (audit.ok, audit.entries) == (True, number)
