"""Kills the engine 2,000 times at random moments and checks every promise: `./run bench crash [CYCLES [SEED]]`."""

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.front.crashing import Campaign

CYCLES = 2_000
_EVERY = 100


def main(args: Sequence[str] = ()) -> int:
    """Run the cycles, then check; prints what there was, and fails loudly where a promise was broken."""
    cycles = int(args[0]) if args else CYCLES
    seed = int(args[1]) if len(args) > 1 else random.randrange(1 << 32)
    print(f"{cycles} sudden deaths, seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="midwatch-crash-"))
    campaign = Campaign(folder, cycles, seed, patient=True)
    began = time.monotonic()

    def tell(number: int) -> None:
        if number % _EVERY == 0:
            print(f"  {number} of {cycles}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    try:
        campaign.run(tell)
        campaign.finish()
        figures = campaign.account()
    except BaseException:
        print(f"what is left of it is in {folder}", file=sys.stderr)
        raise
    finally:
        campaign.space.close()
    shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:10} {value}")
    print(f"no promise was broken in {cycles} deaths; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
