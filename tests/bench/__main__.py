"""Runs the comparisons: `python -m tests.bench [NAME ...] [--quick]`."""

import importlib
import os
import platform
import sys
import time
from collections.abc import Callable

from tests.bench.report import Race, table, verdict
from tests.bench.rounds import NOISY

ROWS = {
    "commits": ("tests.bench.commits", "commits"),
    "sandboxed": ("tests.bench.latency", "sandboxed"),
    "plain": ("tests.bench.latency", "plain"),
    "kill": ("tests.bench.kills", "kills"),
    "ready": ("tests.bench.ready", "ready"),
    "idle": ("tests.bench.idle", "idle"),
    "console": ("tests.bench.screen", "screen"),
    "cron": ("tests.bench.cron", "cron"),
    "week": ("tests.bench.week", "week"),
    "snapshot": ("tests.bench.snapshots", "snapshots"),
}
"""What is measured when nothing is named, in this order."""
LONG = {
    "crash": "tests.bench.crash",
    "kill-load": "tests.bench.kill_load",
    "fuzz": "tests.bench.fuzz",
    "anomalies": "tests.bench.anomalies",
}
"""What runs only when it is named, with arguments of its own."""
_QUICK = 0.25


def main(arguments: list[str]) -> int:
    """Measure what is named, or everything that does not take long; exits with 0 also where an aim was missed."""
    quick = "--quick" in arguments
    names = [name for name in arguments if name != "--quick"]
    if names and names[0] in LONG:
        return int(importlib.import_module(LONG[names[0]]).main(names[1:]) or 0)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join((*ROWS, *LONG))}", file=sys.stderr)
        return 2
    began = time.monotonic()
    print(f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}")
    print(f"`noisy` counts rounds before which the same idle work took over {NOISY} x its quickest.\n")
    told = []
    for name in names or ROWS:
        module, function = ROWS[name]
        measure: Callable[[float], list[Race]] = getattr(importlib.import_module(module), function)
        for race in measure(_QUICK if quick else 1.0):
            print(table(race), flush=True)
            if race.aim is not None:
                told.append(f"{verdict(race) or 'not measured':12} {race.title}: {race.aim.text}")
    print("\n".join(told))
    print(f"\nmeasured in {time.monotonic() - began:.0f} s; `./run bench crash` breaks the engine 2,000 times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
