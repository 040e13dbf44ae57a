"""A build stands still with all that it started, and cannot undo that."""

import os
import time
from pathlib import Path

import pytest

from engine.safety import freezer, groups, kill, record
from engine.safety.tree import Tree
from engine.work.sandbox import Machine
from state.files import BuildPaths, Workspace
from tests.engine.work.running import build_in, machine, plain_machine, start, until

TICKS = "while :; do date +%s%N >> ticks; sleep 0.01; done"
# Children wake their brothers and their parent as fast as they can, and go on as children of their own.
WAKERS = """
import os, signal, sys, time
for _ in range(6):
    if os.fork() == 0:
        break
while True:
    if os.fork():
        os._exit(0)
    for name in os.listdir('/proc'):
        if name.isdigit() and int(name) > 2 and int(name) != os.getpid():
            try:
                os.kill(int(name), signal.SIGCONT)
            except OSError:
                pass
    with open('ticks', 'a') as ticks:
        ticks.write('x')
    time.sleep(0.002)
"""


@pytest.fixture(params=["groups", "signals"])
def on(request: pytest.FixtureRequest) -> Machine:
    """A machine that can freeze a control group, and one that can only stop processes."""
    if request.param == "groups" and not any("kill" in parent.controls for parent in machine().groups):
        pytest.skip("this machine has no control groups of version 2")
    return machine() if request.param == "groups" else plain_machine()


def size(paths: BuildPaths) -> int:
    file = paths.work / "ticks"
    return file.stat().st_size if file.exists() else 0


def stands_still(paths: BuildPaths) -> bool:
    """Whether the kernel says so of each process."""
    with Tree(paths, record.read(paths)) as tree:
        return groups.frozen(tree.groups) or all(found.state in "Tt" for found in tree.living().values())


@pytest.mark.parametrize("sandboxed", [True, False], ids=["sandboxed", "unsandboxed"])
def test_what_is_frozen_does_nothing_until_it_is_let_go(workspace: Workspace, on: Machine, sandboxed: bool) -> None:
    """No process of it runs, whichever way it is stopped; let go, it goes on where it was."""
    paths = build_in(workspace)
    start(paths, TICKS, on, sandboxed=sandboxed)
    until(lambda: size(paths) > 0, "it runs")
    assert not freezer.frozen(paths)
    assert freezer.freeze(paths) and freezer.freeze(paths)
    assert stands_still(paths) and freezer.frozen(paths)
    before = size(paths)
    time.sleep(0.1)
    assert size(paths) == before
    freezer.thaw(paths)
    until(lambda: size(paths) > before, "it goes on")
    assert not freezer.frozen(paths)


def test_nothing_inside_can_wake_the_others(workspace: Workspace, on: Machine) -> None:
    """Processes that fork without an end and send SIGCONT to all that they see are stopped to the last one."""
    paths = build_in(workspace)
    (paths.work / "wakers.py").write_text(WAKERS)
    start(paths, "python3 wakers.py & sleep 60", on)
    until(lambda: size(paths) > 20, "they wake each other")
    assert freezer.freeze(paths)
    assert stands_still(paths)
    before = size(paths)
    time.sleep(0.1)
    assert size(paths) == before


def test_a_frozen_build_is_killed_without_being_let_go(workspace: Workspace, on: Machine) -> None:
    """It dies where it stands."""
    paths = build_in(workspace)
    start(paths, TICKS, on)
    until(lambda: size(paths) > 0, "it runs")
    assert freezer.freeze(paths)
    before = size(paths)
    report = kill.kill_build(paths)
    assert report.found and not report.survivors
    assert size(paths) == before


def test_what_left_its_group_is_stopped_one_by_one(workspace: Workspace) -> None:
    """Without a sandbox a process may leave its group, or let its group go; it is found and stopped all the same."""
    found = [parent for parent in machine().groups if "kill" in parent.controls]
    if not found or os.geteuid() != 0:
        pytest.skip("needs control groups of version 2, and the right to leave them")
    paths = build_in(workspace)
    leave = f"echo $$ > {found[0].path}/cgroup.procs; {TICKS}"
    start(paths, f"sh -c '{leave}' & sleep 60", sandboxed=False)
    until(lambda: size(paths) > 0, "it runs")
    assert freezer.freeze(paths)
    before = size(paths)
    time.sleep(0.1)
    assert size(paths) == before
    report = kill.kill_build(paths)
    assert report.found and not report.survivors


def test_one_that_cannot_be_stopped_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not count as frozen, so that whoever asked can end it instead."""
    paths = build_in(workspace)
    start(paths, TICKS, plain_machine())
    until(lambda: size(paths) > 0, "it runs")
    monkeypatch.setattr(freezer, "PATIENCE_S", 0.05)
    monkeypatch.setattr(freezer, "_STOPPED", "")
    assert not freezer.freeze(paths)


def test_nothing_to_freeze_is_no_error(tmp_path: Path) -> None:
    """A build of which nothing runs stands still already."""
    paths = BuildPaths(tmp_path)
    assert freezer.freeze(paths)
    freezer.thaw(paths)
    assert not freezer.frozen(paths)
