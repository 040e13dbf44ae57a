"""The operator's folder: how it is found, made and locked."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from state.errors import NoWorkspace, WorkspaceBusy
from state.files import Lock, Workspace, atomic_write, create_workspace, find_workspace
from state.settings import Settings, load

HOLD = """
import sys
from pathlib import Path
from state.files import Lock, Workspace
Lock(Workspace(Path(sys.argv[1]))).acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "w")


def holder(workspace: Workspace) -> "subprocess.Popen[str]":
    """A process of its own that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(workspace.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_new_workspace_has_its_folders_and_its_settings(workspace: Workspace) -> None:
    """What the engine keeps is for the operator's eyes only; the settings that are written mean the defaults."""
    assert stat.S_IMODE(workspace.hidden.stat().st_mode) == 0o700
    for folder in (workspace.journal, workspace.builds, workspace.logs, workspace.escalations, workspace.subagents):
        assert folder.is_dir()
    assert (workspace.hidden / ".gitignore").read_text() == "*\n"
    assert load(workspace.settings) == Settings()


def test_making_a_workspace_again_overwrites_nothing(workspace: Workspace) -> None:
    """What the operator wrote stays; what is missing comes back."""
    workspace.settings.write_text("[queue]\nslots = 7\n")
    workspace.logs.rmdir()
    assert create_workspace(workspace.root) == workspace
    assert workspace.settings.read_text() == "[queue]\nslots = 7\n"
    assert workspace.logs.is_dir()


def test_paths_of_a_build_are_below_its_own_folder(workspace: Workspace) -> None:
    """Everything of a build is in one place, and so is everything of its verification."""
    paths = workspace.build("tidy-1")
    assert {paths.work.parent, paths.output.parent, paths.status.parent, paths.process.parent, paths.git.parent} == {
        workspace.builds / "tidy-1"
    }
    assert workspace.verification("tidy-1").root == workspace.builds / "tidy-1.verify"
    assert {workspace.socket.parent, workspace.stop.parent, workspace.checkpoint.parent} == {workspace.hidden}


def test_the_nearest_workspace_above_is_found(workspace: Workspace) -> None:
    """A folder counts by its settings or by its hidden folder."""
    deep = workspace.root / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace(deep, None, {}) == workspace
    workspace.settings.unlink()
    assert find_workspace(deep, None, {}) == workspace
    (deep / "midwatch.toml").touch()
    assert find_workspace(deep, None, {}) == Workspace(deep)


def test_a_named_workspace_comes_before_the_variable_and_that_before_the_folder(
    workspace: Workspace, tmp_path: Path
) -> None:
    """What is said most directly wins."""
    second, third = (create_workspace(tmp_path / name) for name in ("second", "third"))
    env = {"MIDWATCH_WORKSPACE": str(second.root)}
    assert find_workspace(third.root, str(workspace.root), env) == workspace
    assert find_workspace(third.root, None, env) == second
    assert find_workspace(tmp_path, "third", env) == third


@pytest.mark.parametrize(
    ("explicit", "env", "told"),
    [
        ("nowhere", {}, "--workspace"),
        (None, {"MIDWATCH_WORKSPACE": "nowhere"}, "MIDWATCH_WORKSPACE"),
        (None, {}, "in or above"),
    ],
)
def test_without_a_workspace_the_operator_is_told_how_to_make_one(
    tmp_path: Path, explicit: str | None, env: dict[str, str], told: str
) -> None:
    """The text says where was looked and names `midwatch init`."""
    with pytest.raises(NoWorkspace, match="midwatch init") as failed:
        find_workspace(tmp_path, explicit, env)
    assert told in str(failed.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_found_workspace_of_another_user_is_not_trusted(workspace: Workspace) -> None:
    """Its settings decide what runs as us, so it must be named, or be that of whoever called sudo."""
    os.chown(workspace.root, 12345, -1)
    with pytest.raises(NoWorkspace, match="belongs to another user"):
        find_workspace(workspace.root, None, {})
    assert find_workspace(workspace.root, str(workspace.root), {}) == workspace
    assert find_workspace(workspace.root, None, {"SUDO_UID": "12345"}) == workspace


def test_an_atomic_write_replaces_text_and_bytes(tmp_path: Path) -> None:
    """The new contents stand alone in the folder, with no more rights than asked for."""
    path = tmp_path / "page.md"
    atomic_write(path, "grün")
    assert path.read_text(encoding="utf-8") == "grün"
    atomic_write(path, b"\xff", mode=0o600)
    assert path.read_bytes() == b"\xff"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_second_owner_is_refused_with_the_pid_of_the_first(workspace: Workspace) -> None:
    """Two may never write, not even within one process."""
    with Lock(workspace) as first:
        assert first.held
        assert first.owner_pid() == os.getpid()
        second = Lock(workspace)
        assert second.owner_pid() == os.getpid()
        with pytest.raises(WorkspaceBusy, match=str(os.getpid())) as busy:
            second.acquire()
        assert busy.value.pid == os.getpid()
        first.acquire()
    assert second.owner_pid() == 0
    second.acquire()
    second.release()
    second.release()


def test_a_lock_that_was_never_taken_has_no_owner(tmp_path: Path) -> None:
    """Asking who holds it makes no file."""
    assert Lock(Workspace(tmp_path)).owner_pid() == 0
    assert list(tmp_path.iterdir()) == []


def test_a_killed_owner_holds_nothing(workspace: Workspace) -> None:
    """What a process leaves behind when it is killed is no lock, and its pid is not believed."""
    process = holder(workspace)
    lock = Lock(workspace)
    assert lock.owner_pid() == process.pid
    with pytest.raises(WorkspaceBusy, match=str(process.pid)):
        lock.acquire()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert lock.owner_pid() == 0
    lock.acquire(timeout_s=5)
    assert lock.owner_pid() == os.getpid()
    lock.release()


def test_whoever_waits_gets_the_lock_when_its_owner_ends(workspace: Workspace) -> None:
    """A short owner, such as a command, is waited for."""
    process = holder(workspace)
    lock = Lock(workspace)
    waiting = threading.Thread(target=lock.acquire, args=(30.0,))
    waiting.start()
    process.communicate("")
    waiting.join(30)
    assert lock.held
    lock.release()
