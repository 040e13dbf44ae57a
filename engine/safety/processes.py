"""Processes named so that a reused pid is never mistaken for the one that was meant."""

import contextlib
import functools
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from state.model.record import Noun

TOKEN_VARIABLE = "MIDWATCH_TOKEN"  # noqa: S105 - the name of the variable, not a secret
"""Carried by a build's outermost processes, never by its command inside a sandbox."""
BUILD_VARIABLE = "MIDWATCH_BUILD"
"""The absolute path of the build's folder, carried beside the token."""

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Identity(Noun, frozen=True, kw_only=True):
    """One process for all time: pid, when it started (clock ticks after boot) and during which boot."""

    pid: int
    start_ticks: int
    boot: str


class Stat(Noun, frozen=True, kw_only=True):
    """What `/proc/PID/stat` says of a process."""

    pid: int
    state: str
    parent: int
    session: int
    cpu_s: float
    """Processor time of its own."""
    reaped_cpu_s: float
    """Processor time of the children that it has waited for."""
    start_ticks: int

    @property
    def dead(self) -> bool:
        """Whether only its exit status is left."""
        return self.state in "ZX"


@functools.cache
def boot_id() -> str:
    """Return the kernel's name for the time since it started."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat(pid: int) -> Stat | None:
    """Return what is known of a process; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in brackets and may itself hold brackets and blanks.
    fields = text[text.rindex(b")") + 2 :].split()
    return Stat(
        pid=pid,
        state=fields[0].decode(),
        parent=int(fields[1]),
        session=int(fields[3]),
        cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
        reaped_cpu_s=(int(fields[13]) + int(fields[14])) / _TICKS_PER_S,
        start_ticks=int(fields[19]),
    )


def all_stats() -> dict[int, Stat]:
    """Return what is known of every process, by pid."""
    return {found.pid: found for pid in pids() if (found := stat(pid)) is not None}


def tree_of(pid: int, everyone: dict[int, Stat]) -> set[int]:
    """Return the pids of a process and of all that descend from it, among those that are known."""
    ours = {pid}
    # Parents are not always older by pid, so go round until nobody is added.
    while grown := {found.pid for found in everyone.values() if found.parent in ours} - ours:
        ours |= grown
    return ours


def pids() -> Iterator[int]:
    """Yield the pid of every process that can be seen."""
    for name in os.listdir("/proc"):
        if name.isdecimal():
            yield int(name)


def identify(pid: int) -> Identity | None:
    """Return the identity of a process that is there now; None when it is gone or dead."""
    found = stat(pid)
    if found is None or found.dead:
        return None
    return Identity(pid=pid, start_ticks=found.start_ticks, boot=boot_id())


def alive(i: Identity) -> bool:
    """Whether exactly this process still runs; one that waits to be reaped does not."""
    return i.boot == boot_id() and identify(i.pid) == i


def open_pidfd(i: Identity) -> int | None:
    """Return a pidfd of exactly this process, for the caller to close; None when it is gone.

    A process that ended but was not reaped yet still has one, readable at once.
    """
    if i.boot != boot_id():
        return None
    try:
        fd = os.pidfd_open(i.pid)
    except ProcessLookupError:
        return None
    # Looked at after the pidfd was opened: had the pid been reused in between, the start time would tell.
    found = stat(i.pid)
    if found is not None and found.start_ticks == i.start_ticks:
        return fd
    os.close(fd)
    return None


def send(pidfd: int, number: signal.Signals) -> None:
    """Send a signal through a pidfd; a process that has ended is no error."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)


def wait_all(pidfds: list[int], timeout_s: float) -> bool:
    """Block until every process behind the pidfds has ended, at most `timeout_s`; return whether all have."""
    poll = select.poll()
    left = set(pidfds)
    for fd in left:
        poll.register(fd, select.POLLIN)
    end = time.monotonic() + timeout_s
    while left:
        # Rounded up, so that the last fraction of a millisecond does not spin.
        for fd, _ in poll.poll(int(max(0.0, end - time.monotonic()) * 1000) + 1):
            poll.unregister(fd)
            left.discard(fd)
        if left and time.monotonic() >= end:
            return False
    return True


def any_running(pidfds: list[int]) -> bool:
    """Whether at least one process behind the pidfds has not ended."""
    poll = select.poll()
    for fd in pidfds:
        poll.register(fd, select.POLLIN)
    return len(poll.poll(0)) < len(set(pidfds))


def environ(pid: int) -> tuple[bytes, ...]:
    """Return the `NAME=value` entries that a process was started with; empty when they may not be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return tuple(file.read().split(b"\0"))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ()


def carries(pid: int, entry: bytes) -> bool:
    """Whether a process was started with exactly this `NAME=value`."""
    return entry in environ(pid)


def token_entry(token: str) -> bytes:
    """Return the environment entry that marks the outermost processes of one spawn."""
    return f"{TOKEN_VARIABLE}={token}".encode()


def build_entry(root: Path) -> bytes:
    """Return the environment entry that marks the outermost processes of the build in folder `root`."""
    return BUILD_VARIABLE.encode() + b"=" + os.fsencode(os.path.realpath(root))


def outermost(marked: list[Stat]) -> Identity | None:
    """Return the process of a marked tree that all the others come from; None for no process at all."""
    inside = {s.pid for s in marked}
    roots = [s for s in marked if s.parent not in inside]
    if not roots:
        return None
    first = min(roots, key=lambda s: s.start_ticks)
    return Identity(pid=first.pid, start_ticks=first.start_ticks, boot=boot_id())


def find_by_token(token: str) -> Identity | None:
    """Return the outermost process of a spawn, for when its record was never written; None when it does not run."""
    entry = token_entry(token)
    marked = [s for pid in pids() if carries(pid, entry) and (s := stat(pid)) is not None and not s.dead]
    return outermost(marked)
