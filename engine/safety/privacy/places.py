"""Where, besides the journal, words of people may stand in a workspace."""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from engine.safety.privacy import vault
from engine.safety.privacy.subject import Subject
from state.disk import DISK, Disk
from state.files import Workspace
from state.model.record import Noun

_BLOCK = 4 << 20
OVERLAP = 4096
"""More than any words take, so that none are missed where two blocks meet."""
_PAGES = ("escalations", "subagents", "build-reports")
_SINGLE = ("BUILD_STATUS.md", "progress.html")
_OWN_WAY = frozenset({"journal", vault.FOLDER, "snapshots"})
"""Folders that are looked through otherwise, or not at all: a chain, what is kept apart, and pieces that many share."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.md")
_PRODUCTS = frozenset({"work", "engine.git"})
"""What builds made."""


class Place(Noun, frozen=True, kw_only=True):
    """A file that holds a subject."""

    path: str
    """Relative to the workspace."""
    times: int


def ours(workspace: Workspace) -> Iterator[Path]:
    """Yield the files that the engine wrote for itself and for its readers: logs, pages, what builds printed."""
    for name in (*_PAGES, *_SINGLE):
        yield from _files(workspace.root / name, frozenset())
    for path in _files(workspace.root / "memory", frozenset()):
        if _is_day_page(path, workspace):
            yield path
    yield from _files(workspace.logs, frozenset())
    for build in _entries(workspace.builds):
        yield from _files(Path(build), _PRODUCTS)
    for entry in _entries(workspace.hidden):
        if entry.is_file(follow_symlinks=False) and Path(entry) != workspace.checkpoint:
            yield Path(entry)


def theirs(workspace: Workspace) -> Iterator[Path]:
    """Yield what is not changed here: the operator's files, what builds made, what a way back has set aside."""
    for entry in _entries(workspace.root):
        if entry.is_file(follow_symlinks=False) and entry.name not in _SINGLE:
            yield Path(entry)
    for path in _files(workspace.root / "memory", frozenset()):
        if not _is_day_page(path, workspace):
            yield path
    for build in _entries(workspace.builds):
        yield from _files(Path(build) / "work", frozenset({".git"}))
    for entry in _entries(workspace.hidden):
        if entry.is_dir(follow_symlinks=False) and entry.name not in _OWN_WAY | {"logs", "builds"}:
            yield from _files(Path(entry), frozenset())


def _is_day_page(path: Path, workspace: Workspace) -> bool:
    """Whether it is one of the pages of `memory` that the engine begins and adds to."""
    return path.parent == workspace.root / "memory" and bool(_DAY.fullmatch(path.name))


def holding(paths: Iterator[Path], subject: Subject, root: Path) -> tuple[Place, ...]:
    """Return which of these files hold a subject; one that cannot be read is left out."""
    found = ((path, len(_spans(path, subject))) for path in paths)
    return tuple(
        Place(path=str(path.relative_to(root)), times=times) for path, times in sorted(found) if times
    )  # fmt: skip


def blot(path: Path, subject: Subject, disk: Disk = DISK) -> int:
    """Write over a subject in its place with as many `*`, and return how often; raises OSError.

    A file that is gone by now holds nothing. One that is there stays the same file, so that whoever goes on writing to
    it, such as a running build, is not in the way.
    """
    spans = _spans(path, subject)
    if spans:
        try:
            fd = disk.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return 0
        try:
            for start, end in spans:
                disk.pwrite(fd, b"*" * (end - start), start)
            disk.fsync(fd)
        finally:
            disk.close(fd)
    return len(spans)


def _spans(path: Path, subject: Subject) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    try:
        with path.open("rb") as file:
            at = 0
            while data := file.read(_BLOCK):
                found |= {at + start: at + end for start, end in subject.spans(data)}
                if len(data) < _BLOCK:
                    break
                at += _BLOCK - OVERLAP
                file.seek(at)
    except OSError:
        return []
    return sorted(found.items())


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _files(path: Path, without: frozenset[str]) -> Iterator[Path]:
    """Yield the regular files at or below a path; links are not followed."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISREG(kind):
        yield path
    elif stat.S_ISDIR(kind):
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if name not in without)
            for name in names:
                # What is being replaced may go away while it is looked at.
                with contextlib.suppress(FileNotFoundError):
                    if stat.S_ISREG(os.lstat(os.path.join(folder, name)).st_mode):
                        yield Path(folder, name)
