"""Devices of a build's own, for where it runs as root and could change the machine's."""

import os
import stat
from pathlib import Path

NUMBERS = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
"""The kernel's numbers, major and minor, of the harmless devices."""


def make(folder: Path) -> bool:
    """Make copies of the harmless devices in `folder`; False where the machine's own cannot be replaced.

    A process of root's may change the mode of a device by its user number alone, without any capability. With a
    device file of its own it changes nobody else's.
    """
    if os.geteuid() != 0:
        return False
    try:
        folder.mkdir(exist_ok=True)
        for name, (major, minor) in NUMBERS.items():
            device = folder / name
            device.unlink(missing_ok=True)
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(major, minor))
            # The mask of this process took its share of the mode.
            device.chmod(0o666)
        # Opened, since a file system can be mounted so that device files on it do nothing.
        os.close(os.open(folder / "null", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
