"""Starting builds, waiting for their end, reading what came of them."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from engine.safety import kill, processes, record
from engine.work import process
from engine.work.sandbox import SpawnRefused
from tests.descriptors import nothing_left_open
from tests.engine.work.running import (
    PATIENCE_S,
    build_in,
    confine,
    machine,
    plain_machine,
    run,
    start,
    until,
    until_file,
)

ROOT = Path(__file__).parent.parent.parent.parent
both = pytest.mark.parametrize("sandboxed", [True, False], ids=["sandboxed", "unsandboxed"])


@pytest.fixture
def paths(workspace):
    """A build's folder."""
    return build_in(workspace)


@both
@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 42", 42), ("kill -KILL $$", 137), ("nosuch", 127)])
def test_the_exit_code_is_the_commands(paths, sandboxed, command, code):
    """Whatever way the command ends, its exit code is read as a shell would tell it."""
    assert run(paths, command, sandboxed=sandboxed) == code
    assert process.started(paths)


@both
def test_output_is_appended_and_there_is_no_input(paths, sandboxed):
    """Both streams of a command go to one file, after what is there already; its input is empty."""
    paths.output.write_text("before\n")
    run(paths, "pwd; cat; echo wrong >&2", sandboxed=sandboxed)
    folder = "/work" if sandboxed else str(paths.work)
    assert paths.output.read_text() == f"before\n{folder}\nwrong\n"


def test_a_process_is_found_by_its_record_before_it_shows_its_marks(paths):
    """A process that carries no mark yet is the spawn's all the same when the record of this token names it."""
    bare = subprocess.Popen(["sleep", "60"], env={})
    try:
        identity = processes.identify(bare.pid)
        assert identity is not None
        told = record.ProcessRecord(build="b-1", token="t-1", process=identity, sandboxed=True, time_s=60.0)
        record.write(paths, told)
        assert process.find(paths, "t-1") == identity
        assert process.find(paths, "t-2") is None
    finally:
        bare.kill()
        bare.wait()
    assert process.find(paths, "t-1") is None


@both
def test_spawning_does_not_wait(paths, sandboxed):
    """A spawn returns while the command runs, alive and findable by its token, and nothing of it stays."""
    c = confine(paths, "touch up; until test -e go; do sleep 0.01; done", sandboxed=sandboxed)
    identity = process.spawn(c, paths, machine())
    until_file(paths.work / "up")
    assert process.alive(identity)
    assert process.find_by_token(c.token) == identity
    assert process.exit_code(paths) is None
    (paths.work / "go").touch()
    assert process.wait_ended(identity, paths, PATIENCE_S)
    assert not process.alive(identity)
    assert process.find_by_token(c.token) is None
    assert not [g for parent in machine().groups for g in Path(parent.path).glob(f"*{c.token}")]


@both
def test_time_runs_out(paths, sandboxed):
    """A build that takes longer than its limit is ended, and it is known that this was why."""
    assert run(paths, "echo hello; sleep 1000", sandboxed=sandboxed, limits={"time_s": 0.2}) is None
    assert process.out_of_time(paths)


@both
def test_a_kill_is_not_a_lack_of_time(paths, sandboxed):
    """A killed build did not run out of time, and one that claims so but ended by itself did not either."""
    start(paths, "sleep 1000", sandboxed=sandboxed)
    kill.kill_build(paths)
    assert not process.out_of_time(paths)
    claim = "echo 'timeout: sending signal KILL to command'"
    assert run(paths, claim, sandboxed=sandboxed) == 0
    assert not process.out_of_time(paths)


@both
def test_the_loop_waits_without_polling(paths, sandboxed):
    """`ended` returns once a build is over, reaps it, and lets the loop do other things meanwhile."""

    async def scene() -> int:
        identity = start(paths, "until test -e go; do sleep 0.01; done", sandboxed=sandboxed)
        waiting = asyncio.ensure_future(process.ended(identity, paths))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        (paths.work / "go").touch()
        await asyncio.wait_for(waiting, PATIENCE_S)
        return identity.pid

    pid = asyncio.run(scene())
    assert processes.stat(pid) is None
    assert process.exit_code(paths) == 0


def test_a_build_that_is_gone_has_ended(paths):
    """`ended` returns at once for a build that nobody knows any more, such as one from before a restart."""
    identity = start(paths, "true")
    process.wait_ended(identity, paths, PATIENCE_S)
    asyncio.run(asyncio.wait_for(process.ended(identity, paths), 2))
    other_boot = msgspec.structs.replace(identity, pid=os.getpid(), boot="another")
    asyncio.run(asyncio.wait_for(process.ended(other_boot, paths), 2))


def test_a_build_of_another_process_is_waited_for(paths):
    """A build that somebody else spawned is adopted by its identity, and its end is seen."""
    code = (
        "import sys; from pathlib import Path; from state.files import BuildPaths\n"
        "from tests.engine.work.running import start\n"
        "i = start(BuildPaths(Path(sys.argv[1])), 'until test -e go; do sleep 0.01; done; exit 6')\n"
        "print(i.pid, i.start_ticks, i.boot)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, paths.root], cwd=ROOT, check=True, capture_output=True, text=True
    )
    pid, ticks, boot = told.stdout.split()
    identity = process.Identity(pid=int(pid), start_ticks=int(ticks), boot=boot)
    assert process.alive(identity)
    (paths.work / "go").touch()
    asyncio.run(asyncio.wait_for(process.ended(identity, paths), PATIENCE_S))
    assert process.exit_code(paths) == 6


