"""Putting an engine together: from a workspace's files, or not at all and in words."""

import asyncio
import errno
from pathlib import Path

import pytest

from engine import bootstrap
from engine.engine import Engine
from engine.reversal.snapshots import way_back
from engine.reversal.snapshots.vault import Vault
from engine.reversal.snapshots.way_back import Part
from engine.safety import crash
from state import journal
from state.disk import DISK
from state.files import Lock, Workspace, WorkspaceBusy, create_workspace
from state.journal import JournalDamaged
from state.keeping import erasures, exchange
from state.model import command as c
from state.model.brakes.safekeeping import Kind
from state.model.escalation import Urgency
from state.model.reason import Reason
from state.settings import SettingsError
from tests.making import NOON, ManualClock, a_spec
from tests.state.making import filled


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path)


def test_an_engine_works_with_the_settings_of_its_workspace(workspace: Workspace) -> None:
    """Slots and mode are shown, a sandbox was tried for real, and a task comes to its end."""
    workspace.settings.write_text("[queue]\nslots = 5\n")

    async def scene() -> None:
        engine = bootstrap.open_engine(workspace, "headless")
        running = asyncio.create_task(engine.run(until_idle=False))
        await asyncio.sleep(0)
        info = engine.view().engine
        assert (info.slots, info.mode, info.sandbox) == (5, "headless", "")
        request = c.Request(actor="operator:ada", command=c.AddTasks(specs=(a_spec(),)))
        assert (await asyncio.wait_for(engine.ask(request), 30)).ok
        engine.go_headless()
        await asyncio.wait_for(running, 30)
        assert engine.failed == ""

    asyncio.run(scene())
    with bootstrap.open_desk(workspace).common.store as store:
        assert store.tasks["tidy"].state_name == "done"


def test_a_desk_works_without_an_engine(workspace: Workspace) -> None:
    """The same commands, on the store itself, and a view that says that nothing runs."""
    desk = bootstrap.open_desk(workspace, ManualClock())
    assert desk.handle(c.Request(actor="operator:ada", command=c.AddTasks(specs=(a_spec(),)))).ok
    workspace.stop.touch()
    view = bootstrap.still_view(workspace, desk.common.store)
    assert (view.engine.mode, view.engine.pid, view.engine.stop_file) == ("stopped", 0, True)
    assert set(view.tasks) == {"tidy"} and view.number == desk.common.store.number
    desk.common.store.close()


@pytest.mark.parametrize("open_", [lambda place: bootstrap.open_engine(place, "hosted"), bootstrap.open_desk])
def test_a_workspace_in_use_is_refused_with_the_owner(workspace: Workspace, open_) -> None:
    """Two engines, or an engine beside a verb on the store, cannot be."""
    with Lock(workspace), pytest.raises(WorkspaceBusy):
        open_(workspace)


@pytest.mark.parametrize("open_", [lambda place: bootstrap.open_engine(place, "hosted"), bootstrap.open_desk])
def test_mistakes_in_the_settings_are_told_and_nothing_is_held(workspace: Workspace, open_) -> None:
    """File, line and key; the lock is free afterwards, so that a second try after mending works."""
    workspace.settings.write_text("[queue]\nslot = 5\n")
    with pytest.raises(SettingsError, match=r"midwatch\.toml:2: queue\.slot"):
        open_(workspace)
    assert Lock(workspace).owner_pid() == 0


@pytest.mark.parametrize("open_", [lambda place: bootstrap.open_engine(place, "hosted"), bootstrap.open_desk])
def test_a_damaged_journal_is_refused_and_nothing_is_held(tmp_path: Path, open_) -> None:
    """The line is named, nothing is mended behind the operator's back, and the lock is free."""
    workspace = filled(tmp_path)
    first = min(workspace.journal.glob("*.jsonl"))
    damaged = first.read_bytes().replace(b"task-2", b"task-X", 1)
    first.write_bytes(damaged)
    with pytest.raises(JournalDamaged):
        open_(workspace)
    assert first.read_bytes() == damaged
    assert Lock(workspace).owner_pid() == 0


