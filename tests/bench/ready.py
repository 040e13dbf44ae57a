"""From the start of the engine to its first answer, with many tasks stored."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.clock import SystemClock
from state.files import Workspace, create_workspace
from state.model.reason import Reason
from state.model.task import AwaitingApproval, Category, Task
from state.model.verdict import Finding, Stance
from state.store import Store
from tests.bench import rivals
from tests.bench.ground import ROOT, Pipe, Player, arena
from tests.bench.peers.ours import spec, start_engine, stop_engine, wait_ready
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, note, run

_ROUNDS = 6
_SIZES = (10_000, 100_000)
_COMMIT = 1000
_AIM = Aim("at most 3 x floor", lambda ours, floor: ours <= 3 * floor)


def stored(folder: Path, count: int) -> Workspace:
    """Make a workspace that holds so many tasks, none of which may start by itself."""
    note(f"storing {count:,} tasks")
    workspace = create_workspace(folder)
    now = SystemClock().now()
    finding = Finding(rule="approvals", verdict=Stance.ASK, text="a new feature needs your approval before it starts")
    with Store.open(workspace, SystemClock()) as store:
        for first in range(0, count, _COMMIT):
            for number in range(first, min(first + _COMMIT, count)):
                wanted = spec(f"task-{number:06}", "make")
                wanted = type(wanted)(**{**_fields(wanted), "category": Category.NEW_FEATURE})
                task = Task(spec=wanted, state=AwaitingApproval(findings=(finding,)), added_at=now)
                store.stage([task], Reason(actor="operator:bench", action="task_added", why="", label=task.label))
            store.flush()
    return workspace


def _fields(noun: object) -> dict[str, object]:
    return {name: getattr(noun, name) for name in noun.__struct_fields__}  # type: ignore[attr-defined]


def ready(scale: float = 1.0) -> list[Race]:
    """At two sizes: inside the process, and from the outside."""
    races = []
    for count in _SIZES:
        with arena() as folder:
            races += _size(folder, count, max(2, round(_ROUNDS * scale)))
    return races


def _size(folder: Path, count: int, rounds: int) -> list[Race]:
    workspace = stored(folder / "operator", count)
    inside = [
        Contestant("floor", lambda: [_asked("decode", workspace)]),
        Contestant("midwatch", lambda: [_asked("open", workspace)]),
    ]
    outside = [
        Contestant("floor", lambda: [_timed("decode", workspace)]),
        Contestant("midwatch", lambda: [_answers(workspace)]),
    ]
    beside = ((rivals.HUEY, "no"), (rivals.APS3, "no")) if count == min(_SIZES) else ()
    for rival, sync in beside:
        outside.append(_rival(rival, folder / rival.module, count, sync))
    run(inside, rounds, f"ready, {count:,}")
    run(outside, rounds, f"answering, {count:,}")
    size = workspace.checkpoint.stat().st_size / 1e6
    method = f"Floor: msgspec decodes the same {size:.1f} MB of state into the same records."
    return [
        Race(f"Start to ready, {count:,} tasks, within the process", "ms", inside, aim=_AIM, method=method),
        Race(
            f"Start to ready, {count:,} tasks, from exec to the first answer",
            "ms",
            outside,
            aim=_AIM,
            method="Floor: an interpreter that imports the same modules and decodes. "
            "Rivals: from exec to the first instruction of a job that is due, with as many stored that are not.",
        ),
    ]


def _asked(what: str, workspace: Workspace) -> float:
    """Return what a fresh process says it took, in ms."""
    argv = [sys.executable, "-P", "-m", "tests.bench.peers.opening", what, str(workspace.root)]
    done = subprocess.run(argv, cwd=ROOT, env=_ENV, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(done.stdout)


def _timed(what: str, workspace: Workspace) -> float:
    began = time.monotonic()
    _asked(what, workspace)
    return (time.monotonic() - began) * 1000


def _answers(workspace: Workspace) -> float:
    began = time.monotonic()
    engine = start_engine(workspace)
    try:
        return (wait_ready(workspace, engine) - began) * 1000
    finally:
        stop_engine(engine)


_ENV = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def _rival(rival: rivals.Rival, folder: Path, count: int, sync: str) -> Contestant:
    """Seed a rival's store once, without syncing, and let each round start on a copy of it."""
    note(f"storing {count:,} jobs for {rival.name}")
    pipe = Pipe(folder.with_name(folder.name + "-pipe"))
    try:
        seeding = Player(rival, folder / "seed", pipe.command, BENCH_SYNC=sync)
        seeding.call("schedule", count)
        seeding.call("submit", 1)
        seeding.call("work")
        pipe.wait()
        seeding.close()
    except (RuntimeError, OSError) as error:
        return Contestant(rival.name, list, trouble=f"not to be had here: {error}")
    return Contestant(rival.name, _first_job(rival, folder, pipe))


def _first_job(rival: rivals.Rival, folder: Path, pipe: Pipe) -> Callable[[], Sequence[float]]:
    def once() -> list[float]:
        place = folder / "round"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder / "seed", place)
        pipe.drain()
        began = time.monotonic()
        player = Player(rival, place, pipe.command)
        opened_s = time.monotonic() - began if rival is rivals.APS3 else 0.0
        try:
            player.call("submit", 1)
            at = player.call("work").at
            return [(pipe.wait() - at + opened_s) * 1000]
        finally:
            player.close()

    return once
