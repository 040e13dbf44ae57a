"""Opens a workspace as the engine does, or only decodes what it holds, and prints the milliseconds."""

import asyncio
import gc
import sys
import time
from pathlib import Path

import msgspec

import console.host
from engine import bootstrap
from state.checkpoint import Image
from state.files import Workspace


def decode(workspace: Workspace) -> float:
    """Decode the state into records, and nothing else."""
    gc.disable()
    data = workspace.checkpoint.read_bytes()
    began = time.perf_counter()
    msgspec.json.decode(data, type=Image)
    return time.perf_counter() - began


def open_engine(workspace: Workspace) -> float:
    """Open the engine until it takes requests."""
    began = time.perf_counter()
    engine = bootstrap.open_engine(workspace, "headless")
    took = 0.0

    def is_ready() -> None:
        nonlocal took
        took = time.perf_counter() - began
        engine.leave()

    asyncio.run(engine.run(ready=is_ready))
    return took


if __name__ == "__main__":
    assert console.host
    what = {"decode": decode, "open": open_engine}[sys.argv[1]]
    print(what(Workspace(Path(sys.argv[2]))) * 1000)
