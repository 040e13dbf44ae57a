"""A place for a build to begin in: a shell that sits in its control groups already and waits for its orders."""

import os
import subprocess  # noqa: TID251 - a seat is what a build is spawned in

from engine.safety import groups, processes
from engine.work import cgroup
from engine.work.sandbox import PATH, Machine
from state.model.build import Limits

SEALED_FD = 4
"""Where a build finds what was handed over sealed."""

# The orders are a script in its standard output, what is sealed lies in its standard error; both are files in memory.
# If whoever made it dies first, the line never comes and nothing starts.
_WAIT = f"read -r _ || exit 125\nexec {SEALED_FD}<&2\n. /proc/self/fd/1"


class Seat:
    """One waiting shell. Moving a process into a group takes the kernel many milliseconds; this one is in its groups.

    It carries its token from its first moment, so whatever it turns into can be found. Nobody is found by it before.
    """

    def __init__(self, machine: Machine, token: str, *, idle: bool) -> None:
        """Raises OSError, with nothing left, when it cannot be made."""
        self.token = token
        self._parents = machine.groups
        self._idle = idle
        self._gate = self._orders = self._sealed = -1
        self._child: subprocess.Popen[bytes] | None = None
        self.groups = cgroup.make(machine.groups, token, None, idle=idle)
        try:
            self._child = self._wait()
            cgroup.join(self.groups, self._child.pid)
        except BaseException:
            self.abandon()
            raise

    def _wait(self) -> "subprocess.Popen[bytes]":
        gate, self._gate = os.pipe()
        try:
            self._orders = os.memfd_create("orders")
            self._sealed = os.memfd_create("confinement")
            return subprocess.Popen(
                ["/bin/sh", "-c", _WAIT, "midwatch-seat"],
                stdin=gate,
                stdout=self._orders,
                stderr=self._sealed,
                cwd="/",
                env={"PATH": PATH, processes.TOKEN_VARIABLE: self.token},
                start_new_session=True,
            )
        finally:
            os.close(gate)

    @property
    def pid(self) -> int:
        """The process that waits, and that becomes the build's outermost one."""
        assert self._child is not None
        return self._child.pid

    @property
    def gone(self) -> bool:
        """Whether it was let go or abandoned."""
        return self._gate < 0

    @property
    def alive(self) -> bool:
        """Whether it still waits."""
        return self._child is not None and self._child.poll() is None

    def order(self, script: str, sealed: bytes, limits: Limits) -> None:
        """Have it take on its limits and run a shell script, which finds `sealed` in SEALED_FD. Raises OSError."""
        cgroup.limit(self._parents, self.token, limits)
        # The shell shares the descriptors' positions, so nothing may move them.
        os.pwrite(self._sealed, sealed, 0)
        os.pwrite(self._orders, os.fsencode(f"{script}\n"), 0)
        os.write(self._gate, b"\n")

    def let_go(self) -> None:
        """Pass a second line to it and forget it: from now on it belongs to the build, and is reaped by its pidfd."""
        assert self._child is not None
        if self._idle:
            # Not sooner: what it did so far would be counted against it, and on a busy machine it would wait for long.
            if any("cpu" in parent.controls for parent in self._parents):
                cgroup.stand_back(self._parents, self.token)
            else:
                os.sched_setscheduler(self._child.pid, os.SCHED_IDLE, os.sched_param(0))
        os.write(self._gate, b"\n")
        self._close()
        self._child.returncode = 0

    def abandon(self) -> None:
        """End it, and leave nothing of it."""
        self._close()
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
            self._child.wait()
        groups.remove(self.groups, timeout_s=0.2)

    def _close(self) -> None:
        for fd in (self._gate, self._orders, self._sealed):
            if fd >= 0:
                os.close(fd)
        self._gate = self._orders = self._sealed = -1
