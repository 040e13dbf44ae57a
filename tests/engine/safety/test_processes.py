"""Processes named so that a reused pid is never mistaken."""

import os
import signal
import subprocess
from pathlib import Path

import msgspec
import pytest

from engine.safety import processes
from tests.engine.work.running import until


@pytest.fixture
def sleeper():
    """A process that does nothing, marked with a token and a build."""
    env = {"MIDWATCH_TOKEN": "t-123", "MIDWATCH_BUILD": "/b"}
    with subprocess.Popen(["sleep", "1000"], env=env) as process:
        yield process
        process.kill()


def test_an_identity_is_that_of_one_process(sleeper):
    """A process is alive by its own identity, and by no other start time or boot."""
    identity = processes.identify(sleeper.pid)
    assert identity is not None
    assert processes.alive(identity)
    replaced = [{"start_ticks": identity.start_ticks + 1}, {"boot": "another"}, {"pid": os.getpid()}]
    for other in (msgspec.structs.replace(identity, **change) for change in replaced):
        assert not processes.alive(other)
        assert processes.open_pidfd(other) is None


def test_a_dead_process_is_not_alive(sleeper):
    """A process that waits to be reaped has ended; its pidfd says so at once."""
    identity = processes.identify(sleeper.pid)
    assert identity is not None
    fd = processes.open_pidfd(identity)
    assert fd is not None
    assert processes.any_running([fd])
    assert not processes.wait_all([fd], 0.01)
    processes.send(fd, signal.SIGKILL)
    assert processes.wait_all([fd], 5)
    assert not processes.any_running([fd])
    assert not processes.alive(identity)
    assert processes.identify(sleeper.pid) is None
    sleeper.wait()
    processes.send(fd, signal.SIGKILL)
    assert processes.open_pidfd(identity) is None
    os.close(fd)


def test_a_name_with_brackets_and_blanks_is_read(tmp_path):
    """What a process calls itself does not confuse what is read of it."""
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "1000"]) as process:
        until(lambda: b") Z" in Path(f"/proc/{process.pid}/comm").read_bytes(), "it has its name")
        found = processes.stat(process.pid)
        process.kill()
    assert found is not None
    assert (found.parent, found.dead) == (os.getpid(), False)


def test_a_token_finds_the_outermost_process():
    """Of the processes that carry a token, the one that the others come from is found."""
    env = {"MIDWATCH_TOKEN": "t-456", "PATH": os.environ["PATH"]}
    with subprocess.Popen(["/bin/sh", "-c", "sleep 1000 & wait"], env=env) as process:
        until(lambda: sum(processes.carries(p, b"MIDWATCH_TOKEN=t-456") for p in processes.pids()) == 2, "both run")
        found = processes.find_by_token("t-456")
        os.kill(next(s.pid for s in processes.all_stats().values() if s.parent == process.pid), 9)
        process.kill()
    assert found is not None
    assert found.pid == process.pid


def test_a_token_is_found_whole_or_not_at_all(sleeper):
    """A part of a token, or one that nobody carries, finds nothing."""
    assert processes.find_by_token("t-123") == processes.identify(sleeper.pid)
    assert processes.find_by_token("t-12") is None
    assert processes.find_by_token("t-1234") is None


def test_a_build_is_marked_by_its_real_path(tmp_path):
    """The same folder has the same mark, by whatever link one comes to it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert processes.build_entry(tmp_path / "link") == processes.build_entry(tmp_path / "real")


def test_nobody_is_no_process():
    """A pid that is not taken has no figures and no environment."""
    nobody = 2**22 + 1
    assert processes.stat(nobody) is None
    assert processes.environ(nobody) == ()
    assert processes.outermost([]) is None
