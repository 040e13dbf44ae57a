"""Settles a delivery that was cut off: what it began is wholly finished or wholly undone."""

import asyncio
import os
import signal
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from engine.safety import processes
from engine.work.git import Git, GitError
from engine.work.trees.worktree import MARK, Change, Place

_STALE_S = 2.0
"""git holds a lock on a branch for milliseconds; one that nobody works on for this long was left by a dead git."""
_LOOK_S = 0.05
_SUBMODULE = b"160000"


def end_orphans(new: str) -> None:
    """Kill the git processes that a dead engine left working on this delivery, and wait until they are gone."""
    entry = f"{MARK}={new}".encode()
    fds = []
    for pid in processes.pids():
        if processes.carries(pid, entry):
            identity = processes.identify(pid)
            fd = processes.open_pidfd(identity) if identity else None
            if fd is not None:
                processes.send(fd, signal.SIGKILL)
                fds.append(fd)
    ended = processes.wait_all(fds, 10.0)
    for fd in fds:
        os.close(fd)
    if not ended:
        raise GitError("a git process of a merge that was cut off cannot be ended: look for git with `ps`")


async def clear_ref_locks(place: Place, common: Path, branch: str) -> None:
    """Remove the locks that a killed git left on the branch or on HEAD, where it is proven that they are left over."""
    for lock in (common / "refs/heads" / f"{branch}.lock", place.git.git_dir / "HEAD.lock"):
        if await _left_over(lock, place):
            lock.unlink(missing_ok=True)


async def bring(place: Place, *, forward: bool) -> None:
    """Bring the working tree and the index to `new` (`forward`) or back to `old`.

    A file is touched only where it provably is as the delivery left it: as in `old`, as in `new`, half-written or
    missing; an index entry only where it is that of the other commit. All else is the operator's and stays.
    Raises GitError when another git has the index's lock.
    """
    if place.path is None:
        return
    if not place.locked():
        raise GitError(f"{place.lock} is there: remove it if no git runs, so that a merge that was cut off is settled")
    changes = await place.changes()
    old, new = await _picture(place, place.old, changes), await _picture(place, place.new, changes)
    to, other = (new, old) if forward else (old, new)
    await asyncio.to_thread(_delete, place.path, changes, to, other)
    wanted = await asyncio.to_thread(_missing, place.path, changes, to, other)
    git = replace(place.git, work_tree=place.path, index=to.with_name(f"{to.name}.index"))
    await git.run("checkout-index", "-q", "-f", "-z", "--stdin", stdin=_paths(wanted), env=place.mark)
    await _bring_index(place, changes, forward=forward)


async def _picture(place: Place, commit: str, changes: Iterable[Change]) -> Path:
    """Write the paths in question, as they are in a commit, into a folder of the delivery's own."""
    into = place.scratch / commit
    into.mkdir(exist_ok=True)
    git = replace(place.git, work_tree=into, index=place.scratch / f"{commit}.index")
    _unlock(git)
    await git.run("read-tree", commit, env=place.mark)
    modes = ((change, change.old_mode if commit == place.old else change.new_mode) for change in changes)
    there = [change.path for change, mode in modes if mode.strip(b"0") and mode != _SUBMODULE]
    await git.run("checkout-index", "-q", "-f", "-z", "--stdin", stdin=_paths(there), env=place.mark)
    return into


async def _bring_index(place: Place, changes: Iterable[Change], *, forward: bool) -> None:
    place.copy_index()
    _unlock(place.tree)
    listed = await place.tree.run("ls-files", "--stage", "-z")
    present = {path: head for head, _tab, path in (entry.partition(b"\t") for entry in listed.out.split(b"\0"))}
    gone: list[bytes] = []
    put: list[bytes] = []
    for change in changes:
        sides = (change.old_mode, change.old_id), (change.new_mode, change.new_id)
        (mode, name), (other_mode, other_name) = reversed(sides) if forward else sides
        expected = b"%s %s 0" % (other_mode, other_name) if other_mode.strip(b"0") else None
        if present.get(change.path) == expected:
            (put if mode.strip(b"0") else gone).append(b"%s %s\t%s\0" % (mode, name, change.path))
    await place.tree.run("update-index", "-z", "--index-info", stdin=b"".join(gone + put), env=place.mark)
    await place.tree.run("update-index", "-q", "--refresh", ok=(0, 1), env=place.mark)
    place.install()


