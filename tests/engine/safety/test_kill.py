"""Ending builds with all that they started."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.safety import kill, processes
from engine.work import process
from state.files import BuildPaths
from tests.engine.work.running import PATIENCE_S, build_in, machine, plain_machine, start, until, until_file

both = pytest.mark.parametrize("sandboxed", [True, False], ids=["sandboxed", "unsandboxed"])
machines = pytest.mark.parametrize("on", [machine, plain_machine], ids=["groups", "no groups"])


@pytest.fixture
def paths(workspace):
    """A build's folder."""
    return build_in(workspace)


@both
@machines
def test_a_kill_is_told_in_full(paths, sandboxed, on):
    """A kill says what it found, how it ended it and how long that took, and leaves this beside the build."""
    identity = start(paths, "touch up; sleep 1000", on(), sandboxed=sandboxed)
    until_file(paths.work / "up")
    report = kill.kill_build(paths)
    assert report.build == "b-1"
    assert report.found
    assert report.how
    assert report.ms > 0
    assert report.survivors == ()
    assert not processes.alive(identity)
    assert kill.killed(paths) == report


@both
@machines
def test_grace_lets_a_build_end_by_itself(paths, sandboxed, on):
    """Asked to end, a command may put its house in order, and its exit code is its own."""
    command = 'trap "touch tidy; exit 9" TERM; touch up; while :; do sleep 0.02; done'
    identity = start(paths, command, on(), sandboxed=sandboxed)
    until_file(paths.work / "up")
    report = kill.kill_build(paths, grace_s=PATIENCE_S)
    assert report.how[0] == "asked to end"
    assert report.ms < PATIENCE_S * 1000
    assert (paths.work / "tidy").exists()
    process.wait_ended(identity, paths, PATIENCE_S)
    assert process.exit_code(paths) == 9


@both
def test_grace_ends(paths, sandboxed):
    """What ignores the request is killed when the grace period is over, and not before."""
    identity = start(paths, 'trap "" TERM; touch up; while :; do sleep 0.02; done', sandboxed=sandboxed)
    until_file(paths.work / "up")
    report = kill.kill_build(paths, grace_s=0.2)
    assert report.ms >= 200
    assert report.survivors == ()
    assert not processes.alive(identity)


def test_grace_reaches_the_stopped(paths):
    """A stopped process is woken, so that it hears the request."""
    command = 'trap "touch tidy; exit 0" TERM; touch up; kill -STOP $$; while :; do sleep 0.02; done'
    start(paths, command)
    until_file(paths.work / "up")
    until(lambda: any(s.state == "T" for s in processes.all_stats().values()), "it has stopped")
    kill.kill_build(paths, grace_s=PATIENCE_S)
    assert (paths.work / "tidy").exists()


@both
@machines
def test_a_kill_at_once_after_the_spawn(paths, sandboxed, on):
    """A build is dead also when it is killed before its supervisor has said anything."""
    identity = start(paths, "sleep 1000", on(), sandboxed=sandboxed)
    report = kill.kill_build(paths)
    assert report.found
    assert report.survivors == ()
    assert process.wait_ended(identity, paths, 0)


def test_a_build_that_never_ran_is_not_found(workspace, paths):
    """An empty folder, or none at all, is killed without a complaint."""
    for empty in (paths, workspace.build("nosuch")):
        report = kill.kill_build(empty)
        assert not report.found
        assert report.how == ()
        assert kill.killed(empty) is None


def test_an_ended_build_is_not_found(paths):
    """A build that ended by itself is not reported as killed, reaped or not."""
    identity = start(paths, "true")
    entry = processes.build_entry(paths.root)
    until(lambda: not any(processes.carries(pid, entry) for pid in processes.pids()), "its supervisors are gone")
    # The processes that it left in its namespace take another moment to be gone.
    until(lambda: not kill.kill_build(paths).found, "nothing of it is left")
    assert processes.stat(identity.pid) is not None
    kill.forget(paths)
    process.wait_ended(identity, paths, PATIENCE_S)
    assert not kill.kill_build(paths).found
    assert kill.killed(paths) is None


def test_all_builds_are_ended_and_nobody_else(workspace, tmp_path):
    """All of one workspace's builds die, those in a folder within a build's too, and no other workspace's."""
    other = build_in(type(workspace)(tmp_path / "other"))
    inner = BuildPaths(workspace.build("b-1").root / "verify")
    inner.work.mkdir(parents=True)
    spared = start(other, "sleep 1000")
    try:
        dying = [
            start(build_in(workspace, "b-2"), "sleep 1000"),
            start(build_in(workspace, "b-3"), "sleep 1000", sandboxed=False),
            start(inner, "sleep 1000"),
        ]
        reports = kill.kill_all(workspace)
        assert sorted(r.build for r in reports) == ["b-2", "b-3", "verify"]
        assert not any(map(processes.alive, dying))
        assert processes.alive(spared)
        assert kill.kill_until_none(workspace) == ()
    finally:
        kill.kill_build(other)


def test_a_workspace_without_builds_has_none_to_kill(workspace):
    """No builds, or not even a folder for them, is nothing to kill."""
    assert kill.kill_all(workspace) == ()
    shutil.rmtree(workspace.builds)
    assert kill.kill_until_none(workspace) == ()


def test_a_folder_that_is_gone_does_not_save_a_build(workspace, paths):
    """With its whole folder deleted, a build is still found and killed."""
    identity = start(paths, "touch up; sleep 1000")
    until_file(paths.work / "up")
    shutil.rmtree(paths.root)
    (report,) = kill.kill_until_none(workspace)
    assert report.survivors == ()
    assert not processes.alive(identity)


def test_clearing_ends_what_was_left(paths):
    """What an ended build without a sandbox left running is ended, and that is no kill."""
    identity = start(paths, "setsid sleep 1000 & echo $! > left", sandboxed=False)
    assert process.wait_ended(identity, paths, PATIENCE_S)
    pid = int((paths.work / "left").read_text())
    assert processes.identify(pid) is None
    assert kill.killed(paths) is None


def test_a_report_that_cannot_be_left_is_no_failure(paths):
    """A kill works although its report cannot be written."""
    (paths.root / "killed.json.new").mkdir()
    start(paths, "sleep 1000")
    report = kill.kill_build(paths)
    assert report.survivors == ()
    assert kill.killed(paths) is None


def test_a_kill_without_an_engine_from_a_shell(paths):
    """Another process, with nothing but the folder to go by, kills a build."""
    identity = start(paths, "sleep 1000")
    code = (
        "import sys; from pathlib import Path; from engine.safety import kill; from state.files import BuildPaths\n"
        "sys.exit(bool(kill.kill_build(BuildPaths(Path(sys.argv[1]))).survivors))"
    )
    subprocess.run([sys.executable, "-c", code, paths.root], cwd=Path(__file__).parent.parent.parent.parent, check=True)
    assert not processes.alive(identity)
