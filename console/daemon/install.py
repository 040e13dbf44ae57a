"""Has the machine keep the engine of a workspace running, and tells how that goes."""

import os
import pwd
import shutil
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from console.daemon import units
from console.daemon.units import Level, Plan
from engine.work import programs
from state.errors import MidwatchError
from state.files import Workspace, atomic_write
from state.model.record import Noun

_COMMAND_S = 30.0
_SETTLES_S = 30.0
_LOOK_S = 0.1
_NOT_LOADED = "not loaded"


class ServiceFailed(MidwatchError):
    """The machine's service manager refused, in its own words, or there is none."""


class Standing(Noun, frozen=True, kw_only=True):
    """How a service stands."""

    manager: str
    """`systemd` or `launchd`."""
    level: Level
    name: str
    file: str
    installed: bool
    enabled: bool = False
    """Whether it starts by itself after a reboot."""
    active: bool = False
    state: str = ""
    """The manager's own word, such as `active (running)`."""
    pid: int = 0
    restarts: int = 0
    """How often the manager has started it again."""
    text: str = ""
    """What the engine, or the manager, has said last."""
    lingers: bool | None = None
    """Whether it goes on after the operator has logged out; None where that is no question."""


class Manager(Protocol):
    """What keeps services running."""

    def file(self, plan: Plan) -> Path:
        """Where its description of the service is."""
        ...

    def text(self, plan: Plan) -> bytes:
        """What the description says."""
        ...

    def install(self, plan: Plan) -> None:
        """Write the description, have it started now and after every reboot; raises ServiceFailed."""
        ...

    def uninstall(self, plan: Plan) -> None:
        """End it and forget it; raises ServiceFailed."""
        ...

    def standing(self, plan: Plan) -> Standing:
        """Say how it stands; raises ServiceFailed."""
        ...