def _delete(root: Path, changes: Iterable[Change], to: Path, other: Path) -> None:
    """Remove the files that only the other commit has, and the folders which that empties."""
    top = os.fsencode(root)
    for change in changes:
        if _model(to, change) or _SUBMODULE in (change.old_mode, change.new_mode):
            continue
        path = os.path.join(top, change.path)
        if _reachable(top, change.path) and _is_ours(path, _model(other, change)):
            os.unlink(path)
        folder = os.path.dirname(path)
        while folder != top and _empty(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)


def _missing(root: Path, changes: Iterable[Change], to: Path, other: Path) -> list[bytes]:
    """Return the paths that must be written to be as they are in `to`."""
    top = os.fsencode(root)
    wanted = []
    for change in changes:
        model = _model(to, change)
        path = os.path.join(top, change.path)
        if not model or _SUBMODULE in (change.old_mode, change.new_mode) or not _reachable(top, change.path):
            continue
        if not os.path.lexists(path) or (not _same(path, model) and _is_ours(path, _model(other, change), model)):
            wanted.append(change.path)
    return wanted


def _model(picture: Path, change: Change) -> bytes:
    """Return where a path's file or symlink is in a picture of a commit; empty when the commit has none there."""
    path = os.path.join(os.fsencode(picture), change.path)
    return path if os.path.islink(path) or os.path.isfile(path) else b""


def _reachable(top: bytes, path: bytes) -> bool:
    """Whether every folder of a path that is there is a real one: never a symlink or a file of the operator's."""
    folder = top
    for part in path.split(b"/")[:-1]:
        folder = os.path.join(folder, part)
        if not os.path.lexists(folder):
            return True
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            return False
    return True


def _is_ours(path: bytes, *models: bytes) -> bool:
    """Whether what is there is what git writes: one of the models, or the beginning of one."""
    return os.path.lexists(path) and any(_same(path, model, begun=True) for model in models if model)


def _same(path: bytes, model: bytes, *, begun: bool = False) -> bool:
    """Whether two paths are the same symlink or hold the same bytes and rights; `begun`: or the first of them."""
    kind, wanted = os.lstat(path), os.lstat(model)
    if stat.S_IFMT(kind.st_mode) != stat.S_IFMT(wanted.st_mode):
        return False
    if stat.S_ISLNK(kind.st_mode):
        return os.readlink(path) == os.readlink(model)
    if not stat.S_ISREG(kind.st_mode) or kind.st_size > wanted.st_size:
        return False
    if not begun and (kind.st_size != wanted.st_size or (kind.st_mode ^ wanted.st_mode) & stat.S_IXUSR):
        return False
    with open(path, "rb") as one, open(model, "rb") as two:
        while chunk := one.read(1 << 20):
            if two.read(len(chunk)) != chunk:
                return False
    return True


def _empty(folder: bytes) -> bool:
    return os.path.isdir(folder) and not os.path.islink(folder) and not os.listdir(folder)


def _paths(paths: Iterable[bytes]) -> bytes:
    return b"".join(path + b"\0" for path in paths)


def _unlock(git: Git) -> None:
    """Remove the lock that a killed git left on an index of the delivery's own."""
    assert git.index is not None
    git.index.with_name(f"{git.index.name}.lock").unlink(missing_ok=True)


async def _left_over(lock: Path, place: Place) -> bool:
    """Whether a lock is this delivery's: it names the new commit, or it is empty, younger than it, and nobody works."""
    first = _look(lock)
    if first is None:
        return False
    for _turn in range(int(_STALE_S / _LOOK_S)):
        if first[1] == place.new.encode():
            return True
        if first[1] or first[0].st_mtime_ns < place.marker.stat().st_mtime_ns:
            return False
        await asyncio.sleep(_LOOK_S)
        again = _look(lock)
        if again is None or (again[0].st_ino, again[1]) != (first[0].st_ino, first[1]):
            return False
    return True


def _look(lock: Path) -> tuple[os.stat_result, bytes] | None:
    try:
        return lock.stat(), lock.read_bytes().strip()
    except FileNotFoundError:
        return None
