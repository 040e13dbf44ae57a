"""What a verb speaks to: an engine that answers, one that does not, or the store itself."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from console import wire
from console.client import EngineSilent, SocketControl, StoreControl, connect
from console.operator import operator
from state.files import Lock, Workspace, WorkspaceBusy, create_workspace
from state.model import command as c
from state.model import task as t
from tests.console.served import served
from tests.descriptors import nothing_left_open
from tests.engine.engines import PATIENCE_S, House
from tests.engine.work.running import until
from tests.front.midwatch import listening
from tests.making import a_spec

ROOT = Path(__file__).resolve().parents[2]
WAITING = c.AddTasks(specs=(a_spec(category=t.Category.NEW_FEATURE),))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "operator")


def test_without_an_engine_the_store_itself_answers(workspace: Workspace) -> None:
    """What was asked for is durable when the call returns, under the caller's name, and the lock is let go."""
    control = connect(workspace, actor="operator:ada")
    try:
        assert not control.live
        assert control.submit(WAITING).ok
        assert control.view().tasks["tidy"].state_name == "awaiting_approval"
        assert not control.submit(c.Retry(label="nobody")).ok
    finally:
        control.close()
    again = connect(workspace)
    assert set(again.view().tasks) == {"tidy"}
    assert again.view().engine.mode == "stopped"
    again.close()
    assert Lock(workspace).owner_pid() == 0
    assert b'"operator:ada"' in next(workspace.journal.glob("*.jsonl")).read_bytes()


def test_a_running_engine_is_preferred_to_the_store(tmp_path: Path) -> None:
    """Replies and views come over its socket; what it refuses is refused in its words."""
    house = House(tmp_path)
    with served(house):
        control = connect(house.workspace)
        try:
            assert control.live
            assert control.submit(WAITING).ok
            view = control.view()
            assert view.engine.mode == "headless" and set(view.tasks) == {"tidy"}
            assert "nobody" in control.submit(c.Retry(label="nobody")).text
        finally:
            control.close()


def test_a_socket_that_nobody_listens_to_means_the_store(workspace: Workspace) -> None:
    """An engine that was killed leaves its socket behind."""
    with listening(workspace):
        pass
    assert workspace.socket.exists()
    control = connect(workspace)
    assert isinstance(control, StoreControl) and control.submit(WAITING).ok
    control.close()


def test_a_workspace_that_somebody_holds_is_busy_and_says_who(workspace: Workspace) -> None:
    """Another verb holds the lock for longer than one wants to wait."""
    with Lock(workspace):
        began = time.monotonic()
        with pytest.raises(WorkspaceBusy, match=f"process {os.getpid()}") as busy:
            connect(workspace, timeout_s=0.2)
        assert 0.2 <= time.monotonic() - began < PATIENCE_S
        assert busy.value.pid == os.getpid() and busy.value.code == 4


def test_a_workspace_that_is_let_go_in_time_is_used(workspace: Workspace) -> None:
    """Two verbs at once: the second waits for the first."""
    lock = Lock(workspace)
    lock.acquire()
    waiting = threading.Timer(0.2, lock.release)
    waiting.start()
    control = connect(workspace, timeout_s=PATIENCE_S)
    control.close()
    waiting.join()


def test_an_engine_that_is_there_and_says_nothing_is_silent(workspace: Workspace) -> None:
    """It took the call and does not answer: a failure of its own kind, within the time that was given."""
    with listening(workspace):
        control = connect(workspace, timeout_s=0.2)
        assert control.live
        for question in (control.view, lambda: control.submit(WAITING)):
            with pytest.raises(EngineSilent) as silent:
                question()
            assert silent.value.code == 4
        control.close()


def test_an_engine_whose_door_is_full_is_silent(workspace: Workspace) -> None:
    """It does not even take connections any more."""
    with listening(workspace):
        waiting = [connect(workspace, timeout_s=0.2) for _ in range(2)]  # one more than it lets wait
        with pytest.raises(EngineSilent):
            connect(workspace, timeout_s=0.2)
        for control in waiting:
            control.close()


@pytest.mark.parametrize("said", [b"", b"\x00\x00\x00\x09", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x01x"])
def test_an_engine_that_ends_or_speaks_nonsense_is_an_error_in_words(workspace: Workspace, said: bytes) -> None:
    """The caller learns that there is no answer, whatever arrived of it."""
    with listening(workspace) as place:

        def answer() -> None:
            channel, _ = place.accept()
            with channel:
                channel.recv(100)
                channel.sendall(said)

        other = threading.Thread(target=answer)
        other.start()
        control = connect(workspace, timeout_s=PATIENCE_S)
        with pytest.raises(wire.WireError) as failed:
            control.view()
        assert not isinstance(failed.value, EngineSilent) and str(failed.value)
        control.close()
        other.join()


def test_an_engine_that_is_stopped_is_silent_and_goes_on_afterwards(workspace: Workspace) -> None:
    """A real engine under SIGSTOP: told apart from a dead one; once it continues, it answers again."""
    engine = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "--workspace", str(workspace.root), "engine"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(workspace.socket.exists, "the engine listens")
        control = connect(workspace, timeout_s=PATIENCE_S)
        assert control.live and control.view().engine.pid == engine.pid
        control.close()
        engine.send_signal(signal.SIGSTOP)
        until(
            lambda: Path(f"/proc/{engine.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", "it is stopped"
        )
        stalled = connect(workspace, timeout_s=0.3)
        with pytest.raises(EngineSilent):
            stalled.view()
        stalled.close()
        engine.send_signal(signal.SIGCONT)
        control = connect(workspace, timeout_s=PATIENCE_S)
        assert control.view().engine.pid == engine.pid
        control.close()
    finally:
        engine.send_signal(signal.SIGCONT)
        engine.terminate()
        assert engine.wait(PATIENCE_S) == 0


def test_no_descriptor_is_left_open(workspace: Workspace) -> None:
    """Neither by a visit to the store nor by one to a socket."""
    with nothing_left_open():
        connect(workspace, actor=operator(os.getuid())).close()
        with listening(workspace):
            SocketControl(workspace, 1).close()
