"""A workspace as its operator has it: each verb a process, each engine able to be hurt, nothing left behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from console.client import SocketControl, connect
from console.wire import WireError
from engine.safety.kill import kill_all
from state.files import Workspace
from state.model.build import Build
from state.model.view import View

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0
"""Nothing that is waited for takes so long, however busy the machine is."""
MIDWATCH = (sys.executable, "-P", "-m", "console.cli.main")
OVER = ("done", "failed", "killed", "unknown")

_Found = TypeVar("_Found")


def until(condition: Callable[[], _Found], what: str, timeout_s: float = PATIENCE_S) -> _Found:
    """Wait until a condition holds and return what it gave."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.03)
    return found


def pids_of(name: str) -> list[int]:
    """Every process that was started for a workspace of this name, or sees a folder of it, in whatever sandbox."""
    mark = name.encode()
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _speaks_of(Path("/proc", pid), mark)]


def _speaks_of(process: Path, mark: bytes) -> bool:
    if process.name == str(os.getpid()):
        return False
    try:
        if mark in (process / "cmdline").read_bytes() or mark in (process / "environ").read_bytes():
            return True
        # The fourth field is the folder that was mounted, wherever it was mounted to.
        return any(mark in line.split(b" ", 4)[3] for line in (process / "mountinfo").read_bytes().splitlines())
    except OSError:
        # It has ended, or is about to.
        return False


