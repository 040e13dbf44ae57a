"""The engine as a service of a real systemd: killed, hung, stopped, rebooted."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from state.files import Lock, Workspace
from tests.faults import systemd
from tests.faults.systemd import Booted
from tests.front.midwatch import until

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = f"{ROOT}:{Path(pytest.__file__).parents[1]}"
AS_INSTALLED = "[Service]\nStandardError=append:{log}\n"
"""There is no journal in there."""
HASTY = "RestartSec=200ms\nWatchdogSec=3\n"
"""After a crash and in a hang it takes the unit less patience; all else is as it is installed."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.skipif(bool(systemd.missing()), reason=systemd.missing()),
]


class Host:
    """A machine with systemd and a workspace; all that is run in the workspace is run in there."""

    def __init__(self, machine: Booted, root: Path, python: str = sys.executable) -> None:
        self.machine = machine
        self.python = python
        self.workspace = Workspace(root)
        self.unit = ""

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command line in the workspace."""
        named = {"MIDWATCH_WORKSPACE": str(self.workspace.root), "PYTHONPATH": LIBRARIES, "HOME": "/root"}
        done = self.machine.inside(self.python, "-P", "-m", "console.cli.main", *words, **named)
        assert "Traceback" not in done.stderr, (words, done.stderr)
        return done

    def ok(self, *words: str) -> str:
        """Run a command line that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr, self.machine.log.read_text()[-4000:])
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command line with --json and return its answer."""
        return json.loads(self.ok(*words, "--json"))

    def install(self, *, hasty: bool = True, more: str = "") -> dict[str, Any]:
        """Make the service and wait until it works."""
        unit = self.ok("service", "status").partition(":")[0]
        folder = self.machine.units / f"{unit}.d"
        folder.mkdir()
        (folder / "test.conf").write_text(AS_INSTALLED.format(log=self.machine.log) + (HASTY if hasty else "") + more)
        found: dict[str, Any] = self.json("service", "install")
        self.unit = found["name"]
        assert self.unit == unit
        return found

    @property
    def pid(self) -> int:
        """The engine's process, in there."""
        return int(self.machine.property(self.unit, "MainPID"))

    def signal(self, number: signal.Signals) -> None:
        """Send the engine a signal that nobody can hold back."""
        os.kill(self.machine.outside(self.pid), number)

    def healthy(self) -> bool:
        """Whether `health` says so."""
        return self.run("health", "--timeout", "2").returncode == 0

    def restarted(self, times: int) -> None:
        """Wait until the service was started again so often, and works."""
        until(lambda: int(self.machine.property(self.unit, "NRestarts")) == times, f"restart {times}")
        until(self.healthy, "the engine to be well")

    def add(self, label: str, command: str) -> None:
        """Queue a task that may start by itself."""
        self.ok(
            "add", "--label", label, "--name", label, "--category", "bug-fix", "--command", command,
            "--desc", "Mend the rounding of totals in the ledger",
            "--criterion", "the sum of ten entries of 0.1 is exactly 1.0",
        )  # fmt: skip

    def building(self, label: str) -> int:
        """Wait until a build is at work, and return its outermost process, in there."""
        paths = self.workspace.build(f"{label}-1")
        until((paths.work / "here").exists, f"{label} to be at work")
        return int(json.loads(paths.process.read_text())["process"]["pid"])

    def alive(self, pid: int) -> bool:
        """Whether a process in there runs."""
        return self.machine.inside("kill", "-0", str(pid)).returncode == 0

    def let_go(self, label: str) -> None:
        """Let a held build end."""
        (self.workspace.build(f"{label}-1").work / "go").touch()

    def done(self, label: str) -> None:
        """Wait until a task is done, and insist that it took one attempt which was started once."""
        until(lambda: self.json("why", label)["state"] == "done", f"{label} to be done")
        actions = [found["action"] for found in self.json("audit", "list", "--label", label)]
        assert actions.count("build_started") == 1

    @property
    def signals(self) -> list[dict[str, Any]]:
        """What crashes have left."""
        return [json.loads(path.read_text()) for path in sorted(self.workspace.escalations.glob("daemon_crashed-*"))]


