"""How long a tree of 200 that does not want to die lives on after a kill, and what the rivals leave alive."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import rivals
from tests.bench.ground import FLOOR, OURS, ROOT, Player, arena, contestants, players, until
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, note, run

TREE = ROOT / "tests" / "faults" / "tree.py"
MANY = 200
FEW = 18
"""A rival's tree is smaller: what it leaves has to be hunted down one by one."""
KINDS = "plain ignores session group daemon stopped"
_WILD = " hopper breeder stranger"
_BESIDE = (rivals.TSP, rivals.HUEY, rivals.APS3, rivals.APS4, rivals.CELERY, rivals.RQ)
_ROUNDS = 6
_AFTER_S = 2.0


def kills(scale: float = 1.0) -> list[Race]:
    """From the kill to the last process dead."""
    with arena() as folder:
        shown = folder / "shown"
        shown.mkdir()
        shutil.copy(TREE, shown)
        command = f"exec /usr/bin/python3 {shown}/tree.py . {MANY} {(KINDS + ' ') * 9}{_WILD}"
        with players((FLOOR, OURS), folder, command, BENCH_SHOWN=str(shown)) as present:
            entries = contestants(present, _kill)
            run(entries, max(2, round(_ROUNDS * scale)), "kill")
    for rival in _BESIDE:
        with arena() as folder:
            entries.append(Contestant(rival.name, list, trouble=_survivors(rival, folder)))
    return [
        Race(
            f"Kill: a tree of {MANY} processes all dead",
            "ms",
            entries,
            aim=Aim("at most 1.5 x floor + 5 ms", lambda ours, floor: ours <= 1.5 * floor + 5),
            method="Floor: SIGKILL to the namespace's init. Dead is when nobody holds a lock that the tree passes on. "
            f"Rivals end a tree of {FEW} as thoroughly as they can; {_AFTER_S:.0f} s later its living are counted.",
        )
    ]


def _kill(player: Player) -> Callable[[], Sequence[float]]:
    def once() -> list[float]:
        player.call("submit_sandboxed")
        work = Path(player.call("work_folder").gave)
        _grown(work, MANY)
        time.sleep(0.3)
        lock = os.open(work / "alive", os.O_RDWR)
        try:
            player.ask("kill")
            fcntl.flock(lock, fcntl.LOCK_EX)
            dead = time.monotonic()
        finally:
            os.close(lock)
        return [(dead - player.answer().at) * 1000]

    return once


def _grown(folder: Path, count: int) -> None:
    ready = folder / "ready"
    until(lambda: ready.exists() and ready.stat().st_size >= count, f"{count} processes live", 60.0)


def _survivors(rival: rivals.Rival, folder: Path) -> str:
    """Return in words how much of a tree is left after a rival's own kill."""
    command = f"exec /usr/bin/python3 {TREE} {folder} {FEW} {KINDS}"
    note(f"kill: {rival.name}")
    try:
        player = Player(rival, folder / "rival", command)
    except (RuntimeError, OSError) as error:
        return f"not to be had here: {error}"
    try:
        player.call("work")
        player.call("submit", 1)
        _grown(folder, FEW)
        player.call("kill")
        time.sleep(_AFTER_S)
        alive = _holders(folder / "alive")
        return f"{len(alive)} of {FEW} processes survive" if alive else "none survives"
    except RuntimeError as error:
        return str(error)
    finally:
        player.close()
        _end(folder / "alive")


def _holders(path: Path) -> list[int]:
    """Return the processes that have a file open, in whatever namespace they live."""
    wanted = path.stat() if path.exists() else None
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            for fd in os.scandir(f"/proc/{name}/fd"):
                with contextlib.suppress(OSError):
                    held = os.stat(fd.path)
                    if wanted is not None and (held.st_dev, held.st_ino) == (wanted.st_dev, wanted.st_ino):
                        found.append(int(name))
                        break
    return found


def _end(path: Path) -> None:
    while holders := _holders(path):
        for pid in holders:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
