"""The operator's folder: how it is found, what lives where in it, who may write."""

import fcntl
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from state.disk import DISK, Disk
from state.errors import MidwatchError, NoWorkspace, WorkspaceBusy
from state.settings import default_text

__all__ = [
    "BuildPaths",
    "Lock",
    "MidwatchError",
    "NoWorkspace",
    "Workspace",
    "WorkspaceBusy",
    "atomic_write",
    "create_workspace",
    "find_workspace",
]

HIDDEN = ".midwatch"
SETTINGS = "midwatch.toml"
VARIABLE = "MIDWATCH_WORKSPACE"


@dataclass(frozen=True, slots=True)
class BuildPaths:
    """The files of one build, under `.midwatch/builds/<id>/`."""

    root: Path

    @property
    def work(self) -> Path:
        """The workspace: writable by the build, `/work` inside its sandbox."""
        return self.root / "work"

    @property
    def output(self) -> Path:
        """What the command printed, standard output and error together."""
        return self.root / "output.log"

    @property
    def status(self) -> Path:
        """JSON objects that bubblewrap writes: `child-pid` at the start, `exit-code` at the end."""
        return self.root / "status.json"

    @property
    def process(self) -> Path:
        """Who to kill: written once the build is spawned, readable without the engine."""
        return self.root / "process.json"

    @property
    def git(self) -> Path:
        """The engine's own git directory for this build; never visible inside the sandbox."""
        return self.root / "engine.git"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The operator's folder and the paths in it."""

    root: Path

    @property
    def hidden(self) -> Path:
        """`.midwatch`, mode 0700."""
        return self.root / HIDDEN

    @property
    def settings(self) -> Path:
        """The operator's settings."""
        return self.root / SETTINGS

    @property
    def journal(self) -> Path:
        """The folder of the journal's segments."""
        return self.hidden / "journal"

    @property
    def checkpoint(self) -> Path:
        """The store's checkpoint."""
        return self.hidden / "state.json"

    @property
    def lock(self) -> Path:
        """Locked by whoever may write."""
        return self.hidden / "engine.lock"

    @property
    def socket(self) -> Path:
        """Where a running engine listens."""
        return self.hidden / "control.sock"

    @property
    def stop(self) -> Path:
        """While this file is there, nothing runs."""
        return self.hidden / "STOP"

    @property
    def builds(self) -> Path:
        """One folder a build."""
        return self.hidden / "builds"

    @property
    def logs(self) -> Path:
        """The engine's own logs."""
        return self.hidden / "logs"

    @property
    def escalations(self) -> Path:
        """One page for each question that waits for the operator."""
        return self.root / "escalations"

    @property
    def subagents(self) -> Path:
        """One page for each task, with its progress."""
        return self.root / "subagents"

    def build(self, build_id: str) -> BuildPaths:
        """The paths of one build."""
        return BuildPaths(self.builds / build_id)

    def verification(self, build_id: str) -> BuildPaths:
        """The paths of the run that verifies a build."""
        return BuildPaths(self.builds / f"{build_id}.verify")


def atomic_write(path: Path, data: bytes | str, *, mode: int = 0o644, disk: Disk = DISK, named: bool = True) -> None:
    """Replace a file's contents durably: a reader, or a crash, sees all of the old or all of the new.

    `mode` is lessened by the umask. Unless `named`, a power cut may bring back the old contents until the folder is
    synced, which its caller does for many files at once. Raises OSError, with the old contents untouched.
    """
    disk.replace_with(path, (data.encode() if isinstance(data, str) else data,), mode, named=named)


class Lock:
    """The right to write in a workspace: held by a living process, never by a dead one."""

    _PAUSE_S = 0.01
    _LOOKS_S = 0.1
    """`owner_pid` of another process holds the lock for a moment, so one refusal proves nothing."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._fd = -1

    @property
    def held(self) -> bool:
        """Whether this object holds it."""
        return self._fd >= 0

    def acquire(self, timeout_s: float = 0.0) -> None:
        """Take it, waiting at most `timeout_s` for its owner; raises WorkspaceBusy with the owner's pid."""
        if self.held:
            return
        until = time.monotonic() + max(timeout_s, self._LOOKS_S)
        fd = DISK.open(self._workspace.lock, os.O_RDWR | os.O_CREAT)
        try:
            while not _flock(fd, fcntl.LOCK_EX):
                if time.monotonic() >= until:
                    raise WorkspaceBusy(self._workspace.root, _pid_in(fd))
                time.sleep(self._PAUSE_S)
            os.ftruncate(fd, 0)
            os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd

    def release(self) -> None:
        """Give it back; nothing happens when it is not held."""
        if self.held:  # the file itself stays: a name that comes and goes would let two hold it
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1

    def owner_pid(self) -> int:
        """The process that holds it now; 0 when none does, or when it has not said who it is yet."""
        if self.held:
            return os.getpid()
        try:
            fd = DISK.open(self._workspace.lock, os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            return 0 if _flock(fd, fcntl.LOCK_SH) else _pid_in(fd)
        finally:
            os.close(fd)

    def __enter__(self) -> "Lock":
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def _flock(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(fd: int) -> int:
    text = os.pread(fd, 32, 0).strip()
    return int(text) if text.isdigit() else 0


def find_workspace(start: Path, explicit: str | None, env: Mapping[str, str]) -> Workspace:
    """Return the workspace that is meant: the named one, `MIDWATCH_WORKSPACE`, or the nearest at or above `start`.

    One that was not named must belong to this user, because its settings decide what runs. Raises NoWorkspace.
    """
    for named, by in ((explicit, "--workspace"), (env.get(VARIABLE), VARIABLE)):
        if named:
            root = Path(start, Path(named).expanduser()).resolve()
            if not _is_workspace(root):
                raise NoWorkspace(f"{root}, named by {by}, is not a workspace: make one with `midwatch init {root}`")
            return Workspace(root)
    start = start.resolve()
    for root in (start, *start.parents):
        if _is_workspace(root):
            owner = root.stat().st_uid
            if owner != os.geteuid() and str(owner) != env.get("SUDO_UID"):
                raise NoWorkspace(f"{root} belongs to another user: if you trust it, name it with `--workspace {root}`")
            return Workspace(root)
    raise NoWorkspace(f"no workspace in or above {start}: make one with `midwatch init`, or name one with --workspace")


def _is_workspace(root: Path) -> bool:
    return (root / HIDDEN).is_dir() or (root / SETTINGS).is_file()


def create_workspace(root: Path) -> Workspace:
    """Make what is missing of a workspace and touch nothing that is there. Raises OSError."""
    workspace = Workspace(root.resolve())
    workspace.root.mkdir(parents=True, exist_ok=True)
    for folder in (workspace.hidden, workspace.journal, workspace.builds, workspace.logs):
        folder.mkdir(mode=0o700, exist_ok=True)
    for folder in (workspace.escalations, workspace.subagents):
        folder.mkdir(exist_ok=True)
    ignore = workspace.hidden / ".gitignore"
    for path, text in ((workspace.settings, default_text()), (ignore, "*\n")):
        if not path.exists():
            atomic_write(path, text)
    return workspace