class Engine:
    """A headless engine of its own process."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal and wait until it was heard: two that wait at the same time would be one."""
        self.send(number)
        until(lambda: not self.alive or not self._waits(number), f"{number.name} to be heard")

    def _waits(self, number: signal.Signals) -> bool:
        status = Path(f"/proc/{self.pid}/status").read_text()
        pending = next(line.split()[1] for line in status.splitlines() if line.startswith("ShdPnd:"))
        return bool(int(pending, 16) >> (number - 1) & 1)

    def kill(self) -> None:
        """Take it away without a word."""
        self.process.kill()
        self.process.wait()

    def ended(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait(timeout_s)


class Space:
    """An operator's folder, and the command line in it."""

    def __init__(self, root: Path, settings: str = "", *, patient: bool = False) -> None:
        """Builds get their share of a busy machine, unless they are to be `patient` as they are by default."""
        self.root = root
        self.paths = Workspace(root)
        self.home = root.parent / f"{root.name}-home"
        self.home.mkdir(exist_ok=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            "PYTHONPATH": str(ROOT),
            "MIDWATCH_WORKSPACE": str(root),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self._engines: list[Engine] = []
        root.mkdir(parents=True, exist_ok=True)
        if not patient:
            settings += "\n[sandbox]\nidle_priority = false\n"
        (root / "midwatch.toml").write_text(settings)
        self.ok("init", str(root))

    def run(self, *words: str, stdin: str = "", cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a command line and return how it ended; it never shows a stack."""
        done = subprocess.run(
            [*MIDWATCH, *words],
            cwd=cwd or self.home,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
        )
        assert "Traceback" not in done.stderr, (words, done.stderr)
        return done

    def ok(self, *words: str, stdin: str = "", cwd: Path | None = None) -> str:
        """Run a command line that must succeed and return what it printed."""
        done = self.run(*words, stdin=stdin, cwd=cwd)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command line with --json and return its answer."""
        return json.loads(self.ok(*words, "--json"))

    def fails(self, code: int, *words: str, stdin: str = "") -> str:
        """Run a command line that must end with this exit code, and return its complaint."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stderr

    def add(self, label: str, command: str, *more: str, category: str = "bug-fix") -> dict[str, Any]:
        """Queue a task that says enough of what it wants."""
        added: dict[str, Any] = self.json(
            "add", "--label", label, "--name", label.capitalize(), "--category", category,
            "--desc", "Mend the rounding of totals in the ledger",
            "--criterion", "the sum of ten entries of 0.1 is exactly 1.0", "--command", command, *more,
        )  # fmt: skip
        return added

    def add_many(self, commands: dict[str, str], **fields: Any) -> None:
        """Queue a task for each label and its command, all at once."""
        shared = {
            "category": "bug-fix",
            "description": "Mend the rounding of totals in the ledger",
            "criteria": ["the sum of ten entries of 0.1 is exactly 1.0"],
            **fields,
        }
        lines = [
            json.dumps({"label": label, "title": label, "command": command, **shared})
            for label, command in commands.items()
        ]
        self.ok("add", "--file", "-", "--format", "jsonl", stdin="\n".join(lines))

    def work(self) -> None:
        """Run an engine until nothing more can start by itself."""
        self.ok("engine", "--until-idle")

    def begin(self, *words: str) -> Engine:
        """Start an engine and do not wait for it."""
        return self.begin_verb("engine", *words)

    def begin_verb(self, *words: str) -> Engine:
        """Start a command line that stays, and do not wait for it."""
        log = self.home / "engine.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*MIDWATCH, *words],
                cwd=self.home,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        engine = Engine(process, log)
        self._engines.append(engine)
        return engine

    @contextmanager
    def engine(self, *words: str) -> Iterator[Engine]:
        """An engine that answers; at the end it is told to leave, if it still runs, and leaves cleanly."""
        engine = self.begin(*words)
        until(lambda: self._answers(engine), "the engine to answer")
        yield engine
        if engine.alive:
            engine.send(signal.SIGCONT)
            engine.tell(signal.SIGTERM)
            engine.tell(signal.SIGTERM)
            assert engine.ended() == 0, engine.log.read_text()

    def _answers(self, engine: Engine) -> bool:
        assert engine.alive, engine.log.read_text()
        return self.view() is not None

    def view(self) -> View | None:
        """What a running engine shows; None when none answers."""
        try:
            control = SocketControl(self.paths, PATIENCE_S)
        except OSError:
            return None
        try:
            return control.view()
        except WireError:
            return None
        finally:
            control.close()

    def build(self, build_id: str) -> Build:
        """A build as the store has it."""
        control = connect(self.paths)
        try:
            return control.view().builds[build_id]
        finally:
            control.close()

    def state(self, label: str) -> str:
        """A task's present state."""
        view = self.view()
        return view.tasks[label].state_name if view else str(self.json("why", label)["state"])

    def wait(self, label: str, *states: str, timeout_s: float = PATIENCE_S) -> str:
        """Wait until a task is in one of these states."""
        seen = [""]

        def reached() -> str:
            seen[0] = self.state(label)
            return seen[0] if seen[0] in states else ""

        try:
            return until(reached, "it", timeout_s)
        except AssertionError:
            raise AssertionError(f"{label} is {seen[0]}, not {states}\n{self.run('why', label).stdout}") from None

    def up(self, label: str) -> None:
        """Wait until a build that prints `up` has begun."""
        until(lambda: "up" in self.run("logs", label).stdout, f"{label} to run")

    def go(self, build_id: str) -> None:
        """Let a build that waits for a file `go` come to its end."""
        (self.paths.build(build_id).work / "go").touch()

    def held(self, label: str) -> dict[str, Any]:
        """Wait until the operator sees a task's build held, and return its row."""

        def row() -> dict[str, Any]:
            rows = [row for row in self.json("status")["active"] if row["label"] == label]
            return rows[0] if rows and rows[0]["held"] else {}

        return until(row, f"{label} to be held")

    def row(self, label: str) -> dict[str, Any]:
        """A task's row of the whole queue."""
        return next(row for row in self.json("queue", "--all") if row["label"] == label)

    def escalations(self, label: str) -> list[dict[str, Any]]:
        """What waits for the operator on a task."""
        return [found for found in self.json("status")["escalations"] if found["label"] == label]

    def decisions(self, *words: str) -> list[dict[str, Any]]:
        """The record."""
        found: list[dict[str, Any]] = self.json("audit", "list", "--limit", "100000", *words)
        return found

    def actions(self, label: str) -> list[str]:
        """What was decided about a task, in order."""
        return [found["action"] for found in self.decisions("--label", label)]

    def left(self) -> list[int]:
        """Every process that belongs to this workspace."""
        return pids_of(self.root.name)

    def faces(self) -> list[int]:
        """The processes of this workspace's consoles and engines."""
        found = []
        for pid in self.left():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                # Shells and clients name the module too, inside one long word.
                if b"console.cli.main" in words and words[0].endswith(b"python"):
                    found.append(pid)
        return found

    def close(self) -> None:
        """End what a test has left running on purpose, then insist that nothing is left."""
        for engine in self._engines:
            with contextlib.suppress(ProcessLookupError):
                engine.process.kill()
            engine.process.wait()
        for pid in self.faces():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        kill_all(self.paths)
        until(lambda: not self.left(), f"all processes of {self.root.name} to be gone; left: {self.left()}", 20)


@contextmanager
def listening(workspace: Workspace) -> Iterator[socket.socket]:
    """A socket in the engine's place."""
    folder = os.open(workspace.hidden, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(f"/proc/self/fd/{folder}/{workspace.socket.name}")
        os.close(folder)
        place.listen(1)
        yield place
