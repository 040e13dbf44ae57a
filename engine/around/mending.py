"""Makes room by removing files of old builds that are kept elsewhere as well."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from engine.learning.problems import leftovers
from engine.learning.problems.sizes import Measure
from engine.safety import kill_switch, record
from engine.safety.tree import Tree
from engine.work.trees import salvage
from state.errors import MidwatchError
from state.files import BuildPaths, Workspace
from state.model.build import Build


class Stopped(MidwatchError):
    """The kill switch was engaged meanwhile; what was removed by then is told."""


class Room(NamedTuple):
    """What was removed, or would be."""

    folders: tuple[str, ...]
    """Relative to the workspace."""
    bytes: int
    left: tuple[str, ...] = ()
    """What was not removed, and why."""


def make_room(
    workspace: Workspace, builds: Iterable[Build], now: datetime, keep_s: float, *, dry_run: bool = False
) -> Room:
    """Remove the spare folders of builds that ended more than `keep_s` ago, unless something of them still runs.

    Raises Stopped. What cannot be removed is left and told.
    """
    folders: list[str] = []
    left: list[str] = []
    total = 0
    for build, path in _there(workspace, builds, now, keep_s):
        if kill_switch.engaged(workspace):
            raise Stopped(f"the kill switch was engaged after {len(folders)} folders were removed: the rest stays")
        named = os.path.relpath(path, workspace.root)
        why = _against(workspace, build, path)
        if why:
            left.append(f"{named}: {why}")
            continue
        size = Measure().of(path).bytes
        try:
            if not dry_run:
                salvage.remove(path)
        except OSError as error:
            left.append(f"{named}: {error.strerror}: remove it by hand")
            continue
        folders.append(named)
        total += size
    return Room(tuple(folders), total, tuple(left))


def _there(workspace: Workspace, builds: Iterable[Build], now: datetime, keep_s: float) -> Iterator[tuple[Build, Path]]:
    for build, path in leftovers.spare(workspace, builds, now, keep_s):
        if os.path.lexists(path):
            yield build, path


def _against(workspace: Workspace, build: Build, path: Path) -> str:
    """Return why a folder must stay; empty when nothing is against its removal."""
    if not _within(workspace, path):
        return "it is not a folder of the workspace's own"
    if _lives(BuildPaths(path.parent)):
        return f"something of {build.id} still runs: `midwatch kill {build.label}`"
    return ""


def _within(workspace: Workspace, path: Path) -> bool:
    """Whether a path is really a folder of one build, below the folder of builds, with no link on the way to it."""
    expected = os.path.join(os.path.realpath(workspace.root), os.path.relpath(path, workspace.root))
    below = os.path.relpath(path, workspace.builds).split(os.sep)
    return os.path.realpath(path) == expected and len(below) == 2 and os.pardir not in below


def _lives(paths: BuildPaths) -> bool:
    """Whether a process of the build, or of its verification, can still be found."""
    with Tree(paths, record.read(paths)) as tree:
        return bool(tree.living())
