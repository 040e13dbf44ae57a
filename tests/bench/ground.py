"""The ground that contestants run on: folders that go away, processes that end, a pipe that jobs report to."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import rivals
from tests.bench.rivals import Rival
from tests.bench.rounds import Contestant, note

ROOT = Path(__file__).resolve().parent.parent.parent
FLOOR = Rival("floor", "floor")
OURS = Rival("midwatch", "ours")
OURS_EAGER = Rival("midwatch, builds at normal priority", "ours", env={"BENCH_IDLE": "no"})
_CONTAIN = ("bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent", "--")


class Pipe:
    """A named pipe into which each job writes one byte as the first thing that it does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shown"
        self.folder.mkdir(parents=True)
        self.path = self.folder / "started"
        os.mkfifo(self.path)
        self._fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.command = f"printf . > {self.path}"

    def drain(self) -> None:
        """Forget what came late."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._fd, 65536):
                pass

    def wait(self, count: int = 1, timeout_s: float = 30.0) -> float:
        """Wait for so many jobs; return the monotonic moment at which the last of them began."""
        at = time.monotonic()
        end = at + timeout_s
        while count > 0:
            if not select.select([self._fd], [], [], max(0.0, end - time.monotonic()))[0]:
                raise RuntimeError(f"{count} jobs did not start within {timeout_s:.0f} s")
            at = time.monotonic()
            count -= len(os.read(self._fd, count))
        return at

    def close(self) -> None:
        """Let go."""
        os.close(self._fd)


@dataclass(frozen=True)
class Answer:
    """What a contestant said: when the call began on the monotonic clock, how long it took, what it gave."""

    at: float
    took_s: float
    gave: Any


class Player:
    """A contestant in a process of its own. A rival is held in a process namespace, so that all of it can be ended."""

    def __init__(self, rival: Rival, folder: Path, command: str, *, contained: bool = True, **env: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._redis: subprocess.Popen[bytes] | None = None
        own = {"BENCH_FOLDER": str(folder), "PYTHONPATH": str(ROOT), **rival.env, **env}
        if rival.program:
            own |= self._provide(rival.program)
        contain = _CONTAIN if contained and rival.module not in ("floor", "ours") and shutil.which("bwrap") else ()
        self.log = folder / "said"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*contain, rivals.python_of(rival), "-m", f"tests.bench.peers.{rival.module}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **own},
                start_new_session=True,
                text=True,
                bufsize=1,
            )
        self.call("open", str(folder), command)

    def _provide(self, name: str) -> dict[str, str]:
        path, env = rivals.program(name)
        if name != "redis-server":
            return {"BENCH_TSP": path}
        where = self.folder / "redis.sock"
        argv = [path, "--port", "0", "--unixsocket", str(where), "--dir", str(self.folder), "--save", ""]
        argv += ["--appendonly", "yes", "--appendfsync", "always"]
        self._redis = subprocess.Popen(argv, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
        until(where.exists, "Redis listens")
        return {"BENCH_REDIS": str(where)}

    def call(self, do: str, *args: Any) -> Answer:
        """Ask and wait for the answer."""
        self.ask(do, *args)
        return self.answer()

    def ask(self, do: str, *args: Any) -> None:
        """Ask, and go on."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "with": args}) + "\n")

    def answer(self) -> Answer:
        """Wait for the answer to what was asked. Raises RuntimeError with what the contestant said."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        told = json.loads(line) if line else {"error": f"it ended: {self._last_words()}"}
        if "error" in told:
            raise RuntimeError(told["error"])
        return Answer(**told)

    def _last_words(self) -> str:
        return (self.log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]

    def close(self) -> None:
        """End it with all that it started."""
        with contextlib.suppress(RuntimeError, BrokenPipeError, AttributeError, ValueError):
            self.call("close")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        if self._redis is not None:
            self._redis.kill()
            self._redis.wait()


@contextlib.contextmanager
def arena() -> Iterator[Path]:
    """A folder for one comparison, on the disk that the caller's temporary files are on."""
    folder = Path(tempfile.mkdtemp(prefix="midwatch-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def players(wanted: Sequence[Rival], folder: Path, command: str, **env: str) -> Iterator[dict[str, Player | str]]:
    """Everyone who could be had, by name; for the others, why not."""
    present: dict[str, Player | str] = {}
    try:
        for rival in wanted:
            note(f"starting {rival.name}")
            try:
                present[rival.name] = Player(rival, folder / str(len(present)), command, **env)
            except (RuntimeError, OSError) as error:
                present[rival.name] = f"not to be had here: {error}"
        yield present
    finally:
        note("ending all")
        for player in present.values():
            if isinstance(player, Player):
                player.close()


def contestants(
    present: Mapping[str, Player | str], once: Callable[[Player], Callable[[], Sequence[float]]]
) -> list[Contestant]:
    """Make a contestant of each player; one that is missing keeps his row, with the reason."""
    made = []
    for name, player in present.items():
        if isinstance(player, str):
            made.append(Contestant(name, list, trouble=player))
        else:
            made.append(Contestant(name, once(player)))
    return made


def until(condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
    """Wait for a condition that is looked at often."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain: {what}")
        time.sleep(0.001)
