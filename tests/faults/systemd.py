"""A real systemd as the first process of namespaces of its own, which starts nothing but what a test gives it."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from engine.safety import groups

SYSTEMD = Path("/lib/systemd/systemd")
SHIPPED = Path("/lib/systemd/system")
UNITS = "/etc/systemd/system"
PATIENCE_S = 60.0

_BOOT = f"""set -e
mount -t proc proc /proc
umount -R -l /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
ip link set lo up
mount --bind "$1" {UNITS}
mount --make-rshared /
exec env -i PATH="$PATH" container=midwatch SYSTEMD_UNIT_PATH={UNITS} \
    {SYSTEMD} --system --show-status=0 --log-target=console --log-level=info </dev/null >>"$2" 2>&1"""


def missing() -> str:
    """Say why no systemd can be booted here; empty when one can."""
    if os.geteuid() != 0:
        return "only root can give a systemd namespaces of its own"
    programs = [name for name in ("unshare", "nsenter", "ip", "systemctl") if shutil.which(name) is None]
    if programs or not SYSTEMD.exists():
        return f"not installed: {' '.join(programs) or SYSTEMD}"
    return "" if _hierarchy() else "no version 2 control groups"


def _hierarchy() -> Path | None:
    """Where version 2 control groups can be made."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    return None


class Booted:
    """A running systemd."""

    def __init__(self, folder: Path) -> None:
        self.units = folder / "units"
        self.log = folder / "boot.log"
        hierarchy = _hierarchy()
        assert hierarchy is not None
        # No build's group is called so.
        self._group = hierarchy / f"systemd.of-a-test-{os.getpid()}"
        assert not self._group.name.startswith(groups.PREFIX)
        if not self.units.exists():
            self.units.mkdir()
            for target in SHIPPED.glob("*.target"):
                if target.is_file() and not target.is_symlink():
                    shutil.copy(target, self.units)
            (self.units / "default.target").symlink_to("multi-user.target")

    def boot(self) -> None:
        """Start it, and wait until it takes orders."""
        self._group.mkdir(exist_ok=True)
        enter = f'echo $$ >"{self._group}/cgroup.procs"; exec "$@"'
        unshare = ["unshare", "-C", "-m", "-p", "-n", "-i", "-u", "-f", "--propagation", "private"]
        boot = ["--kill-child=SIGKILL", "bash", "-c", _BOOT, "boot", str(self.units), str(self.log)]
        self._outer = subprocess.Popen(["bash", "-c", enter, "enter", *unshare, *boot], stdin=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._outer.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()
            self._init = int(children[0])
        except (OSError, IndexError):
            return False
        asked = self.inside("systemctl", "show", "--property=ActiveState", "multi-user.target")
        return asked.stdout.strip() == "ActiveState=active"

    def inside(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a program where this systemd is the system's."""
        return subprocess.run(
            ["nsenter", "-t", str(self._init), "-m", "-p", "-C", "-n", "-i", "-u", *words],
            env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": UNITS, "LANG": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S * 3,
        )

    def ask(self, *words: str) -> str:
        """Have `systemctl` do something."""
        done = self.inside("systemctl", *words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def property(self, unit: str, name: str) -> str:
        """What it says of a unit."""
        return self.ask("show", f"--property={name}", "--value", unit).strip()

    def outside(self, pid: int) -> int:
        """The pid that this machine has for a process in there."""
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                status = Path("/proc", name, "status").read_text()
                pids = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
                if len(pids) > 1 and int(pids[1]) == pid and self._within(int(name)):
                    return int(name)
        raise AssertionError(f"no process {pid} in there")

    def _within(self, pid: int) -> bool:
        told = Path(f"/proc/{pid}/cgroup").read_text()
        return f"/{self._group.name}/" in told

    def power_off(self) -> None:
        """Take it away with everything in it, like a power cut."""
        self._outer.kill()
        self._outer.wait()
        with contextlib.suppress(OSError):
            (self._group / "cgroup.kill").write_text("1")
        end = time.monotonic() + PATIENCE_S
        while self._group.exists():
            for folder in sorted((path for path in self._group.rglob("*") if path.is_dir()), reverse=True):
                with contextlib.suppress(OSError):
                    folder.rmdir()
            with contextlib.suppress(OSError):
                self._group.rmdir()
            assert time.monotonic() < end, f"{self._group} is still in use"
            time.sleep(0.02)


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Booted]:
    """A systemd for a while."""
    machine = Booted(folder)
    machine.boot()
    try:
        yield machine
    finally:
        machine.power_off()


__all__ = ["PATIENCE_S", "Booted", "booted", "missing", "signal"]
