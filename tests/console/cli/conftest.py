"""The command line as a user has it: real processes, a real workspace, a real repository, a real engine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.safety.kill import kill_all
from state.files import Workspace, create_workspace
from tests.front.midwatch import until

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0
SETTINGS = '[retry]\ntimes = 1\nwait = "1s"\n'


class Midwatch:
    """Runs `midwatch` in a workspace of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = Workspace(root)
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        self.env.pop("MIDWATCH_WORKSPACE", None)

    def run(self, *words: str, stdin: str | bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command line and return how it ended."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "console.cli.main", *words],
            cwd=cwd or self.root,
            env=self.env,
            input=data,
            capture_output=True,
            timeout=PATIENCE_S,
        )
        result = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")
        )
        assert "Traceback" not in result.stderr, result.stderr
        return result

    def ok(self, *words: str, stdin: str | bytes = b"") -> str:
        """Run a command line that must succeed and return what it printed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, (words, done)
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command line with --json and return its answer."""
        return json.loads(self.ok(*words, "--json"))

    def fails(self, *words: str, stdin: str | bytes = b"") -> tuple[int, str]:
        """Run a command line that must fail, and return its exit code and its complaint."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode != 0, (words, done)
        assert all(line.startswith("midwatch: ") for line in done.stderr.splitlines()), done.stderr
        return done.returncode, done.stderr

    def add(self, label: str, *more: str) -> None:
        """Queue a task that may start by itself."""
        self.ok(
            "add", "--name", label, "--label", label, "--desc", "Mend the rounding of all the totals",
            "--criterion", "the sum of ten entries of 0.1 is 1.0", "--category", "bug-fix", "--command", "true", *more,
        )  # fmt: skip

    def state(self, label: str) -> str:
        """The state of a task."""
        return str(self.json("why", label)["state"])

    def reaches(self, label: str, *states: str) -> str:
        """Wait until a task is in one of these states."""
        return str(until(lambda: found if (found := self.state(label)) in states else "", f"{label} to be {states}"))

    @contextmanager
    def engine(self) -> "Iterator[subprocess.Popen[bytes]]":
        """A headless engine of its own process, ended with all its builds."""
        log = self.root / "engine.err"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "console.cli.main", "engine"],
                cwd=self.root,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        try:
            until(lambda: self._answers(process, log), "the engine to answer")
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
            kill_all(self.workspace)

    def _answers(self, process: "subprocess.Popen[bytes]", log: Path) -> bool:
        assert process.poll() is None, log.read_text()
        return self.workspace.socket.exists() and bool(self.json("status")["engine"]["running"])


@pytest.fixture
def midwatch(tmp_path: Path) -> Midwatch:
    """A workspace with nothing in it."""
    root = tmp_path / "space"
    root.mkdir()
    (root / "midwatch.toml").write_text(SETTINGS)
    create_workspace(root)
    return Midwatch(root)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A git repository with one commit on main."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "sum.py").write_text("print(1 + 1)\n")
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "Begin")):
        identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
    return folder
