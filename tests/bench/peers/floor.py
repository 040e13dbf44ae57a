"""The floor: the least that anybody would have to do, with no engine around it."""

import itertools
import os
import signal
import subprocess
from pathlib import Path

from engine.safety import status
from engine.work import sandbox, trial
from engine.work.sandbox import Confinement, Mount
from state.files import BuildPaths
from state.settings import DEFAULT_LIMITS
from tests.bench.peers.talk import serve

LINE = b"x" * 600 + b"\n"


class Floor:
    """Appends a line, syncs it and spawns; or starts bubblewrap with the very arguments that a build gets."""

    def open(self, folder: str, command: str) -> None:
        self._folder = Path(folder)
        self._command = command
        self._file = os.open(self._folder / "lines", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._running: list[subprocess.Popen[bytes]] = []
        self._machine = trial.probe()
        self._numbers = itertools.count()

    def submit(self, count: int) -> None:
        """Spawn each job after a synced append, two at a time."""
        for _ in range(count):
            os.write(self._file, LINE)
            os.fdatasync(self._file)
            self._wait_for_less_than(2)
            self._running.append(subprocess.Popen(["/bin/sh", "-c", self._command]))

    def _wait_for_less_than(self, count: int) -> None:
        while len(self._running) >= count:
            pid, _ = os.wait()
            for child in self._running:
                if child.pid == pid:
                    child.returncode = 0
            self._running = [child for child in self._running if child.returncode is None]

    def submit_sandboxed(self, command: str = "") -> None:
        """Start one job by a build's own command line, without an engine, a record or a control group."""
        self._wait_for_less_than(1)
        self._paths = BuildPaths(self._folder / f"floor-{next(self._numbers)}")
        self._paths.work.mkdir(parents=True)
        shown = os.environ["BENCH_SHOWN"]
        confinement = Confinement(
            build="floor-1",
            token="0" * 32,
            work=str(self._paths.work),
            mounts=(Mount(host=shown, inside=shown),),
            limits=DEFAULT_LIMITS,
            command=command or self._command,
        )
        sealed = os.memfd_create("confinement")
        os.write(sealed, sandbox.sealed(confinement, self._machine))
        os.lseek(sealed, 0, os.SEEK_SET)
        gate_out, gate_in = os.pipe()
        os.write(gate_in, b"\n")
        argv = sandbox.argv(confinement, self._machine, str(self._paths.status), sealed)
        env = {"PATH": sandbox.PATH}
        child = subprocess.Popen(argv, stdin=gate_out, stdout=subprocess.DEVNULL, env=env, cwd="/", pass_fds=(sealed,))
        for fd in (sealed, gate_out, gate_in):
            os.close(fd)
        self._running.append(child)

    def work_folder(self) -> str:
        """The writable folder of the sandbox that was started last."""
        return str(self._paths.work)

    def kill(self) -> None:
        """Send SIGKILL to the namespace's init."""
        init = status.child_pid(self._paths)
        assert init is not None
        fd = os.pidfd_open(init)
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        os.close(fd)


if __name__ == "__main__":
    serve(Floor())
