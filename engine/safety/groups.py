"""A build's control groups, as far as they help to end it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "midwatch-"
"""What the name of every build's group begins with."""


def places(pid: int | str) -> Iterator[tuple[str, str]]:
    """Yield, for each mounted hierarchy, its mount point and the directory of a process's group in it."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return
    own = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split()[:3]
        if kind == "cgroup2":
            ours = [path for names, path in own.items() if not names]
        elif kind == "cgroup":
            ours = [path for names, path in own.items() if names and set(names.split(",")) <= set(options.split(","))]
        else:
            continue
        root = root.rstrip("/")
        if ours and (ours[0] + "/").startswith(root + "/"):
            yield point, str(Path(point, ours[0][len(root) :].lstrip("/")))


def of(pid: int) -> tuple[str, ...]:
    """Return the directories of the build's groups that a process is in; none for a process of no build."""
    return tuple(place for _, place in places(pid) if Path(place).name.startswith(PREFIX))


def members(groups: tuple[str, ...]) -> set[int]:
    """Return the pids in the groups; a group that is gone has none."""
    found: set[int] = set()
    for group in groups:
        try:
            with open(f"{group}/cgroup.procs", "rb") as file:
                found.update(int(line) for line in file.read().split())
        except (FileNotFoundError, OSError):
            continue
    return found


def kill(groups: tuple[str, ...]) -> bool:
    """Kill every process in the groups where the kernel can do that at once; return whether it could."""
    could = [_write(f"{group}/cgroup.kill", b"1") for group in groups]
    return any(could)


def deserted(groups: tuple[str, ...]) -> bool:
    """Whether nobody is left whom `kill` would have to kill; False where the kernel cannot kill groups.

    One look misses nobody: whoever starts another process is listed himself, and the other one behind him.
    """
    return any(os.path.exists(f"{group}/cgroup.kill") for group in groups) and not members(groups)


def freeze(groups: tuple[str, ...], timeout_s: float) -> bool:
    """Stand every process in the groups still, at most for so long to wait until all do; return whether all do.

    Only groups of version 2 count: what one of version 1 froze could not be killed.
    """
    could = [group for group in groups if _write(f"{group}/cgroup.freeze", b"1")]
    end = time.monotonic() + timeout_s
    while could and not all(frozen((group,)) for group in could):
        if time.monotonic() >= end:
            return False
        time.sleep(0.001)
    return bool(could)


def thaw(groups: tuple[str, ...]) -> None:
    """Let every process in the groups go on."""
    for group in groups:
        _write(f"{group}/cgroup.freeze", b"0")


def frozen(groups: tuple[str, ...]) -> bool:
    """Whether one of the groups stands still as a whole."""
    for group in groups:
        try:
            told = Path(group, "cgroup.events").read_text()
        except OSError:
            # A hierarchy of version 1, or the group is gone.
            continue
        if "frozen 1" in told:
            return True
    return False


def drained(groups: tuple[str, ...], timeout_s: float) -> bool:
    """Wait until no process is left in the groups, at most `timeout_s`; return whether none is."""
    end = time.monotonic() + timeout_s
    while members(groups):
        if time.monotonic() >= end:
            return False
        time.sleep(0.0005)
    return True


def hurry(groups: tuple[str, ...]) -> None:
    """Give a build that ran at idle priority the processor, since dying takes processor time too."""
    for group in groups:
        _write(f"{group}/cpu.idle", b"0")


def remove(groups: tuple[str, ...], timeout_s: float = 0.0) -> tuple[str, ...]:
    """Remove empty groups, trying again until `timeout_s` is over; return those that still hold something."""
    end = time.monotonic() + timeout_s
    left = tuple(group for group in groups if not _removed(group))
    while left and time.monotonic() < end:
        time.sleep(0.002)
        left = tuple(group for group in left if not _removed(group))
    return left


def _removed(group: str) -> bool:
    try:
        os.rmdir(group)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _write(path: str, data: bytes) -> bool:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        # This hierarchy has no such file, or the group is gone.
        return False
    try:
        os.write(fd, data)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
