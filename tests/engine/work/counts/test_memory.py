"""How much memory a build's processes hold together."""

from collections.abc import Callable

import pytest

from engine.safety.processes import Identity, boot_id
from engine.work.counts import memory
from engine.work.sandbox import Machine
from state.files import Workspace
from tests.engine.work.running import build_in, machine, plain_machine, start, until

HOLDS = 'python3 -c \'held = bytearray(60 << 20); open("here", "w"); import time; time.sleep(60)\''
MB = 1 << 20


@pytest.mark.parametrize("on", [machine, plain_machine], ids=["groups", "processes"])
def test_it_is_the_sum_over_all_of_them(workspace: Workspace, on: Callable[[], Machine]) -> None:
    """Two processes of 60 MB hold 120 MB and a little, by the kernel's count or by our own."""
    paths = build_in(workspace)
    one = start(paths, f"{HOLDS} & {HOLDS.replace('here', 'there')}", on())
    until(lambda: (paths.work / "here").exists() and (paths.work / "there").exists(), "both hold it")
    assert 120 * MB < memory.held_bytes(one) < 300 * MB


def test_what_is_over_holds_nothing() -> None:
    """A process that is gone has no memory."""
    assert memory.held_bytes(Identity(pid=1, start_ticks=0, boot=boot_id())) == 0
