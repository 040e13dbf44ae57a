"""100,000 spoilt inputs for each reader of what others wrote: how many a second, and the slowest of them."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.mutants import mutants
from tests.fuzz.targets import Target, scratch, targets

COUNT = 100_000
SEED = 20_260_304
HANG_S = 1.0


def main(arguments: Sequence[str]) -> int:
    """Try `COUNT`, or as many as are named, of each; returns 1 where one crashed or took over a second."""
    count = int(arguments[0]) if arguments else COUNT
    print(f"{count:,} spoilt inputs for each reader, seed {SEED}\n")
    print("| read | inputs/s | slowest, ms | over 1 s | crashed |\n|---|--:|--:|--:|--:|")
    bad = 0
    with scratch() as folder:
        for name, target in targets(Path(folder)).items():
            bad += _try(name, target, count)
    return 1 if bad else 0


def _try(name: str, target: Target, count: int) -> int:
    slowest = spent = 0.0
    hung = crashed = 0
    for data in mutants(target.seeds, count, SEED):
        began = time.perf_counter()
        try:
            target.read(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            crashed += 1
            print(f"{name}: {error!r} of {data!r}", file=sys.stderr)
        took = time.perf_counter() - began
        spent += took
        slowest = max(slowest, took)
        hung += took > HANG_S
    print(f"| {name} | {count / spent:,.0f} | {slowest * 1000:.1f} | {hung} | {crashed} |", flush=True)
    return hung + crashed
