"""Keeps a machine busy: its processors with work that is never done, its disk with syncs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_BURN = "while True: pass"
_SYNC = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
block = os.urandom(1 << 20)
while True:
    os.pwrite(fd, block, 0)
    os.fsync(fd)
"""
_WARM_S = 0.5


@contextmanager
def weight(folder: Path) -> Iterator[None]:
    """One burner for each processor and one writer that syncs without pause, at normal priority."""
    with ExitStack() as all_of_them:
        for code in [_BURN] * (os.cpu_count() or 1) + [_SYNC]:
            process = subprocess.Popen([sys.executable, "-c", code, str(folder / "weight")])
            all_of_them.callback(process.wait)
            all_of_them.callback(process.kill)
        time.sleep(_WARM_S)
        yield
