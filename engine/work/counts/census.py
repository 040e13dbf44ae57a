"""What lies in a build's workspace: how much disk it takes, and which files."""

import os
from pathlib import Path

from state.model.record import Noun

MOST_FILES = 10_000
"""More are not told apart: each limit that means something is long passed."""


class Census(Noun, frozen=True, kw_only=True):
    """One look at a tree."""

    disk_bytes: int
    """What it takes on the disk."""
    files: frozenset[str]
    """What is no folder, by its path in the tree, without what git keeps in `.git`; at most MOST_FILES."""


def take(root: Path) -> Census:
    """Look at a whole tree; links are not followed, and what vanishes meanwhile does not count."""
    total = 0
    files: set[str] = set()
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    inside = f"{folder}{entry.name}"
                    try:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(f"{inside}/")
                        elif len(files) < MOST_FILES and not kept_by_git(inside):
                            files.add(inside)
                    except OSError:
                        continue
        except OSError:
            continue
    return Census(disk_bytes=total, files=frozenset(files))


def kept_by_git(inside: str) -> bool:
    """Whether a path of a workspace belongs to its repository, and not to what the build makes."""
    return inside == ".git" or inside.startswith(".git/")