@both
def test_nothing_starts_while_stop_is_there(workspace, paths, sandboxed):
    """With STOP in the workspace a spawn is refused and the command never begins."""
    workspace.stop.touch()
    c = confine(paths, "touch up", sandboxed=sandboxed)
    with pytest.raises(SpawnRefused, match="kill switch"):
        process.spawn(c, paths, machine())
    assert process.find_by_token(c.token) is None
    assert not paths.process.exists()
    assert not process.started(paths)
    assert not (paths.work / "up").exists()
    assert not [g for parent in machine().groups for g in Path(parent.path).glob(f"*{c.token}")]


@both
def test_whoever_dies_while_spawning_leaves_nothing(paths, sandboxed):
    """Killed before the record is written, a spawner leaves no command behind that nobody knows of."""
    code = (
        "import os, sys; from pathlib import Path; from state.files import BuildPaths\n"
        "from tests.engine.work.running import start\n"
        "from engine.safety import record\n"
        "record.write = lambda *a: os.kill(os.getpid(), 9)\n"
        f"start(BuildPaths(Path(sys.argv[1])), 'touch up', sandboxed={sandboxed})"
    )
    died = subprocess.run([sys.executable, "-c", code, paths.root], cwd=ROOT)
    assert died.returncode == -9
    entry = processes.build_entry(paths.root)
    until(lambda: not any(processes.carries(pid, entry) for pid in processes.pids()), "the gate gives up")
    assert not (paths.work / "up").exists()
    assert not process.started(paths)


def test_without_a_sandbox_nothing_starts_that_needs_one(paths):
    """Where no sandbox can be made a build is refused, and the reason is told."""
    broken = msgspec.structs.replace(machine(), trouble="no user namespaces here")
    with pytest.raises(SpawnRefused, match="no user namespaces here"):
        process.spawn(confine(paths, "touch up"), paths, broken)
    assert not paths.output.exists()


def test_a_sandbox_that_cannot_be_made_runs_nothing(paths):
    """When bubblewrap fails, the command has not begun, and the output says what was wrong."""
    c = msgspec.structs.replace(confine(paths, "touch up"), work=str(paths.work / "nosuch"))
    identity = process.spawn(c, paths, machine())
    process.wait_ended(identity, paths, PATIENCE_S)
    assert process.exit_code(paths) is None
    assert not process.out_of_time(paths)
    assert "nosuch" in paths.output.read_text()


def test_a_folder_that_is_gone_is_told(workspace):
    """A build without a folder is refused with the system's words."""
    paths = workspace.build("b-9")
    with pytest.raises(SpawnRefused, match="No such file"):
        process.spawn(confine(paths, "true"), paths, machine())


def test_a_folder_can_be_used_again(paths):
    """A second spawn in the same folder forgets what the first one left."""
    start(paths, "sleep 1000")
    kill.kill_build(paths)
    assert kill.killed(paths) is not None
    assert run(paths, "exit 8") == 8
    assert kill.killed(paths) is None


@pytest.mark.parametrize("on", [machine, plain_machine], ids=["groups", "no groups"])
@both
def test_processor_time_is_that_of_the_whole_tree(paths, sandboxed, on):
    """Processor time counts what a command's children use, and those that have ended."""
    burn = "/usr/bin/python3 -c 'import time\nwhile time.process_time() < 0.15: pass'"
    identity = start(paths, f"{burn}; (setsid {burn}; touch up; sleep 1000) & wait", on(), sandboxed=sandboxed)
    until_file(paths.work / "up")
    # Twice 0.15 s, less what is lost where time is counted in ticks.
    assert 0.25 <= process.cpu_seconds(identity) < 5
    kill.kill_build(paths)
    assert process.cpu_seconds(identity) == 0.0


@pytest.mark.parametrize("on", [machine, plain_machine], ids=["groups", "no groups"])
def test_builds_run_at_idle_priority(paths, on):
    """A build asks for the processor only when nobody else does, by its control group or else by its policy."""
    start(paths, "touch up; sleep 1000", on())
    until_file(paths.work / "up")
    pid = int(paths.status.read_text().split('"child-pid":')[1].split(",")[0])
    known = record.read(paths)
    assert known is not None
    if any("cpu" in parent.controls for parent in on().groups):
        (group,) = (Path(g) for g in known.groups if Path(g, "cpu.idle").exists())
        assert (group / "cpu.idle").read_text().strip() == "1"
        assert str(pid) in (group / "cgroup.procs").read_text().split()
    else:
        assert os.sched_getscheduler(pid) == os.SCHED_IDLE


def test_spawning_again_and_again_leaks_nothing(paths):
    """Twenty builds later this process holds as many descriptors and children as before."""

    def zombies() -> set[int]:
        return {s.pid for s in processes.all_stats().values() if s.parent == os.getpid() and s.state == "Z"}

    run(paths, "true")
    dead_before = zombies()
    with nothing_left_open():
        for _ in range(20):
            run(paths, "true", sandboxed=False)
    assert zombies() <= dead_before
