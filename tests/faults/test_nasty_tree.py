"""Trees of processes that escape every process group and ignore every signal are dead after a kill."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.safety import kill, kill_switch
from engine.safety.stop_watch import StopWatch
from engine.work.sandbox import Machine
from state.files import BuildPaths
from tests.engine.work.running import build_in, machine, plain_machine, start, until, until_file

TREE = Path(__file__).with_name("tree.py")
MANY = 200
# Every kind that there is; `hopper` and `breeder` a few times only, since they never stop forking.
KINDS = "plain ignores session group daemon stopped " * 9 + "hopper breeder stranger"
MARKED_KINDS = KINDS.replace(" stranger", "")


def plant(paths: BuildPaths, count: int, kinds: str, on: Machine, *, sandboxed: bool) -> None:
    """Start a tree as a build, and wait until it is complete."""
    shutil.copy(TREE, paths.work / "tree.py")
    start(paths, f"exec /usr/bin/python3 tree.py . {count} {kinds}", on, sandboxed=sandboxed)
    ready = paths.work / "ready"
    until(lambda: ready.exists() and ready.stat().st_size >= count, f"{count} processes live")


def dead(paths: BuildPaths) -> bool:
    """Whether no process holds the tree's lock any more; independent of everything that the killer knows."""
    fd = os.open(paths.work / "alive", os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


@pytest.mark.parametrize("sandboxed", [True, False], ids=["sandboxed", "unsandboxed"])
def test_200_processes_of_every_kind_die_of_a_kill(workspace, sandboxed):
    """A tree of 200 with every way of escaping is dead when the kill returns, also where no sandbox holds it."""
    if not sandboxed and not any("kill" in parent.controls for parent in machine().groups):
        pytest.skip("a process that forgot its environment is only found by its control group, and none can be made")
    paths = build_in(workspace)
    plant(paths, MANY, KINDS, machine(), sandboxed=sandboxed)
    assert not dead(paths)
    report = kill.kill_build(paths)
    assert dead(paths)
    assert report.found
    assert report.survivors == ()
    assert kill.killed(paths) == report


@pytest.mark.parametrize("sandboxed", [True, False], ids=["sandboxed", "unsandboxed"])
def test_a_tree_dies_where_there_are_no_control_groups(workspace, sandboxed):
    """Without any control group the namespace alone, or else a hunt one by one, ends the tree."""
    paths = build_in(workspace)
    plant(paths, 60, KINDS if sandboxed else MARKED_KINDS, plain_machine(), sandboxed=sandboxed)
    assert not dead(paths)
    report = kill.kill_build(paths)
    assert dead(paths)
    assert report.survivors == ()
    assert report.how == (("namespace",) if sandboxed else ("one by one",))


def test_the_kill_switch_ends_all_trees_without_an_engine(workspace):
    """Two trees of 100, one without a sandbox, are dead when the kill switch returns, and STOP says so."""
    one, two = build_in(workspace, "b-1"), build_in(workspace, "b-2")
    plant(one, 100, KINDS, machine(), sandboxed=True)
    plant(two, 100, MARKED_KINDS, machine(), sandboxed=False)
    reports = kill_switch.engage(workspace, "operator:test", "too loud")
    assert dead(one)
    assert dead(two)
    assert {r.build for r in reports if not r.survivors} == {"b-1", "b-2"}
    told = kill_switch.notes(workspace)
    assert told is not None
    assert (told.by, told.why) == ("operator:test", "too loud")
    assert {r.build for r in told.killed} == {"b-1", "b-2"}


ENGINE = """
import asyncio, sys
from pathlib import Path
from engine.safety.stop_watch import StopWatch
from state.files import Workspace
workspace = Workspace(Path(sys.argv[1]))
async def main():
    StopWatch(workspace, lambda reports: None).start()
    (workspace.root / "up").touch()
    while True:
        pass  # the loop never comes back
asyncio.run(main())
"""


@pytest.fixture
def hung_engine(workspace):
    """A process with a watch on STOP whose loop is stuck and burns the processor."""
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, str(workspace.root)], cwd=TREE.parent.parent.parent)
    try:
        until_file(workspace.root / "up")
        yield workspace, engine
    finally:
        engine.kill()
        engine.wait()


def test_touching_stop_kills_while_the_loop_is_stuck(hung_engine):
    """`touch STOP` ends a tree although the engine's loop hangs: the watch is a thread of its own."""
    workspace, _ = hung_engine
    paths = build_in(workspace)
    plant(paths, 60, KINDS, machine(), sandboxed=True)
    workspace.stop.touch()
    until(lambda: dead(paths), "the tree dies")
    until(lambda: (told := kill_switch.notes(workspace)) is not None and bool(told.killed), "STOP tells it")
    told = kill_switch.notes(workspace)
    assert told is not None
    assert told.by == "file"
    assert [r.build for r in told.killed] == ["b-1"]


def test_the_kill_switch_works_while_the_engine_is_stopped(hung_engine):
    """With the engine under SIGSTOP the kill switch kills from any other process."""
    workspace, engine = hung_engine
    paths = build_in(workspace)
    plant(paths, 60, KINDS, machine(), sandboxed=True)
    engine.send_signal(signal.SIGSTOP)
    kill_switch.engage(workspace, "operator:test", "it hangs")
    assert dead(paths)


def test_a_tree_dies_while_it_still_grows(workspace):
    """Killed at any moment between its spawn and its full size, a tree leaves nothing behind."""
    for number, on in enumerate([machine(), plain_machine()] * 6):
        paths = build_in(workspace, f"b-{number}")
        shutil.copy(TREE, paths.work / "tree.py")
        (paths.work / "alive").touch()
        start(paths, f"exec /usr/bin/python3 tree.py . 60 {KINDS}", on)
        time.sleep(number * 0.008)
        report = kill.kill_build(paths)
        assert report.found, number
        assert report.survivors == ()
        assert dead(paths), number


def test_a_second_kill_finds_nothing(workspace):
    """Once a build is dead, a kill says that nothing was found, and does no harm."""
    paths = build_in(workspace)
    plant(paths, 20, KINDS, machine(), sandboxed=True)
    assert kill.kill_build(paths).found
    again = kill.kill_build(paths)
    assert not again.found
    assert again.how == ()


def test_the_watch_is_still_there_after_a_release(workspace):
    """STOP kills, is released, and kills again when it comes back."""
    told: list[int] = []
    watch = StopWatch(workspace, lambda reports: told.append(len(reports)))
    watch.start()
    try:
        for number in (1, 2):
            paths = build_in(workspace, f"b-{number}")
            plant(paths, 12, KINDS, machine(), sandboxed=True)
            workspace.stop.touch()
            until(lambda: len(told) >= number, "the watch tells")  # noqa: B023 - called before the next round
            assert dead(paths)
            kill_switch.release(workspace)
    finally:
        watch.close()
    assert told == [1, 1]
