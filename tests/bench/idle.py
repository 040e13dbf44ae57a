"""What an engine with nothing to do costs: how often it wakes up, and the processor time that it takes."""

import os
import time
from pathlib import Path

from tests.bench import rivals
from tests.bench.ground import Player, arena
from tests.bench.peers.ours import start_engine, stop_engine, wait_ready
from tests.bench.ready import stored
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, note

_COUNT = 10_000
_WINDOW_S = 60.0
_SETTLE_S = 5.0


def idle(scale: float = 1.0) -> list[Race]:
    """All at the same time: nobody who idles disturbs another."""
    window_s = max(15.0, _WINDOW_S * scale)
    with arena() as folder:
        workspace = stored(folder / "operator", _COUNT)
        engine = start_engine(workspace)
        beside: list[tuple[str, Player | str]] = []
        try:
            wait_ready(workspace, engine)
            for rival in (rivals.APS3_MEMORY, rivals.HUEY):
                beside.append((rival.name, _rival(rival, folder / rival.module)))
            pids = {"midwatch": engine.pid}
            pids |= {name: int(player.call("pid").gave) for name, player in beside if isinstance(player, Player)}
            time.sleep(_SETTLE_S)
            note(f"idle for {window_s:.0f} s")
            before = {name: _spent(pid) for name, pid in pids.items()}
            time.sleep(window_s)
            after = {name: _spent(pid) for name, pid in pids.items()}
            megabytes = {name: _resident(pid) for name, pid in pids.items()}
        finally:
            for _, player in beside:
                if isinstance(player, Player):
                    player.close()
            stop_engine(engine)
    wakes, shares = [], []
    for name, found in (("midwatch", ""), *beside):
        trouble = found if isinstance(found, str) else ""
        wake, share = Contestant(name, list, trouble=trouble), Contestant(name, list, trouble=trouble)
        if name in pids:
            wake.rounds, wake.spins = [[float(after[name][0] - before[name][0])]], [0.0]
            share.rounds, share.spins = [[100 * (after[name][1] - before[name][1]) / window_s]], [0.0]
        wakes.append(wake)
        shares.append(share)
    told = ", ".join(f"{name} {size:.0f} MB" for name, size in megabytes.items())
    return [
        Race(
            f"Idle with {_COUNT:,} tasks: wake-ups in {window_s:.0f} s",
            "context switches",
            wakes,
            aim=Aim("none", lambda ours, _: ours == 0),
            method=f"Of all threads, counted by the kernel. Resident: {told}.",
        ),
        Race(
            f"Idle with {_COUNT:,} tasks: processor time",
            "% of a core",
            shares,
            aim=Aim("0.00 %", lambda ours, _: ours < 0.005),
            method="Of all threads, in nanoseconds by the kernel's scheduler.",
        ),
    ]


def _rival(rival: rivals.Rival, folder: Path) -> Player | str:
    try:
        player = Player(rival, folder, ":", contained=False, BENCH_SYNC="no")
        player.call("schedule", _COUNT)
        player.call("work")
    except (RuntimeError, OSError) as error:
        return f"not to be had here: {error}"
    return player


def _spent(pid: int) -> tuple[int, float]:
    """Return a process's context switches and its seconds of processor time so far, over all its threads."""
    switches, cpu_ns = 0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if "ctxt_switches" in line:
                switches += int(line.split()[1])
        cpu_ns += int((task / "schedstat").read_text().split()[0])
    return switches, cpu_ns / 1e9


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
