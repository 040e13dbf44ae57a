"""Short programs: a clean environment, an end in time, bounded output."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from engine.work.programs import Output, ProgramFailed, clean_environment, detach, run, run_sync

ENV = clean_environment()


def start(*argv: str, cwd: Path = Path("/"), **more) -> Output:
    return asyncio.run(run(argv, cwd=cwd, env=ENV, **more))


def attempt(argv, cwd: Path, *, sync: bool, **more) -> Output:
    return run_sync(argv, cwd=cwd, env=ENV, **more) if sync else start(*argv, cwd=cwd, **more)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def until(condition, timeout_s: float = 10.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_output_and_exit_code_come_back():
    """Both streams and the exit code are kept apart."""
    assert start("sh", "-c", "echo out; echo err >&2; exit 3") == Output(3, b"out\n", b"err\n")


def test_input_is_bytes_or_a_file(tmp_path):
    """A program is fed from memory and from a file alike, and nothing means an empty input."""
    (tmp_path / "in").write_bytes(b"from a file" * 100_000)
    assert start("cat", stdin=b"from memory").out == b"from memory"
    assert start("cat", stdin=tmp_path / "in").out == b"from a file" * 100_000
    assert start("cat").out == b""


def test_a_program_that_does_not_read_is_no_failure():
    """Input that nobody reads is dropped; the exit code tells."""
    assert start("true", stdin=b"x" * 1_000_000).code == 0


def test_a_sink_gets_everything_and_nothing_is_kept():
    """Output of any length can be digested piece by piece."""
    sizes: list[int] = []
    output = start("head", "-c", "3000000", "/dev/zero", sink=lambda chunk: sizes.append(len(chunk)))
    assert (sum(sizes), output.out, output.cut) == (3_000_000, b"", False)


def test_endless_output_is_cut_and_its_program_stopped():
    """A program that prints for ever is ended once enough is kept."""
    output = start("yes", keep_bytes=1000)
    assert len(output.out) == 1000
    assert output.cut


def test_the_environment_is_clean(monkeypatch):
    """Nothing of the operator's environment reaches a program, and PATH has no relative entries."""
    monkeypatch.setenv("SECRET", "key")
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}:bin")
    env = clean_environment(MORE="1")
    told = asyncio.run(run(["env"], cwd=Path("/"), env=env)).out.decode()
    assert "SECRET" not in told
    assert "HOME=/nonexistent" in told
    assert "MORE=1" in told
    assert all(entry.startswith("/") for entry in env["PATH"].split(":"))


def test_a_program_named_in_the_current_folder_is_not_run(tmp_path, monkeypatch):
    """A PATH with a dot in it does not make a program of whatever the folder holds."""
    tripwire = tmp_path / "ran"
    (tmp_path / "true").write_text(f"#!/bin/sh\ntouch {tripwire}\n")
    (tmp_path / "true").chmod(0o755)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    assert asyncio.run(run(["true"], cwd=tmp_path, env=clean_environment())).code == 0
    assert not tripwire.exists()


@pytest.mark.parametrize("sync", [False, True])
def test_what_takes_too_long_is_killed_with_its_children(tmp_path, sync):
    """A time limit ends the program and the processes that it started."""
    command = ("sh", "-c", "sleep 100 & echo $! > child; wait")
    with pytest.raises(ProgramFailed, match=r"did not end within 0\.5 s"):
        attempt(command, tmp_path, sync=sync, timeout_s=0.5)
    child = int((tmp_path / "child").read_text())
    assert until(lambda: gone(child))


def test_a_cancelled_program_is_dead(tmp_path):
    """Whoever stops waiting leaves no process behind."""

    async def cancelled() -> None:
        started = asyncio.Event()

        def note(chunk: bytes) -> None:
            (tmp_path / "pid").write_bytes(chunk)
            started.set()

        command = ["sh", "-c", "echo $$; exec sleep 100"]
        task = asyncio.get_running_loop().create_task(run(command, cwd=tmp_path, env=ENV, sink=note))
        await started.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("sync", [False, True])
def test_a_missing_program_and_a_missing_folder_are_told_apart(tmp_path, sync):
    """The text says which of the two is not there."""

    with pytest.raises(ProgramFailed, match="no-such-program is not installed"):
        attempt(["no-such-program"], tmp_path, sync=sync)
    with pytest.raises(ProgramFailed, match="gone is gone"):
        attempt(["true"], tmp_path / "gone", sync=sync)


def test_without_a_loop_a_program_runs_the_same():
    """The blocking form answers like the other one."""
    assert run_sync(["sh", "-c", "cat; exit 2"], cwd=Path("/"), env=ENV, stdin=b"in") == Output(2, b"in", b"")


def test_the_loop_goes_on_while_a_program_runs():
    """Waiting for a program blocks nobody else."""

    async def both() -> list[str]:
        order: list[str] = []

        async def program() -> None:
            await run(["sleep", "0.3"], cwd=Path("/"), env=ENV)
            order.append("program")

        async def other() -> None:
            await asyncio.sleep(0)
            order.append("other")

        await asyncio.gather(program(), other())
        return order

    assert asyncio.run(both()) == ["other", "program"]


# Whoever detaches a program ends before it and cannot wait for it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_detached_program_lives_on_by_itself(tmp_path):
    """It has a session of its own, and what it prints is added to the log."""
    log = tmp_path / "log"
    log.write_text("before\n")
    detach([sys.executable, "-c", "import os; print(os.getsid(0), flush=True)"], tmp_path, log)
    assert until(lambda: len(log.read_text().splitlines()) == 2)
    before, session = log.read_text().splitlines()
    assert before == "before"
    assert int(session) != os.getsid(0)
