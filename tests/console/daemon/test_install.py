"""What is asked of systemd and of launchd, and what is made of their answers."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console.daemon import install
from console.daemon.install import Launchd, ServiceFailed, Systemd, plan_for
from console.daemon.units import Level
from state.files import Workspace, create_workspace

SHOWN = """LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
MainPID=4242
NRestarts=2
Result=success
StatusText=keeps watch over /a=b
"""


class Machine:
    """Programs of the machine that write down what they were asked, and answer as a test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "asked"
        self.log.touch()

    def program(self, name: str, script: str) -> None:
        """Put a program in the way of the real one."""
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>{shlex.quote(str(self.log))}\n{script}\n')
        file.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        """Every command line, without what all have."""
        return [line.replace(" --no-pager --no-ask-password", "") for line in self.log.read_text().splitlines()]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return Machine(tmp_path / "bin")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "night")


def systemctl(shown: str = SHOWN) -> str:
    return f'case "$*" in *show*) printf %s {shlex.quote(shown)} ;; esac'


def test_a_plan_is_of_this_program_and_this_workspace(workspace: Workspace, machine: Machine) -> None:
    """The interpreter that runs now, the PATH that is set now, the owner as the one who runs it."""
    plan = plan_for(workspace, Level.SYSTEM)
    assert (plan.root, plan.python) == (str(workspace.root), sys.executable)
    assert plan.path.startswith(str(machine.folder))
    assert plan.user == install._name_of(os.getuid())
    assert (Path(plan.source) / "console").is_dir()
    assert plan_for(workspace, Level.USER).user == ""
    assert install._name_of(4_000_000_001) == "4000000001"


def test_a_setuid_bubblewrap_is_noticed(workspace: Workspace, machine: Machine) -> None:
    """Where sandboxes are made by a setuid program, the service keeps the privileges that it needs."""
    machine.program("bwrap", "")
    assert not plan_for(workspace, Level.USER).privileges
    (machine.folder / "bwrap").chmod(0o4755)
    assert plan_for(workspace, Level.USER).privileges


def test_installing_writes_the_unit_and_starts_it(workspace: Workspace, machine: Machine) -> None:
    """In the user's own folder, which is made; systemd reads it, enables it and starts it without waiting."""
    machine.program("systemctl", systemctl())
    plan = plan_for(workspace, Level.USER)
    keeper = Systemd()
    keeper.install(plan)
    file = Path(os.environ["HOME"], ".config/systemd/user", plan.unit)
    assert file == keeper.file(plan)
    assert file.read_bytes() == keeper.text(plan)
    assert machine.asked[:3] == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable {plan.unit}",
        f"systemctl --user start --no-block {plan.unit}",
    ]


def test_uninstalling_ends_it_and_removes_the_unit(workspace: Workspace, machine: Machine) -> None:
    """It is stopped and disabled first, so that systemd never looks for a file that is gone."""
    machine.program("systemctl", systemctl())
    plan = plan_for(workspace, Level.USER)
    keeper = Systemd()
    keeper.install(plan)
    machine.log.write_text("")
    keeper.uninstall(plan)
    assert machine.asked == [f"systemctl --user disable --now {plan.unit}", "systemctl --user daemon-reload"]
    assert not keeper.file(plan).exists()


