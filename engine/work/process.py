"""Starts a build's processes, waits for their end without owning them, reads what came of them."""

import os
import shlex
import signal
from pathlib import Path

from engine.safety import groups, kill, processes, record, status
from engine.safety.processes import Identity, alive, find_by_token
from engine.safety.record import ProcessRecord
from engine.safety.tree import Tree
from engine.work import cgroup, devices, sandbox
from engine.work.sandbox import Confinement, Machine, SpawnRefused
from engine.work.seats.seat import SEALED_FD, Seat
from state.files import HIDDEN, BuildPaths

__all__ = [
    "Identity",
    "alive",
    "cpu_seconds",
    "ended",
    "exit_code",
    "find",
    "find_by_token",
    "out_of_time",
    "spawn",
    "started",
    "wait_ended",
]

_TAIL_BYTES = 4096


def spawn(c: Confinement, paths: BuildPaths, machine: Machine, seat: Seat | None = None) -> Identity:
    """Start a build and return at once; SpawnRefused, and nothing runs, when something stands in the way.

    `seat` is a place that waits for it under the confinement's own token; it is used up or abandoned, come what may.
    The command begins only after the process record is on disk and no STOP file was seen after that. So a kill
    switch finds either the record or nothing to kill, and a caller that dies on the way leaves nothing behind.
    """
    try:
        _check(c, paths, machine)
        seat = seat or Seat(machine, c.token, idle=c.idle_priority)
        return _spawn(c, paths, machine, seat)
    except OSError as error:
        raise SpawnRefused(f"build {c.build} was not started: {error}") from error
    finally:
        if seat is not None and not seat.gone:
            seat.abandon()


def find(paths: BuildPaths, token: str) -> Identity | None:
    """Return the outermost process of the spawn with this token; None when it does not run.

    Its record, which is there before the command may begin, counts first: at the moment of its start a process may not
    show its marks yet, and on a busy machine that moment is long.
    """
    known = record.read(paths)
    if known is not None and known.token == token and alive(known.process):
        return known.process
    return find_by_token(token)


def _spawn(c: Confinement, paths: BuildPaths, machine: Machine, seat: Seat) -> Identity:
    for stale in (paths.status, paths.process):
        stale.unlink(missing_ok=True)
    kill.forget(paths)
    try:
        _order(c, paths, machine, seat)
        identity = processes.identify(seat.pid)
        if identity is None:
            raise SpawnRefused(f"build {c.build} was not started: {paths.output} says why")
        record.write(
            paths,
            ProcessRecord(
                build=c.build,
                token=c.token,
                process=identity,
                sandboxed=c.sandboxed,
                groups=seat.groups,
                time_s=c.limits.time_s,
            ),
        )
        stop = record.stop_path(paths)
        if stop is not None and os.path.lexists(stop):
            raise SpawnRefused(f"build {c.build} was not started: the kill switch is engaged ({stop})")
        seat.let_go()
    except BaseException:
        paths.process.unlink(missing_ok=True)
        raise
    return identity


