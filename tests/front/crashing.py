"""An engine that is killed over and over at random moments, and the proof that nothing came of it."""

import contextlib
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.client import SocketControl, connect
from console.wire import WireError
from engine.intake.tasks import spec_from_options
from engine.safety import record
from engine.safety.processes import BUILD_VARIABLE, environ
from state.files import BuildPaths
from state.model.build import Finished
from state.model.command import AddTasks
from state.model.task import Spec
from state.model.view import View
from tests.engine.work.repositories import git, repository
from tests.front.midwatch import MIDWATCH, OVER, Engine, Space, until

LONGEST_S = 0.4
"""From the moment that the engine owns the workspace until it is killed, at most."""
SETTINGS = """\
[queue]
slots = 4
[retry]
wait = "50ms"
[limits.rates]
files_per_h = "none"
[limits.breaker]
failures = 0
unchanged = 0
[anomalies]
enabled = false
"""
"""No brake may stand in the way of what is to be broken here."""
RAN = "ran"


class Campaign:
    """Cycles of start, work, adding and sudden death; then an account of everything that was promised."""

    def __init__(self, folder: Path, cycles: int, seed: int, *, patient: bool = False) -> None:
        """`patient` builds give way to everything else, so that each moment of their lives is long enough to be hit."""
        self.cycles = cycles
        self.dice = random.Random(seed)
        self.promised: dict[str, int] = {}
        """The tasks of which an engine or a command said that they are added, with the journal's number by then."""
        self.asked: set[str] = set()
        """All tasks that were ever asked for."""
        self.struck: set[str] = set()
        """Builds whose own processes were killed with the engine's."""
        self.repo = repository(folder / "code")
        unsafe = "".join(f'[tasks.{label}]\nsandbox = "none"\n' for label in map(_bare, range(0, 3 * cycles + 30, 3)))
        self.space = Space(
            folder / f"crash-{os.getpid()}-{seed}-{self.dice.getrandbits(32):x}", SETTINGS + unsafe, patient=patient
        )
        self.ran = self.space.home / "ran.log"
        self.ran.touch()
        self.deaths: Counter[str] = Counter()
        self.died_at: list[datetime] = []

    def run(self, tell: Callable[[int], None] = lambda number: None) -> None:
        """Begin with some work, then start and kill as often as was asked for, telling the number of each cycle."""
        for _ in range(8):
            self._add_offline(killed=False)
        for number in range(self.cycles):
            if number % 20 == 19:
                self._add_offline(killed=True)
            self._cycle()
            tell(number + 1)

    def finish(self) -> None:
        """Let one engine that nobody kills come to the end of all work."""
        done = self.space.begin("--until-idle")
        assert done.ended(600) == 0, done.log.read_text()[-5000:]

    def _cycle(self) -> None:
        engine = self.space.begin()
        patience = self.dice.uniform(0, LONGEST_S)
        if self.dice.random() < 0.85:
            until(lambda: self._owns(engine), "the engine to own the workspace")
        timer = threading.Timer(patience, self._strike, (engine, self.dice.random()))
        timer.start()
        try:
            self._add_while_it_lives(engine)
        finally:
            timer.join()
        code = engine.process.wait(10)
        assert code == -signal.SIGKILL, (code, engine.log.read_text()[-5000:])

    def _owns(self, engine: Engine) -> bool:
        assert engine.alive, engine.log.read_text()[-5000:]
        with contextlib.suppress(OSError, ValueError):
            return int(self.space.paths.lock.read_bytes()) == engine.pid
        return False

    def _strike(self, engine: Engine, lot: float) -> None:
        """Kill the engine; sometimes what it runs for itself too, such as git; sometimes its builds as well."""
        kind = "engine alone" if lot < 0.6 else "engine and its programs" if lot < 0.9 else "engine and its builds"
        self.deaths[kind] += 1
        if kind != "engine alone":
            # Nothing can be started any more while its children are looked for.
            engine.send(signal.SIGSTOP)
        children = {} if kind == "engine alone" else self._children(engine)
        engine.send(signal.SIGKILL)
        self.died_at.append(datetime.now(UTC))
        for pid, build in children.items():
            if build and kind != "engine and its builds":
                continue
            self.struck |= {build} - {""}
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _children(self, engine: Engine) -> dict[int, str]:
        """What an engine has started, each process with the build that it belongs to; empty for none."""
        spawned = {}
        for root in self.space.paths.builds.iterdir():
            known = record.read(BuildPaths(root))
            if known is not None:
                spawned[known.process.pid] = root.name
        return {pid: _build_of(pid, spawned) for pid in descendants(engine.pid)}

    def _add_while_it_lives(self, engine: Engine) -> None:
        """Ask for tasks over the socket until the engine is gone, at most three of them."""
        control = None
        for _ in range(self.dice.choice((0, 1, 1, 3))):
            spec = self._spec()
            try:
                while control is None:
                    control = self._reach(engine)
                reply = control.submit(AddTasks(specs=(spec,)))
            except (WireError, OSError):
                # Killed before it answered: the task may be there or not, and both are right.
                break
            assert reply.ok, reply
            self.promised[spec.label] = reply.number
        if control is not None:
            control.close()

    def _reach(self, engine: Engine) -> SocketControl | None:
        try:
            return SocketControl(self.space.paths, 10.0)
        except (FileNotFoundError, ConnectionRefusedError):
            if not engine.alive:
                raise
            time.sleep(0.005)
            return None

    def _add_offline(self, *, killed: bool) -> None:
        """Add a task with a command of its own process, which may be killed on its way."""
        spec = self._spec()
        options = ["--label", spec.label, "--name", spec.title, "--desc", spec.description, "--category", "bug-fix"]
        options += ["--criterion", spec.criteria[0], "--command", spec.command]
        options += ["--repo", spec.repo, "--paths", spec.paths[0], "--verify", spec.verify] if spec.repo else []
        process = subprocess.Popen(
            [*MIDWATCH, "add", *options],
            cwd=self.space.home,
            env=self.space.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if killed:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.dice.uniform(0, 0.3))
            process.kill()
        _, said = process.communicate(timeout=60)
        if process.returncode == 0:
            self.promised[spec.label] = 0
        else:
            assert killed and process.returncode == -signal.SIGKILL, (process.returncode, said)

    def _spec(self) -> Spec:
        """One of three kinds of work, each of which leaves a trace of every time that it is run."""
        number = len(self.asked)
        nap = f"sleep 0.{self.dice.randrange(60):02}"
        kind = number % 3
        label = (_bare(number), f"safe-{number}", f"merged-{number}")[kind]
        self.asked.add(label)
        options: dict[str, Any] = {
            "name": f"Task {number}",
            "label": label,
            "desc": "Mend the rounding of totals in the ledger",
            "criterion": ("the sum of ten entries of 0.1 is exactly 1.0",),
            "category": "bug-fix",
            "command": f"echo {RAN}; {nap}",
        }
        if kind == 0:
            options["command"] = f"echo $MIDWATCH_TASK-$MIDWATCH_ATTEMPT >> {self.ran}; {nap}"
        elif kind == 2:
            file = f"file-{number}"
            options |= {"repo": str(self.repo), "paths": (file,), "verify": f"test -s {file}"}
            options["command"] = f"echo {RAN}; echo {number} > {file}; {nap}"
        return spec_from_options(options, base=self.space.root, added_by="command line")

    def account(self) -> dict[str, Any]:
        """Check every promise; return what there was, in figures."""
        view = self._view()
        ends = Counter(task.state_name for task in view.tasks.values())
        self._check_tasks(view)
        self._check_record()
        self._check_runs(view)
        self._check_repository(view)
        self._check_unknown(view)
        assert self.space.left() == []
        return {
            "cycles": self.cycles,
            "deaths": dict(self.deaths),
            "promised": len(self.promised),
            "tasks": dict(ends),
            "builds": len(view.builds),
            "struck": len(self.struck),
            "outlived": self._outlived(),
        }

    def _outlived(self) -> int:
        """How many builds lived longer than the engine that had started them."""
        times: dict[str, list[datetime]] = {}
        for entry in self.space.decisions():
            if entry["action"] in ("build_decided", "merged", "build_done", "build_failed", "build_lost"):
                times.setdefault(entry["build"], []).append(datetime.fromisoformat(entry["at"]))
        return sum(any(first < died < last for died in self.died_at) for first, *_, last in times.values())

    def _view(self) -> View:
        control = connect(self.space.paths)
        try:
            return control.view()
        finally:
            control.close()

    def _check_tasks(self, view: View) -> None:
        lost = self.promised.keys() - view.tasks.keys()
        assert not lost, f"acknowledged and lost: {sorted(lost)}"
        assert view.tasks.keys() <= self.asked
        waiting = {label: task.state_name for label, task in view.tasks.items() if task.state_name not in OVER}
        assert not waiting, f"not at their end: {waiting}"
        # One that was struck before its first instruction has failed, and is tried again; nothing else may fail.
        wrong = {
            build.id: build.state
            for build in view.builds.values()
            if isinstance(build.state, Finished) and build.state.ending in ("failed", "killed")
            if build.id not in self.struck
        }
        assert not wrong, f"nobody killed them and they cannot fail: {wrong}"
        assert all(build.over for build in view.builds.values())

    def _check_record(self) -> None:
        verified = self.space.json("audit", "verify")
        assert verified["ok"], verified
        added = [entry for entry in self.space.decisions() if entry["action"] == "task_added"]
        twice = [label for label, times in Counter(entry["label"] for entry in added).items() if times > 1]
        assert not twice, f"applied twice: {twice}"
        number = {entry["label"]: entry["seq"] for entry in added}
        moved = {label for label, promised in self.promised.items() if promised and number[label] > promised}
        assert not moved, f"promised at another place of the record: {moved}"

    def _check_runs(self, view: View) -> None:
        """No build ran twice, and none ran of which the record does not know."""
        runs = Counter(self.ran.read_text().split())
        for build in view.builds.values():
            if not build.label.startswith("bare-"):
                output = self.space.paths.build(build.id).output
                runs[build.id] = output.read_text().split().count(RAN) if output.exists() else 0
        twice = {build: times for build, times in runs.items() if times > 1}
        assert not twice, f"ran twice: {twice}"
        unrecorded = {build for build, times in runs.items() if times and build not in view.builds}
        assert not unrecorded, f"ran without a record: {unrecorded}"
        for task in view.tasks.values():
            if task.state_name == "done":
                assert runs[task.build] == 1, task

    def _check_repository(self, view: View) -> None:
        """Each finished task is one commit, and the operator's tree is what the branch says."""
        assert "error" not in git(self.repo, "fsck", "--strict", "--no-dangling")
        assert git(self.repo, "symbolic-ref", "HEAD") == "refs/heads/main"
        assert git(self.repo, "status", "--porcelain", "--ignored") == ""
        assert not list((self.repo / ".git").rglob("*.lock"))
        merged = re.findall(r"^Midwatch-Task: (\S+)$", git(self.repo, "log", "--format=%B", "main"), re.MULTILINE)
        done = [task.label for task in view.tasks.values() if task.spec.repo and task.state_name == "done"]
        assert sorted(merged) == sorted(done)
        files = {path.name: path.read_text() for path in self.repo.glob("file-*")}
        numbers = [label.rpartition("-")[2] for label in done]
        assert files == {f"file-{number}": f"{number}\n" for number in numbers}

    def _check_unknown(self, view: View) -> None:
        """What cannot be proven was struck by us; it is asked about, and no engine runs it again by itself."""
        unknown = {task.build: task for task in view.tasks.values() if task.state_name == "unknown"}
        assert unknown.keys() <= self.struck, unknown.keys() - self.struck
        asked = {found.label: found for found in view.escalations.values() if found.open}
        crashes = asked.pop("engine:crash")
        assert unknown.keys() == {found.build for found in asked.values()}
        assert crashes.count >= 1
        self.space.work()
        after = self._view()
        assert after.builds.keys() == view.builds.keys()
        assert {label: task.attempts for label, task in after.tasks.items()} == {
            label: task.attempts for label, task in view.tasks.items()
        }


def _bare(number: int) -> str:
    return f"bare-{number}"


def descendants(pid: int) -> list[int]:
    """Every process that a process has started, and those that these have started."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = Path("/proc", name, "stat").read_text()
                children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        fresh = children.get(waiting.pop(), [])
        found += fresh
        waiting += fresh
    return found


def _build_of(pid: int, spawned: dict[int, str]) -> str:
    """The build that a process belongs to, by its marks, its record or where it comes from; empty for none."""
    prefix = f"{BUILD_VARIABLE}=".encode()
    marks = [entry[len(prefix) :] for entry in environ(pid) if entry.startswith(prefix)]
    if marks:
        return Path(os.fsdecode(marks[0])).name
    if pid in spawned:
        # At the moment of its start it shows no marks yet.
        return spawned[pid]
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return ""
    return _build_of(parent, spawned) if parent > 1 else ""