def test_the_standing_is_what_systemd_says(workspace: Workspace, machine: Machine) -> None:
    """Its words, the process, the restarts, and whether a user's service outlives the login."""
    machine.program("systemctl", systemctl())
    machine.program("loginctl", "echo Linger=no")
    plan = plan_for(workspace, Level.USER)
    found = Systemd().standing(plan)
    assert (found.installed, found.enabled, found.active, found.state) == (True, True, True, "active (running)")
    assert (found.pid, found.restarts, found.text) == (4242, 2, "keeps watch over /a=b")
    assert found.lingers is False
    machine.program("loginctl", "echo Linger=yes")
    assert Systemd().standing(plan).lingers is True
    assert Systemd().standing(plan_for(workspace, Level.SYSTEM)).lingers is None


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (
            "LoadState=not-found\nActiveState=inactive\nSubState=dead\nResult=success\n",
            (False, False, "inactive (dead)", ""),
        ),
        (
            "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=watchdog\nMainPID=0\n",
            (True, False, "activating (auto-restart)", "last end: watchdog"),
        ),
        (
            "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nStatusText=drains\n",
            (True, False, "failed (failed)", "last end: exit-code; drains"),
        ),
    ],
)
def test_a_service_that_does_not_run(workspace: Workspace, machine: Machine, shown: str, expected: object) -> None:
    """Not there, waiting to be started again, given up: each is told, with what is missing left out."""
    machine.program("systemctl", systemctl(shown))
    found = Systemd().standing(plan_for(workspace, Level.SYSTEM))
    assert (found.installed, found.active, found.state, found.text) == expected


def test_a_refusal_is_told_in_systemds_words(workspace: Workspace, machine: Machine) -> None:
    """What was asked and why it was refused, on one line; nothing is taken for done."""
    machine.program("systemctl", "echo 'Failed to connect to bus:' >&2; echo ' No medium found' >&2; exit 1")
    with pytest.raises(ServiceFailed, match=r"^`systemctl --user daemon-reload`: Failed to connect to bus: No medium"):
        Systemd().install(plan_for(workspace, Level.USER))


def test_without_the_program_it_is_named(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without systemctl says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceFailed, match="systemctl is not installed"):
        Systemd().standing(plan_for(workspace, Level.USER))


PRINTED = """gui/501/midwatch.night = {
	active count = 1
	state = running
	runs = 3
	pid = 4242
	spawn type = daemon (3)
	endpoints = {
		state = active
	}
}
"""


def test_launchd_is_asked_for_the_same(workspace: Workspace, machine: Machine) -> None:
    """The plist is written and loaded; one that runs already ends first; unloaded it is gone."""
    machine.program("launchctl", 'case "$1" in print) exit 113 ;; esac')
    plan = plan_for(workspace, Level.USER)
    keeper = Launchd()
    keeper.install(plan)
    domain, file = f"gui/{os.getuid()}", keeper.file(plan)
    assert file == Path(os.environ["HOME"], "Library/LaunchAgents", f"{plan.label}.plist")
    assert file.read_bytes() == keeper.text(plan)
    assert machine.asked == [
        f"launchctl print {domain}/{plan.label}",
        f"launchctl enable {domain}/{plan.label}",
        f"launchctl bootstrap {domain} {file}",
    ]
    found = keeper.standing(plan)
    assert (found.installed, found.active, found.state) == (True, False, "not loaded")

    machine.program("launchctl", f'case "$1" in print) printf %s {shlex.quote(PRINTED)} ;; esac')
    found = keeper.standing(plan)
    assert (found.active, found.enabled, found.pid, found.restarts) == (True, True, 4242, 2)
    machine.log.write_text("")
    keeper.install(plan)
    assert f"launchctl bootout {domain}/{plan.label}" in machine.asked
    keeper.uninstall(plan)
    assert not file.exists()
    assert keeper.file(plan_for(workspace, Level.SYSTEM)).parent == Path("/Library/LaunchDaemons")


@pytest.mark.parametrize(
    ("platform", "booted", "expected"), [("darwin", False, Launchd), ("linux", True, Systemd), ("linux", False, None)]
)
def test_the_manager_is_the_one_that_runs_here(
    monkeypatch: pytest.MonkeyPatch, platform: str, booted: bool, expected: Callable[[], object] | None
) -> None:
    """launchd on a Mac, systemd where it is the first process, and else words on what to do."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "is_dir", lambda path: booted)
    if expected is None:
        with pytest.raises(ServiceFailed, match="midwatch health"):
            install.manager()
    else:
        assert type(install.manager()) is expected