HOLD = "touch here; while [ ! -e go ]; do sleep 0.05; done"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any user of the machine may reach."""
    with tempfile.TemporaryDirectory(prefix="midwatch-service-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def host(folder: Path) -> Iterator[Host]:
    """A workspace on a machine that has just been switched on; its name needs care in a unit."""
    with systemd.booted(folder) as machine:
        here = Host(machine, folder / 'night $HOME 100% "work" \\')
        here.ok("init", str(here.workspace.root))
        yield here


def test_it_starts_restarts_and_is_removed(host: Host) -> None:
    """Installed it is ready, enabled and its own group; told to stop it drains; uninstalled nothing is left."""
    found = host.install(hasty=False)
    assert (found["active"], found["enabled"], found["state"]) == (True, True, "active (running)")
    assert found["text"] == f"keeps watch over {host.workspace.root}"
    assert host.healthy()
    group = host.machine.inside("cat", f"/proc/{host.pid}/cgroup").stdout
    assert f"/{host.unit}" in group and "session" not in group

    host.add("held", HOLD)
    build = host.building("held")
    host.machine.ask("stop", "--no-block", host.unit)
    until(lambda: host.machine.property(host.unit, "StatusText").startswith("drains"), "it to drain")
    host.add("later", "true")
    assert host.alive(build)
    host.let_go("held")
    until(lambda: host.machine.property(host.unit, "ActiveState") == "inactive", "it to end")
    assert host.machine.property(host.unit, "Result") == "success"
    assert host.json("why", "later")["state"] == "queued"
    host.done("held")

    host.machine.ask("start", host.unit)
    host.done("later")
    assert host.signals == []
    gone = host.json("service", "uninstall")
    assert (gone["installed"], gone["active"]) == (False, False)
    assert not Path(host.machine.units, host.unit).exists()
    assert "no system service" in host.run("service", "uninstall").stderr
    assert host.run("health").returncode == 1


def test_a_killed_engine_comes_back_to_its_build(host: Host) -> None:
    """kill -9: systemd starts another, the build never noticed, and the operator is told with the last words."""
    host.install()
    host.add("held", HOLD)
    build, first = host.building("held"), host.pid
    host.signal(signal.SIGKILL)
    host.restarted(1)
    assert host.pid != first
    assert host.building("held") == build
    assert host.alive(build)
    [signal_] = host.signals
    assert (signal_["type"], signal_["payload"]["pid"]) == ("daemon_crashed", first)
    assert any("build_started" in line for line in signal_["payload"]["last_words"])
    [question] = host.json("status")["escalations"]
    assert "ended without saying so" in question["text"] and signal_["id"] in question["text"]
    host.let_go("held")
    host.done("held")


def test_a_hung_engine_is_replaced(host: Host) -> None:
    """An engine that stops turning is ended by the watchdog, its stacks are kept, and its build goes on."""
    host.install()
    host.add("held", HOLD)
    build, first = host.building("held"), host.pid
    host.signal(signal.SIGSTOP)
    assert host.run("health", "--timeout", "0.5").returncode == 1
    host.restarted(1)
    assert host.pid != first
    assert host.alive(build)
    [signal_] = host.signals
    assert "Aborted" in signal_["payload"]["stacks"]
    assert "asyncio" in signal_["payload"]["stacks"]
    host.let_go("held")
    host.done("held")


def test_it_comes_back_after_a_power_cut(host: Host) -> None:
    """The machine goes away under it; switched on again the engine starts by itself and nothing runs twice."""
    host.install()
    host.add("first", "true")
    host.done("first")
    host.add("held", HOLD)
    host.building("held")
    host.machine.power_off()
    host.machine.boot()
    until(host.healthy, "the engine to be well")
    until(lambda: host.json("why", "held")["state"] == "unknown", "the lost build to be told")
    assert host.json("why", "first")["state"] == "done"
    assert len(host.signals) == 1


def test_it_waits_for_whoever_holds_the_workspace(host: Host) -> None:
    """While somebody else has it the service waits without a restart, says for whom, and begins once it is free."""
    with Lock(host.workspace):
        found = host.install()
        assert (found["active"], found["state"]) == (False, "activating (start)")
        assert f"waits: process {os.getpid()} holds the workspace" in found["text"]
    until(host.healthy, "the engine to begin")
    assert host.machine.property(host.unit, "NRestarts") == "0"


def test_settings_that_were_wrong_are_tried_again(host: Host) -> None:
    """A mistake in the settings keeps it from starting only until it is mended; nobody has to start it by hand."""
    host.workspace.settings.write_text("[queue]\nslot = 3\n")
    host.install()
    until(lambda: int(host.machine.property(host.unit, "NRestarts")) >= 2, "it to try again")
    assert "queue.slot" in host.machine.log.read_text()
    host.workspace.settings.write_text("[queue]\nslots = 3\n")
    until(host.healthy, "the engine to begin")
    assert host.signals == []


def test_sandboxes_can_be_made_by_a_service_without_any_privilege(folder: Path) -> None:
    """As another user, confined by the unit, it builds in real sandboxes and keeps its files its own."""
    user = next((entry for entry in pwd.getpwall() if entry.pw_name == "games"), None)
    if user is None:
        pytest.skip("there is no user to run it as")
    # The interpreter of a test run may be root's own; the libraries stay those of this one.
    as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    import_all = f"import sys; sys.path[:0] = {LIBRARIES.split(':')}; import click, msgspec, console.host"

    def runs(python: str) -> bool:
        tries = (["test", "-x", os.path.realpath(python)], [python, "-P", "-c", import_all])
        return all(subprocess.run([*as_user, *words], cwd="/", capture_output=True).returncode == 0 for words in tries)

    python = next(filter(runs, (sys.executable, "/usr/bin/python3")), None)
    if python is None:
        pytest.skip(f"{user.pw_name} may read no Python with the libraries")
    with systemd.booted(folder) as machine:
        host = Host(machine, folder / "theirs", python)
        host.ok("init", str(host.workspace.root))
        for path in (host.workspace.root, *host.workspace.root.rglob("*")):
            shutil.chown(path, user.pw_uid, user.pw_gid)
        found = host.install(more=f"Environment=PYTHONPATH={LIBRARIES}\n")
        assert found["active"], (found, machine.log.read_text())
        status = machine.inside("cat", f"/proc/{host.pid}/status").stdout
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert told["Uid"].split() == [str(user.pw_uid)] * 4
        assert (told["NoNewPrivs"], told["Seccomp"], int(told["CapBnd"], 16)) == ("1", "2", 0)
        assert host.healthy(), host.run("health").stdout
        host.add("theirs", "test ! -e /root && touch made && test $(stat -c %a made) = 644")
        host.done("theirs")
        assert (host.workspace.build("theirs-1").work / "made").stat().st_uid == user.pw_uid
