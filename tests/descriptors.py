"""What this process holds open, for tests that prove that nothing stays open."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator


@contextlib.contextmanager
def nothing_left_open() -> Iterator[None]:
    """Hold that whatever is opened within is closed at its end.

    What was open before may be closed meanwhile: the rubbish of another test is collected whenever Python likes.
    """
    before = _opened()
    yield
    left = _opened() - before
    assert not left, f"left open: {sorted(_name(*what) for what in left)}"


def _opened() -> Counter[tuple[int, int]]:
    """Count the descriptors by device and inode: a file that was deleted keeps these, not its name."""
    found: Counter[tuple[int, int]] = Counter()
    for name in os.listdir("/proc/self/fd"):
        # The listing's own descriptor is gone by now.
        with contextlib.suppress(OSError):
            state = os.fstat(int(name))
            found[state.st_dev, state.st_ino] += 1
    return found


def _name(device: int, inode: int) -> str:
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            state = os.fstat(int(name))
            if (state.st_dev, state.st_ino) == (device, inode):
                return os.readlink(f"/proc/self/fd/{name}")
    return f"{device}:{inode}"