def _order(c: Confinement, paths: BuildPaths, machine: Machine, seat: Seat) -> None:
    """Turn a seat into the build's own gate."""
    # Made here, since the command's own mask would decide who may read it.
    os.close(os.open(paths.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
    own_devices = {}
    if c.sandboxed and devices.make(paths.root / "dev"):
        own_devices = {name: str(paths.root / "dev" / name) for name in devices.NUMBERS}
    own = {} if c.sandboxed else sandbox.environment(c, os.path.expanduser("~"))
    marks = {processes.BUILD_VARIABLE: os.path.realpath(paths.root)}
    lines = [f"exec >>{shlex.quote(str(paths.output))} 2>&1"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in {**own, **marks}.items()]
    lines.append(f"cd {shlex.quote('/' if c.sandboxed else c.work)} || exit 125")
    closed = "" if c.sandboxed else f" {SEALED_FD}<&-"
    lines.append(f"exec {shlex.join(sandbox.argv(c, machine, str(paths.status), SEALED_FD))}{closed}")
    seat.order("\n".join(lines), sandbox.sealed(c, machine, own_devices) if c.sandboxed else b"", c.limits)


def _check(c: Confinement, paths: BuildPaths, machine: Machine) -> None:
    """Raise SpawnRefused for what must not be started at all."""
    if c.sandboxed and machine.trouble:
        raise SpawnRefused(f"build {c.build} was not started, because no sandbox can be made: {machine.trouble}")
    if not c.sandboxed:
        return
    hidden = next((p for p in Path(os.path.realpath(paths.root)).parents if p.name == HIDDEN), None)
    for mount in c.mounts:
        host = Path(os.path.realpath(mount.host))
        if hidden is not None and (hidden == host or host in hidden.parents):
            # Read-only is no protection: a socket that can be seen can be connected to.
            raise SpawnRefused(
                f"build {c.build} was not started: [sandbox] read = {mount.host!r} would show it the engine's socket "
                f"in {hidden}; name folders that do not hold the workspace"
            )


async def ended(i: Identity, paths: BuildPaths) -> None:
    """Wait until a build is over and nothing of it runs any more, then clear up after it.

    Sleeps on a pidfd, so it works for a build that another process spawned; one that is ours is reaped.
    """
    import asyncio  # as for `_readable`

    fd = processes.open_pidfd(i)
    if fd is not None:
        try:
            await _readable(fd)
            _reap(fd)
        finally:
            os.close(fd)
    known = record.read(paths)
    with Tree(paths, known) as tree:
        # What the command left running ends with it.
        if tree.init is not None:
            processes.send(tree.init, signal.SIGKILL)
            await _readable(tree.init)
    if known is not None and groups.deserted(known.groups):
        left = groups.remove(known.groups)
        if left:
            await asyncio.to_thread(groups.remove, left, timeout_s=0.2)
    else:
        # Dying takes a moment, and the builds beside this one must not wait for that.
        await asyncio.to_thread(_clear_up, paths)


def wait_ended(i: Identity, paths: BuildPaths, timeout_s: float) -> bool:
    """Do what `ended` does, without a loop; return False when `timeout_s` is over first."""
    fd = processes.open_pidfd(i)
    if fd is not None:
        try:
            if not processes.wait_all([fd], timeout_s):
                return False
            _reap(fd)
        finally:
            os.close(fd)
    with Tree(paths, record.read(paths)) as tree:
        if tree.init is not None:
            processes.send(tree.init, signal.SIGKILL)
            processes.wait_all([tree.init], timeout_s)
    _clear_up(paths)
    return True


def _clear_up(paths: BuildPaths) -> None:
    known = record.read(paths)
    if known is None:
        return
    if not known.sandboxed or not started(paths):
        # No namespace that could have taken everything with it.
        kill.clear(paths)
    groups.remove(known.groups, timeout_s=0.2)


async def _readable(fd: int) -> None:
    import asyncio  # verbs that try the sandbox wait without a loop, and come up without it

    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)


def _reap(fd: int) -> None:
    try:
        os.waitid(os.P_PIDFD, fd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        # Another process's child, or reaped already.
        return


def started(paths: BuildPaths) -> bool:
    """Whether the command may have begun."""
    return status.child_pid(paths) is not None


def exit_code(paths: BuildPaths) -> int | None:
    """Return the command's exit code, 128 + signal when one ended it; None when nobody got to write it."""
    return status.exit_code(paths)


def out_of_time(paths: BuildPaths) -> bool:
    """Whether the limit of wall-clock time ended the build, also while no engine watched."""
    if exit_code(paths) is not None or kill.killed(paths) is not None:
        return False
    try:
        with open(paths.output, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return sandbox.OUT_OF_TIME.encode() in file.read()
    except FileNotFoundError:
        return False


def cpu_seconds(i: Identity) -> float:
    """Return the processor time of a build's whole tree so far; 0.0 once it is over."""
    if not alive(i):
        return 0.0
    spent = cgroup.cpu_seconds(i.pid)
    if spent is not None:
        return spent
    everyone = processes.all_stats()
    ours = processes.tree_of(i.pid, everyone)
    return sum(everyone[pid].cpu_s + everyone[pid].reaped_cpu_s for pid in ours if pid in everyone)
