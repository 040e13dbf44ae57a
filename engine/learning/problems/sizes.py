"""What folders take on their disk."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MOST = 1_000_000
"""So many files and folders are looked at in one measuring; what is beyond is not counted."""
_BLOCK = 512


class Size(NamedTuple):
    """What something takes."""

    bytes: int
    whole: bool = True
    """Whether all of it was looked at."""


class Measure:
    """Adds up what files take, links not followed, as long as there are not too many."""

    def __init__(self, most: int = MOST) -> None:
        self._left = most

    def of(self, path: Path, known: Mapping[str, Size] | None = None) -> Size:
        """Return what a file or all below a folder takes; folders in `known` are not looked at again."""
        known = known or {}
        total, whole = 0, True
        waiting = [str(path)]
        while waiting:
            at = waiting.pop()
            if at in known:
                total, whole = total + known[at].bytes, whole and known[at].whole
                continue
            if self._left <= 0:
                return Size(total, whole=False)
            try:
                found = os.lstat(at)
                total += found.st_blocks * _BLOCK
                if stat.S_ISDIR(found.st_mode):
                    with os.scandir(at) as entries:
                        names = [(entry.path, entry.is_dir(follow_symlinks=False), entry) for entry in entries]
                    for name, folder, entry in names:
                        self._left -= 1
                        if folder:
                            waiting.append(name)
                        else:
                            total += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
            except FileNotFoundError:
                continue  # it has gone meanwhile, or never was
            except OSError:
                whole = False
        return Size(total, whole)
