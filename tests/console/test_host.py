"""An engine in this process: begun before the console opens, ended as the operator wants it."""

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import host as host_module
from console.client import connect
from console.host import Host
from console.link import Link
from engine.safety import record
from engine.safety.kill import kill_until_none
from engine.safety.processes import alive
from state.files import Lock, Workspace, WorkspaceBusy, create_workspace
from state.journal import JournalDamaged
from state.model import command as c
from state.model.view import View
from state.settings import SettingsError
from tests.engine.engines import PATIENCE_S
from tests.engine.work.running import until
from tests.making import NOON, a_build, a_spec
from tests.state.making import filled

ROOT = Path(__file__).resolve().parents[2]
HOLD = "touch here; while ! test -e go; do sleep 0.01; done"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = create_workspace(tmp_path)
    yield workspace
    kill_until_none(workspace)
    assert [thread.name for thread in threading.enumerate() if thread.name == "engine"] == []


def ask(link: Link, command: c.Command) -> c.Reply:
    return link.submit(c.Request(actor="operator:ada", command=command)).result(PATIENCE_S)


def view(link: Link) -> View:
    return link.view().result(PATIENCE_S)


def begun(workspace: Workspace, link: Link) -> None:
    """Let a build run that ends when the test says so."""
    assert ask(link, c.AddTasks(specs=(a_spec(command=HOLD),))).ok
    until((workspace.build("tidy-1").work / "here").exists, "it runs")


def let_go(workspace: Workspace) -> None:
    (workspace.build("tidy-1").work / "go").touch()


def state_of(workspace: Workspace, label: str = "tidy") -> str:
    control = connect(workspace, timeout_s=PATIENCE_S)
    try:
        return control.view().tasks[label].state_name
    finally:
        control.close()


def test_once_it_is_started_it_works_and_others_can_reach_it(workspace: Workspace) -> None:
    """The link answers, the socket is there, the lock is held; after leaving, all of it is free."""
    host = Host(workspace)
    link = host.start()
    assert view(link).engine.mode == "hosted" and view(link).engine.pid == os.getpid()
    other = connect(workspace)
    assert other.live and other.submit(c.Pause(on=True)).ok
    other.close()
    assert view(link).control.paused
    host.leave()
    assert host.join() == 0
    assert not workspace.socket.exists() and Lock(workspace).owner_pid() == 0


def test_leaving_lets_builds_run_on(workspace: Workspace) -> None:
    """The process of the build is alive after the engine is gone; the next engine collects it."""
    host = Host(workspace)
    begun(workspace, host.start())
    host.leave()
    assert host.join() == 0
    known = record.read(workspace.build("tidy-1"))
    assert known is not None and alive(known.process)
    let_go(workspace)
    again = Host(workspace)
    link = again.start()
    until(lambda: view(link).tasks["tidy"].state_name == "done", "it is collected")
    again.leave()
    assert again.join() == 0


def test_draining_ends_with_the_last_build(workspace: Workspace) -> None:
    """Nothing more starts, and it ends by itself."""
    host = Host(workspace)
    link = host.start()
    begun(workspace, link)
    host.drain()
    assert ask(link, c.AddTasks(specs=(a_spec("later"),))).ok
    assert host._thread.is_alive()
    let_go(workspace)
    assert host.join() == 0
    assert (state_of(workspace), state_of(workspace, "later")) == ("done", "queued")


def test_a_lost_screen_harms_no_build(workspace: Workspace) -> None:
    """It goes on headless until nothing more can start by itself: also what is still queued is built."""
    host = Host(workspace)
    link = host.start()
    begun(workspace, link)
    host.go_headless()
    assert ask(link, c.AddTasks(specs=(a_spec("later"),))).ok
    assert view(link).engine.mode == "headless"
    let_go(workspace)
    assert host.join() == 0
    assert (state_of(workspace), state_of(workspace, "later")) == ("done", "done")


def test_what_keeps_an_engine_from_starting_is_told_before_a_console_opens(tmp_path: Path) -> None:
    """Somebody else holds the workspace, its settings have a mistake, its journal is damaged."""
    workspace = filled(tmp_path)
    with Lock(workspace), pytest.raises(WorkspaceBusy):
        Host(workspace)
    good = workspace.settings.read_text()
    workspace.settings.write_text("[queue]\nslot = 5\n")
    with pytest.raises(SettingsError):
        Host(workspace)
    workspace.settings.write_text(good)
    first = min(workspace.journal.glob("*.jsonl"))
    first.write_bytes(first.read_bytes().replace(b"task-2", b"task-X", 1))
    with pytest.raises(JournalDamaged):
        Host(workspace)


def test_a_socket_that_cannot_be_made_is_told_by_start(workspace: Workspace) -> None:
    """A folder stands in its place: the failure comes out of `start`, not of a thread that nobody looks at."""
    workspace.socket.mkdir()
    host = Host(workspace)
    with pytest.raises(OSError):
        host.start()
    assert not host._thread.is_alive()
    host._engine._store.close()


