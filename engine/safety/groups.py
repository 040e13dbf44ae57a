"""A build's control groups, as far as they help to end it."""

import os
import time


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