def plan_for(workspace: Workspace, level: Level) -> Plan:
    """Return the service that a workspace would have, for the program and the PATH of this process."""
    owner = workspace.root.stat().st_uid
    bwrap = shutil.which("bwrap")
    return Plan(
        root=str(workspace.root),
        python=sys.executable,
        source=str(Path(__file__).parents[2]),
        path=programs.clean_environment()["PATH"],
        log=str(workspace.logs / "launchd.log"),
        level=level,
        user=_name_of(owner) if level is Level.SYSTEM else "",
        privileges=bool(bwrap and os.stat(bwrap).st_mode & stat.S_ISUID),
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def manager() -> Manager:
    """Return the one that runs on this machine; raises ServiceFailed where none that is known does."""
    if sys.platform == "darwin":
        return Launchd()
    if Path("/run/systemd/system").is_dir():
        return Systemd()
    raise ServiceFailed(
        "neither systemd nor launchd runs here: keep `midwatch engine` running by other means, such as a container's "
        "restart policy, and look at it with `midwatch health`; `midwatch service install --print` shows the unit"
    )


class Systemd:
    """`systemctl`, for the machine or for the user."""

    def file(self, plan: Plan) -> Path:
        """Where the unit is."""
        if plan.level is Level.SYSTEM:
            return Path("/etc/systemd/system", plan.unit)
        return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "systemd/user" / plan.unit

    def text(self, plan: Plan) -> bytes:
        """What the unit says."""
        return units.systemd(plan).encode()

    def install(self, plan: Plan) -> None:
        """Write the unit and start it; one that runs already goes on with what it was started with."""
        file = self.file(plan)
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(file, self.text(plan))
        self._ask(plan, "daemon-reload")
        self._ask(plan, "enable", plan.unit)
        # Not waited for by systemctl: it starts only once nobody else holds the workspace.
        self._ask(plan, "start", "--no-block", plan.unit)
        end = time.monotonic() + _SETTLES_S
        while time.monotonic() < end:
            told = self._show(plan)
            if told["ActiveState"] == "active" or told["StatusText"] or told["Result"] not in ("", "success"):
                return
            time.sleep(_LOOK_S)

    def uninstall(self, plan: Plan) -> None:
        """Drain and end the engine, remove the unit."""
        self._ask(plan, "disable", "--now", plan.unit, timeout_s=units.STOP_S + _COMMAND_S)
        self.file(plan).unlink(missing_ok=True)
        self._ask(plan, "daemon-reload")

    def standing(self, plan: Plan) -> Standing:
        """Say how the unit stands."""
        told = self._show(plan)
        state = f"{told['ActiveState']} ({told['SubState']})"
        said = told["StatusText"]
        if told["Result"] not in ("", "success"):
            said = f"last end: {told['Result']}" + (f"; {said}" if said else "")
        return Standing(
            manager="systemd",
            level=plan.level,
            name=plan.unit,
            file=str(self.file(plan)),
            installed=told["LoadState"] == "loaded",
            enabled=told["UnitFileState"] == "enabled",
            active=told["ActiveState"] == "active",
            state=state,
            pid=int(told["MainPID"] or 0),
            restarts=int(told["NRestarts"] or 0),
            text=said,
            lingers=_lingers() if plan.level is Level.USER else None,
        )

    def _show(self, plan: Plan) -> Mapping[str, str]:
        names = ("LoadState", "ActiveState", "SubState", "UnitFileState", "MainPID", "NRestarts", "Result")
        lines = self._ask(plan, "show", f"--property={','.join((*names, 'StatusText'))}", plan.unit).splitlines()
        told = dict(line.partition("=")[::2] for line in lines)
        return {name: told.get(name, "") for name in (*names, "StatusText")}

    def _ask(self, plan: Plan, *words: str, timeout_s: float = _COMMAND_S) -> str:
        mine = ("--user",) if plan.level is Level.USER else ("--system",)
        return _run("systemctl", *mine, "--no-pager", "--no-ask-password", *words, timeout_s=timeout_s)


class Launchd:
    """`launchctl`, for the machine or for the user."""

    def file(self, plan: Plan) -> Path:
        """Where the plist is."""
        folder = "/Library/LaunchDaemons" if plan.level is Level.SYSTEM else "~/Library/LaunchAgents"
        return Path(folder).expanduser() / f"{plan.label}.plist"

    def text(self, plan: Plan) -> bytes:
        """What the plist says."""
        return units.launchd(plan)

    def install(self, plan: Plan) -> None:
        """Write the plist and load it, which starts it; one that runs already ends first."""
        file = self.file(plan)
        if self.standing(plan).state != _NOT_LOADED:
            self._unload(plan)
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(file, self.text(plan))
        _run("launchctl", "enable", f"{self._domain(plan)}/{plan.label}")
        _run("launchctl", "bootstrap", self._domain(plan), str(file))

    def uninstall(self, plan: Plan) -> None:
        """Unload it, which ends it, and remove the plist."""
        self._unload(plan)
        self.file(plan).unlink(missing_ok=True)

    def standing(self, plan: Plan) -> Standing:
        """Say how the job stands; one that is not loaded is no failure."""
        installed = self.file(plan).is_file()
        try:
            lines = _run("launchctl", "print", f"{self._domain(plan)}/{plan.label}").splitlines()
        except ServiceFailed as failure:
            lines, said = [], str(failure)
        else:
            said = ""
        told: dict[str, str] = {}
        for line in lines:
            name, _, value = line.strip().partition(" = ")
            # What comes later under the same name is of the job's parts.
            told.setdefault(name, value)
        return Standing(
            manager="launchd",
            level=plan.level,
            name=plan.label,
            file=str(self.file(plan)),
            installed=installed,
            enabled=installed and bool(lines),
            active=told.get("state") == "running",
            state=told.get("state", _NOT_LOADED),
            pid=int(told.get("pid", "0")),
            restarts=max(int(told.get("runs", "1")) - 1, 0),
            text=said,
        )

    def _unload(self, plan: Plan) -> None:
        _run("launchctl", "bootout", f"{self._domain(plan)}/{plan.label}", timeout_s=units.STOP_S + _COMMAND_S)

    def _domain(self, plan: Plan) -> str:
        return "system" if plan.level is Level.SYSTEM else f"gui/{os.getuid()}"


def _lingers() -> bool | None:
    """Whether the user's services go on after logging out; None when nobody can say."""
    try:
        told = _run("loginctl", "show-user", str(os.getuid()), "--property=Linger")
    except ServiceFailed:
        # Nobody is logged in as this user, and then it is a file that says so.
        return Path("/var/lib/systemd/linger", _name_of(os.getuid())).exists()
    return told.strip() == "Linger=yes"


def _run(*words: str, timeout_s: float = _COMMAND_S) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}
    runtime = f"/run/user/{os.getuid()}"
    if "XDG_RUNTIME_DIR" not in environment and os.path.isdir(runtime):
        # After `su` or `sudo` the user's own systemd is found nowhere else.
        environment["XDG_RUNTIME_DIR"] = runtime
    try:
        output = programs.run_sync(words, cwd=Path("/"), env=environment, timeout_s=timeout_s)
    except programs.ProgramFailed as failure:
        raise ServiceFailed(str(failure)) from failure
    if output.code != 0:
        said = " ".join(output.err.decode(errors="replace").split()) or f"exit code {output.code}"
        raise ServiceFailed(f"`{' '.join(word for word in words if not word.startswith('--no-'))}`: {said}")
    return output.out.decode(errors="replace")