def test_an_engine_that_has_ended_can_be_told_to_end(workspace: Workspace) -> None:
    """It ended by itself while the console asked what to do: nothing is left to do, and nothing fails."""
    host = Host(workspace)
    link = host.start()
    host.leave()
    assert host.join() == 0
    host.leave()
    host.drain()
    host.go_headless()
    assert isinstance(link.view().exception(PATIENCE_S), OSError)


def test_an_engine_that_fails_gives_a_code_and_a_word(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Its disk failed under it: the console's process ends with 1 and says where to look."""
    host = Host(workspace)
    host.start()
    host._loop.call_soon_threadsafe(setattr, host._engine, "failed", "the disk failed")
    host.leave()
    assert host.join() == 1
    assert "the disk failed" in capsys.readouterr().err


def test_the_console_reads_by_itself_what_its_panes_need(workspace: Workspace) -> None:
    """Order, reasons, logs, diffs and the emergency stop, all without the engine."""
    host = Host(workspace)
    link = host.start()
    assert ask(link, c.Pause(on=True)).ok
    assert ask(link, c.AddTasks(specs=(a_spec("a"), a_spec("b")))).ok
    picture = view(link)
    host.leave()
    assert host.join() == 0
    ports = host_module.ports(workspace)
    assert min(picture.tasks.values(), key=ports.rank).label == "a"
    assert any("pause" in finding.rule for finding in ports.explain(picture.tasks["a"], picture))
    paths = workspace.build("a-1")
    paths.root.mkdir(parents=True)
    paths.output.write_text("a word\n")
    assert b"a word" in ports.read_log(paths, None)
    assert ports.diff(a_build("a-1", created_at=NOON)) == ""
    assert "kill switch is engaged" in ports.emergency_stop()
    assert workspace.stop.exists()


def test_the_console_makes_snapshots_and_goes_back_to_them(workspace: Workspace) -> None:
    """With the engine that it hosts: what was added since is out of the queue again, and nothing starts by itself."""
    host = Host(workspace)
    link = host.start()
    ports = host_module.ports(workspace)
    assert ask(link, c.Pause(on=True)).ok
    assert "files" in ports.make_snapshot("before it")
    assert ask(link, c.AddTasks(specs=(a_spec("later"),))).ok
    (made,) = ports.snapshots()
    assert made.why == "before it"
    assert "1 out of the queue" in ports.go_back(made.id)
    assert len(ports.snapshots()) == 2
    assert view(link).control.paused
    host.leave()
    assert host.join() == 0


def test_what_is_there_from_the_start_is_never_looked_through_for_garbage() -> None:
    """Once all is shown, the collector lets go of what there is, and looks less often at what comes."""
    usual = gc.get_threshold()
    before = gc.get_freeze_count()
    kept = [[number] for number in range(1000)]
    try:
        host_module._collect_less()
        assert gc.get_freeze_count() >= before + len(kept)
        assert gc.get_threshold()[0] > usual[0]
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)


@pytest.fixture
def headless(workspace: Workspace) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "--workspace", str(workspace.root), "engine"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    until(workspace.socket.exists, "the engine listens")
    yield process
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def started(workspace: Workspace) -> None:
    control = connect(workspace, timeout_s=PATIENCE_S)
    assert control.submit(c.AddTasks(specs=(a_spec(command=HOLD),))).ok
    control.close()
    until((workspace.build("tidy-1").work / "here").exists, "it runs")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_headless_engine_drains_when_it_is_told_to_end(
    workspace: Workspace, headless: "subprocess.Popen[bytes]", number: signal.Signals
) -> None:
    """It waits for the running build, ends with code 0, and its log is JSON to the last line."""
    started(workspace)
    headless.send_signal(number)
    headless.send_signal(signal.SIGHUP)  # a terminal that goes away is nothing to it
    let_go(workspace)
    assert headless.wait(PATIENCE_S) == 0
    assert state_of(workspace) == "done"
    assert headless.stderr is not None
    events = [json.loads(line)["event"] for line in headless.stderr.read().splitlines()]
    assert "build_started" in events and "build_done" in events


def test_a_second_interrupt_ends_it_at_once(workspace: Workspace, headless: "subprocess.Popen[bytes]") -> None:
    """The build goes on without it."""
    started(workspace)
    headless.send_signal(signal.SIGINT)
    until(lambda: not pending(headless.pid, signal.SIGINT), "the first is heard")
    headless.send_signal(signal.SIGINT)
    assert headless.wait(PATIENCE_S) == 0
    known = record.read(workspace.build("tidy-1"))
    assert known is not None and alive(known.process)


def pending(pid: int, number: signal.Signals) -> bool:
    """Whether a signal still waits to be heard: two that wait at the same time would be one."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("ShdPnd:"))
    return bool(int(mask, 16) >> (number - 1) & 1)