def test_an_engine_that_crashed_is_told_by_the_next_one(workspace: Workspace) -> None:
    """Once in the list of what waits for the operator, on the record and in a file; then all is quiet again."""

    async def one_that_leaves() -> None:
        await asyncio.wait_for(bootstrap.open_engine(workspace, "headless").run(until_idle=True), 30)

    asyncio.run(one_that_leaves())
    crash.begin(workspace, "headless", NOON)
    asyncio.run(one_that_leaves())
    asyncio.run(one_that_leaves())
    with bootstrap.open_desk(workspace).common.store as store:
        (question,) = store.escalations.values()
        assert (question.type, question.priority, question.open) == (crash.QUESTION, Urgency.HIGH, True)
        (signal,) = workspace.escalations.iterdir()
        assert f"its last words are in escalations/{signal.name}" in question.text
    actions = [decision.action for decision in journal.read(workspace.journal)]
    assert actions.count(crash.KIND) == 1
    assert actions.count(crash.STARTED) == actions.count(crash.ENDED) == 3


def test_a_crash_that_cannot_be_recorded_keeps_no_engine_from_starting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the disk fills up just then, the engine comes up all the same and says what it could not write down."""
    crash.begin(workspace, "headless", NOON)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def no_signal(*_: object) -> None:
        monkeypatch.setattr(DISK, "datasync", refuse)
        refuse()

    monkeypatch.setattr(crash, "leave_signal", no_signal)
    engine = bootstrap.open_engine(workspace, "headless")
    asyncio.run(asyncio.wait_for(engine.run(until_idle=True), 30))
    assert "its last words could not be kept" in caplog.text
    assert "that is not recorded" in caplog.text


def test_settings_that_cannot_be_read_are_asked_about_once(workspace: Workspace) -> None:
    """However often an engine fails to start for them it is one urgent question, answered when one starts."""
    workspace.settings.write_text("[queue]\nslots = 'many'\n")
    for _ in range(3):
        with pytest.raises(SettingsError):
            bootstrap.open_engine(workspace, "headless", ManualClock())
    workspace.settings.write_text("")
    with bootstrap.open_desk(workspace).common.store as store:
        [question] = store.escalations.values()
        assert question.open and question.priority is Urgency.URGENT
        assert "midwatch.toml" in question.text and "slots" in question.text
        assert store.number == 1
    engine = bootstrap.open_engine(workspace, "headless", ManualClock())
    assert not any(question.open for question in engine.view().escalations.values())
    engine._store.close()
    engine._hall.seats.close()


def test_an_erasure_that_a_crash_interrupted_is_finished_at_the_next_start(workspace: Workspace) -> None:
    """An engine and a verb alike take out what is on record as erased, before anything else."""
    for start in (bootstrap.open_desk, lambda workspace: bootstrap.open_engine(workspace, "headless")):
        desk = bootstrap.open_desk(workspace)
        with desk.common.store as store:
            entry = store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper"))
            store.commit([], erasures.reason("operator:ada", "erased on request", {entry.seq}))
            erasures.mark(workspace).touch()
        started = start(workspace)
        (started._store if isinstance(started, Engine) else started.common.store).close()
        assert not erasures.under_way(workspace)
        assert not any(b"Hopper" in path.read_bytes() for path in workspace.hidden.rglob("*") if path.is_file())


@pytest.mark.parametrize("decided", [True, False])
def test_a_restore_that_a_crash_cut_short_is_finished_at_the_next_start(workspace: Workspace, decided: bool) -> None:
    """An engine and a verb alike put the files of a restore that is on record in place, and drop any other."""
    goals, points = workspace.root / "GOALS.md", Vault(workspace)
    for start in (bootstrap.open_desk, lambda workspace: bootstrap.open_engine(workspace, "headless")):
        goals.write_text("ship it")
        desk = bootstrap.open_desk(workspace)
        with desk.common.store as store, points.locked():
            wanted = points.create(NOON, "operator:ada", Kind.HAND, "", ())
            goals.write_text("sink it")
            view = bootstrap.still_view(workspace, store)
            how = {"now": NOON, "by": "operator:ada", "why": "", "folders": (), "part": Part.ALL, "to": None}
            ready = way_back.prepare(points, wanted, view=view, **how)
            if decided:
                assert desk.handle(c.Request(actor="operator:ada", command=ready.command)).ok
        assert exchange.pending(workspace)
        started = start(workspace)
        (started._store if isinstance(started, Engine) else started.common.store).close()
        assert not exchange.pending(workspace)
        assert goals.read_text() == ("ship it" if decided else "sink it")


def test_an_erasure_that_cannot_be_finished_keeps_nobody_from_working(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is at fault, not the operator: it is told, and stays to be done."""
    erasures.mark(workspace).touch()
    with monkeypatch.context() as patch:
        patch.setattr(DISK.__class__, "replace_with", _full)
        bootstrap.open_desk(workspace).common.store.close()
    assert "an erasure is not finished yet" in caplog.text
    assert erasures.under_way(workspace)


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
