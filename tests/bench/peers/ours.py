"""Midwatch as its users meet it: a headless engine of its own process, asked over its socket."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from console.client import SocketControl
from state.files import Workspace, create_workspace
from state.model import command as c
from state.model.task import Category, Spec
from tests.bench.peers.talk import serve

UNSANDBOXED = 4000
"""How many labels may run without a sandbox, which only the settings can allow, one by one."""


def spec(label: str, command: str) -> Spec:
    """A task that starts by itself."""
    return Spec(
        label=label,
        title=f"Measure {label}",
        description="Run a trivial command so that the time until it runs can be measured",
        criteria=("the command has run",),
        category=Category.INFRASTRUCTURE,
        command=command,
    )


def workspace_in(folder: Path, *, slots: int, read: tuple[str, ...] = (), unsandboxed: int = 0) -> Workspace:
    """A new workspace with settings of its own."""
    workspace = create_workspace(folder)
    shown = ", ".join(f'"{path}"' for path in read)
    idle = "false" if os.environ.get("BENCH_IDLE") == "no" else "true"
    lines = [f"[queue]\nslots = {slots}\n[sandbox]\nread = [{shown}]\nidle_priority = {idle}\n"]
    lines += [f'[tasks.plain-{number}]\nsandbox = "none"\n' for number in range(unsandboxed)]
    workspace.settings.write_text("".join(lines))
    return workspace


def start_engine(workspace: Workspace) -> "subprocess.Popen[bytes]":
    """Start a headless engine; it need not be ready yet."""
    argv = [sys.executable, "-P", "-m", "console.cli.main", "--workspace", str(workspace.root), "engine"]
    with (workspace.root / "engine.err").open("ab") as log:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def wait_ready(workspace: Workspace, engine: "subprocess.Popen[bytes]", timeout_s: float = 60.0) -> float:
    """Wait until the engine answers a request; return the monotonic moment of its answer."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            control = SocketControl(workspace, timeout_s)
        except (FileNotFoundError, ConnectionRefusedError):
            if engine.poll() is not None:
                said = (workspace.root / "engine.err").read_text().strip() or "nothing"
                raise RuntimeError(f"the engine ended, saying: {said.splitlines()[-1]}") from None
            time.sleep(0.001)
            continue
        control.submit(c.Retry(label="nobody"))
        control.close()
        return time.monotonic()
    raise RuntimeError("the engine does not answer")


def stop_engine(engine: "subprocess.Popen[bytes]") -> None:
    """Ask it to end at once, and wait."""
    engine.terminate()
    engine.terminate()
    try:
        engine.wait(20)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()


class Ours:
    """A client with the engine that it started."""

    def open(self, folder: str, command: str) -> None:
        shown = (os.environ["BENCH_SHOWN"],)
        self._workspace = workspace_in(Path(folder) / "operator", slots=2, read=shown, unsandboxed=UNSANDBOXED)
        self._command = command
        self._count = 0
        self._last = ""
        self._engine = start_engine(self._workspace)
        wait_ready(self._workspace, self._engine)
        self._control = SocketControl(self._workspace, 30.0)

    def submit(self, count: int) -> None:
        """Add jobs that run without a sandbox."""
        for _ in range(count):
            self._ask(c.AddTasks(specs=(spec(f"plain-{self._count}", self._command),)))
            self._count += 1

    def submit_sandboxed(self, command: str = "") -> None:
        """Add one job that runs in a sandbox."""
        self._last = f"boxed-{self._count}"
        self._ask(c.AddTasks(specs=(spec(self._last, command or self._command),)))
        self._count += 1

    def work_folder(self) -> str:
        """The workspace of the build that was started last."""
        return str(self._workspace.build(f"{self._last}-1").work)

    def kill(self) -> None:
        """Kill the sandboxed build that was started last."""
        self._ask(c.Kill(label=self._last))

    def pid(self) -> int:
        """The engine's process."""
        return self._engine.pid

    def close(self) -> None:
        """End the engine."""
        self._control.close()
        stop_engine(self._engine)

    def _ask(self, command: Any) -> None:
        reply = self._control.submit(command)
        if not reply.ok:
            raise RuntimeError(reply.text)


if __name__ == "__main__":
    serve(Ours())
