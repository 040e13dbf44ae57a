"""Runs short programs with a clean environment, a time limit and bounded output."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from state.errors import MidwatchError

DEFAULT_TIMEOUT_S = 600.0
_CHUNK = 1 << 16
_KEEP = 64 << 20


class ProgramFailed(MidwatchError):
    """A program is missing, was not started or did not end in time."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a program answered: its exit code (negative: minus the signal that ended it) and what it printed."""

    code: int
    out: bytes
    err: bytes
    cut: bool = False
    """Whether it had more to print than was kept; it was then stopped."""


def clean_environment(**more: str) -> dict[str, str]:
    """Return an environment that owes nothing to the operator's, except where programs are found.

    Relative entries of PATH are dropped: they would name programs in whatever folder a program happens to stand.
    """
    path = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry.startswith("/")]
    return {"PATH": os.pathsep.join(path), "HOME": "/nonexistent", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **more}


async def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes | Path = b"",
    sink: Callable[[bytes], None] | None = None,
    keep_bytes: int = _KEEP,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Output:
    """Run a program to its end without blocking the loop.

    `stdin` is bytes or a file. Standard output goes to `sink` piece by piece where there is one (`Output.out` is then
    empty); otherwise at most `keep_bytes` of it are kept, and a program that prints more is stopped (`Output.cut`).
    Raises ProgramFailed when it cannot start or takes longer than `timeout_s` seconds. When it is left early, by an
    error or a cancellation, the program and all of its process group are dead.
    """
    source = stdin.open("rb") if isinstance(stdin, Path) else None
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=source or (asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(argv, cwd, error) from error
    finally:
        if source is not None:
            source.close()
    assert process.stdout is not None
    assert process.stderr is not None
    kept = _Kept(keep_bytes, sink, lambda: _end(process))
    complaints = _Kept(_CHUNK, None, lambda: None)
    try:
        async with asyncio.timeout(timeout_s):
            await asyncio.gather(
                _feed(process.stdin, stdin if isinstance(stdin, bytes) else b""),
                kept.drain(process.stdout),
                complaints.drain(process.stderr),
                process.wait(),
            )
    except TimeoutError as error:
        raise _too_slow(argv, timeout_s) from error
    finally:
        _end(process)
        await process.wait()
    assert process.returncode is not None
    return Output(process.returncode, bytes(kept.data), bytes(complaints.data), kept.cut)


def run_sync(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Output:
    """Run a program to its end where no loop runs. Raises ProgramFailed like `run`; keeps all that is printed."""
    try:
        with subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(stdin, timeout=timeout_s)
            except subprocess.TimeoutExpired as error:
                raise _too_slow(argv, timeout_s) from error
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
    except OSError as error:
        raise _not_started(argv, cwd, error) from error
    return Output(process.returncode, out, err)


def detach(argv: Sequence[str], cwd: Path, log: Path) -> None:
    """Start a program that outlives this one and its terminal; what it prints goes to the end of `log`."""
    with log.open("ab") as output:
        subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


class _Kept:
    """What one stream printed, as far as it is kept."""

    def __init__(self, limit: int, sink: Callable[[bytes], None] | None, full: Callable[[], None]) -> None:
        self.data = bytearray()
        self.cut = False
        self._limit = limit
        self._sink = sink
        self._full = full

    async def drain(self, stream: asyncio.StreamReader) -> None:
        """Read to the end, whatever is kept: a full pipe would stop the program."""
        while chunk := await stream.read(_CHUNK):
            if self._sink is not None:
                self._sink(chunk)
                continue
            room = self._limit - len(self.data)
            self.data += chunk[:room]
            if len(chunk) > room and not self.cut:
                self.cut = True
                self._full()


async def _feed(stream: asyncio.StreamWriter | None, data: bytes) -> None:
    if stream is None:
        return
    try:
        stream.write(data)
        await stream.drain()
        stream.close()
        await stream.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return  # It ended without reading everything; its exit code says whether that is a failure.


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _not_started(argv: Sequence[str], cwd: Path, error: OSError) -> ProgramFailed:
    if not cwd.is_dir():
        return ProgramFailed(f"{cwd} is gone: {argv[0]} cannot run there")
    if isinstance(error, FileNotFoundError):
        return ProgramFailed(f"{argv[0]} is not installed: install it, then try again")
    return ProgramFailed(f"{argv[0]} cannot be started: {error.strerror}")


def _too_slow(argv: Sequence[str], timeout_s: float) -> ProgramFailed:
    return ProgramFailed(f"`{' '.join(argv[:2])}` did not end within {timeout_s:g} s and was stopped")
