"""How long the kill switch takes under full load: `./run bench kill-load [ROUNDS]`."""

import asyncio
import os
import platform
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from console.drill.rehearsal import rehearse
from engine.reports.switch import DEADLINE_MS
from state.errors import MidwatchError
from state.files import create_workspace
from state.model.brakes.kill_use import KillUse
from state.settings import HttpSettings, Settings
from tests.bench.rounds import note
from tests.bench.weight import weight

BUILDS = 8
EACH = 200
TYPICAL_MS = 1000.0
_ROUNDS = 10


def main(arguments: list[str]) -> int:
    """Kill 8 builds of 200 processes by each means, again and again; 1 if one lived too long, else 0."""
    rounds = int(arguments[0]) if arguments else _ROUNDS
    print(f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}")
    print(f"{BUILDS} builds with {EACH} processes each; each processor burns, and a writer syncs without pause.\n")
    uses: list[KillUse] = []
    with tempfile.TemporaryDirectory(prefix="midwatch-bench-") as folder:
        for number in range(rounds):
            note(f"kill-load: round {number + 1} of {rounds}")
            try:
                uses += asyncio.run(_round(Path(folder)))
            except MidwatchError as error:
                print(f"round {number + 1} counts as none: {error}")
            except KeyboardInterrupt:
                print(f"interrupted in round {number + 1}; what there is until then:")
                break
    note("")
    if not uses:
        return 1
    print("| by | n | median, ms | p99, ms | max, ms | survivors |")
    print("|---|---:|---:|---:|---:|---:|")
    for means in dict.fromkeys(use.means for use in uses):
        print(_row(means, [use for use in uses if use.means is means]))
    print(_row("all", uses))
    worst, middle = max(use.ms for use in uses), statistics.median(use.ms for use in uses)
    good = worst < DEADLINE_MS and not any(use.survivors for use in uses)
    print(f"\nAlways under {DEADLINE_MS / 1000:.0f} s: **{'met' if good else 'MISSED'}**.", end=" ")
    print(f"Typically under {TYPICAL_MS / 1000:.0f} s: **{'met' if middle < TYPICAL_MS else 'MISSED'}**.")
    return 0 if good else 1


async def _round(folder: Path) -> list[KillUse]:
    settings = Settings(http=HttpSettings(port=1))
    workspace = create_workspace(folder)
    return [use async for use in rehearse(workspace, settings, "bench", EACH, BUILDS, weight)]


def _row(name: str, uses: Sequence[KillUse]) -> str:
    times = sorted(use.ms for use in uses)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    left = sum(len(use.survivors) for use in uses)
    return f"| {name} | {len(times)} | {statistics.median(times):.0f} | {p99:.0f} | {times[-1]:.0f} | {left} |"
