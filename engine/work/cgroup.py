"""Control groups for builds: which kinds this machine lets us make, each build's own with its limits."""

import contextlib
import os
import time
from pathlib import Path

from engine.safety import groups
from state.model.build import Limits
from state.model.record import Noun

SUPERVISORS = 4
"""Processes of our own in a build's group, which its limit must leave room for."""

_CONTROLS = {
    "kill": ("cgroup.kill",),
    "pids": ("pids.max",),
    "memory": ("memory.max", "memory.limit_in_bytes"),
    "cpu": ("cpu.idle",),
}
_STALE_S = 60.0


class GroupParent(Noun, frozen=True, kw_only=True):
    """A directory in which groups can be made, and what a group made there controls."""

    path: str
    controls: tuple[str, ...]
    """Some of `kill`, `pids`, `memory` and `cpu`."""


def parents() -> tuple[GroupParent, ...]:
    """Return where groups can be made on this machine, by making one in each place; empty where that is not allowed."""
    chosen: list[GroupParent] = []
    have: set[str] = set()
    for candidates in _hierarchies():
        tried = [GroupParent(path=path, controls=_controls(path)) for path in candidates]
        best = max(tried, key=lambda p: len(set(p.controls) - have), default=None)
        if best is None or not set(best.controls) - have:
            continue
        chosen.append(GroupParent(path=best.path, controls=tuple(c for c in best.controls if c not in have)))
        have.update(best.controls)
    return tuple(chosen)


def make(where: tuple[GroupParent, ...], token: str, limits: Limits | None, *, idle: bool) -> tuple[str, ...]:
    """Make a build's groups with its limits in force; OSError when any of it does not work, and then none is left.

    Without `limits` the groups hold nobody back, until `limit` and `stand_back` do.
    """
    made: list[str] = []
    try:
        for parent in where:
            if parent.controls == ("cpu",) and not idle:
                continue
            group = f"{parent.path}/{groups.PREFIX}{token}"
            with contextlib.suppress(FileNotFoundError):
                # Left by an earlier spawn of the same token; one that is in use refuses.
                os.rmdir(group)
            os.mkdir(group)
            made.append(group)
        if limits is not None:
            limit(where, token, limits)
            if idle:
                stand_back(where, token)
    except OSError:
        for group in made:
            os.rmdir(group)
        raise
    return tuple(made)


def limit(where: tuple[GroupParent, ...], token: str, limits: Limits) -> None:
    """Put limits in force in groups that have none yet; OSError when any of it does not work."""
    for parent in where:
        group = f"{parent.path}/{groups.PREFIX}{token}"
        if "pids" in parent.controls:
            _put(f"{group}/pids.max", limits.processes + SUPERVISORS)
        if "memory" in parent.controls:
            _limit_memory(group, limits.memory_bytes)


def stand_back(where: tuple[GroupParent, ...], token: str) -> None:
    """Let the groups that were made for it run only when nothing else wants the processor. Raises OSError."""
    for parent in where:
        if "cpu" in parent.controls:
            _put(f"{parent.path}/{groups.PREFIX}{token}/cpu.idle", 1)


def join(names: tuple[str, ...], pid: int) -> None:
    """Move a process, which has started no other yet, into the groups; OSError when it does not work."""
    for group in names:
        _put(f"{group}/cgroup.procs", pid)


def tidy(where: tuple[GroupParent, ...]) -> None:
    """Remove empty groups that a crash left behind; those in use and those just made stay."""
    for parent in where:
        for group in Path(parent.path).glob(groups.PREFIX + "*"):
            try:
                if time.time() - group.stat().st_mtime > _STALE_S:
                    group.rmdir()
            except OSError:
                # In use, or somebody else was quicker.
                continue


def cpu_seconds(pid: int) -> float | None:
    """Return the processor time that a process's own build group has used; None when it is in none that counts it."""
    for group in groups.of(pid):
        try:
            told = Path(group, "cpu.stat").read_text()
        except OSError:
            # Another hierarchy, or it ended in between.
            continue
        if "usage_usec " in told:
            return int(told.split("usage_usec ", 1)[1].split("\n", 1)[0]) / 1_000_000
    return None


def _limit_memory(group: str, size: int) -> None:
    if os.path.exists(f"{group}/memory.max"):
        _put(f"{group}/memory.max", size)
        swap = f"{group}/memory.swap.max"
        rest = 0
    else:
        _put(f"{group}/memory.limit_in_bytes", size)
        # In version 1 this figure counts memory and swap together.
        swap = f"{group}/memory.memsw.limit_in_bytes"
        rest = size
    if os.path.exists(swap):
        _put(swap, rest)


def _put(path: str, value: int) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def _controls(path: str) -> tuple[str, ...]:
    """Return what a group made in `path` would control; nothing where none can be made."""
    trial = Path(path) / f"{groups.PREFIX}trial-{os.getpid()}"
    try:
        trial.mkdir()
    except OSError:
        return ()
    try:
        return tuple(
            name for name, files in _CONTROLS.items() if any(os.access(trial / file, os.W_OK) for file in files)
        )
    finally:
        trial.rmdir()


def _hierarchies() -> list[list[str]]:
    """Return, for each mounted hierarchy, the directories to try: our own group's, then its parent's."""
    found: list[list[str]] = []
    for point, here in groups.places("self"):
        # Version 2 gives a group no controllers below one that holds processes, so a sibling of ours can do more.
        found.append([here] if here == point else [here, str(Path(here).parent)])
    return found
