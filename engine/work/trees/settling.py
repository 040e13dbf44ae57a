"""Settles a delivery that was cut off: what it began is wholly finished or wholly undone."""

import asyncio
import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from engine.work.git import Git, GitError
from engine.work.trees.worktree import Change, Place

_STALE_S = 2.0
"""git holds a lock on a branch for milliseconds; one that nobody works on for this long was left by a dead git."""
_LOOK_S = 0.05
_SUBMODULE = b"160000"
_LINK = b"120000"
_EXECUTABLE = b"100755"
_SHA1_DIGITS = 40
_CHUNK = 1 << 20


class State(Enum):
    """What a path of the working tree holds, as far as a delivery is concerned."""

    MISSING = "no file"
    OLD = "as in the old commit"
    NEW = "as in the new commit"
    HALF = "the beginning of what one of them has"
    FOREIGN = "something of the operator's"
    UNSURE = "to be looked at more closely"


async def clear_ref_locks(place: Place, common: Path) -> None:
    """Remove the locks that a killed git left on the branch or on HEAD, where it is proven that they are left over."""
    for lock in (common / "refs/heads" / f"{place.branch}.lock", place.git.git_dir / "HEAD.lock"):
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
    changes = [change for change in await place.changes() if _SUBMODULE not in (change.old_mode, change.new_mode)]
    states = await asyncio.to_thread(_states, place.path, changes)
    # What is not wanted goes first: that makes room, on the disk and for files in the place of folders.
    await asyncio.to_thread(_delete, place, changes, states, forward=forward)
    for change in _unsure(changes, states):
        states[change.path] = await _half(place, change)
    await asyncio.to_thread(_delete, place, changes, states, forward=forward)
    unsure = _unsure(changes, states)
    if unsure:
        pictures = [await _picture(place, commit, unsure) for commit in (place.old, place.new)]
        states |= await asyncio.to_thread(_compare, place.path, unsure, *pictures)
        await asyncio.to_thread(_delete, place, unsure, states, forward=forward)
    wanted = await asyncio.to_thread(_missing, place, changes, states, forward=forward)
    if wanted:
        git = await _read(place, place.new if forward else place.old, place.path)
        await git.run("checkout-index", "-q", "-f", "-z", "--stdin", stdin=_paths(wanted), env=place.mark)
    await _bring_index(place, changes, forward=forward)


async def _half(place: Place, change: Change) -> State:
    """Tell whether a file holds the beginning of what a commit has; this takes no room on the disk."""
    path = os.path.join(os.fsencode(place.path or ""), change.path)
    for mode, name in ((change.new_mode, change.new_id), (change.old_mode, change.old_id)):
        if _file(mode) and mode != _LINK:
            with open(path, "rb") as file:
                equal = _Beginning(file)
                await place.git.run("cat-file", "blob", name.decode(), sink=equal.feed)
                if equal.so_far and not file.read(1):
                    return State.HALF
    return State.UNSURE


class _Beginning:
    """Compares a file with the bytes that come in, as far as the file goes."""

    def __init__(self, file: BinaryIO) -> None:
        self.so_far = True
        self._file = file

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.so_far = self.so_far and chunk.startswith(self._file.read(len(chunk)))


async def _picture(place: Place, commit: str, changes: Iterable[Change]) -> Path:
    """Write the paths in question, as git writes them for a commit, into a folder of the delivery's own."""
    into = place.scratch / commit
    into.mkdir(exist_ok=True)
    git = await _read(place, commit, into)
    sides = ((change, change.old_mode if commit == place.old else change.new_mode) for change in changes)
    there = [change.path for change, mode in sides if _file(mode)]
    await git.run("checkout-index", "-q", "-f", "-z", "--stdin", stdin=_paths(there), env=place.mark)
    return into


async def _read(place: Place, commit: str, work_tree: Path) -> Git:
    """Return git on a folder, with an index of the delivery's own that holds a commit."""
    git = replace(place.git, work_tree=work_tree, index=place.scratch / f"{commit}.index")
    _unlock(git)
    await git.run("read-tree", commit, env=place.mark)
    return git


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
        expected = b"%s %s 0" % (other_mode, other_name) if _file(other_mode) else None
        if present.get(change.path) == expected:
            (put if _file(mode) else gone).append(b"%s %s\t%s\0" % (mode, name, change.path))
    await place.tree.run("update-index", "-z", "--index-info", stdin=b"".join(gone + put), env=place.mark)
    await place.tree.run("update-index", "-q", "--refresh", ok=(0, 1), env=place.mark)
    place.install()


def _unsure(changes: Iterable[Change], states: dict[bytes, State]) -> list[Change]:
    return [change for change in changes if states[change.path] is State.UNSURE]


def _states(root: Path, changes: Iterable[Change]) -> dict[bytes, State]:
    """Tell what each path holds, by its bytes alone; what git may have converted or half written is unsure."""
    top = os.fsencode(root)
    return {change.path: _state(top, change) for change in changes}


def _state(top: bytes, change: Change) -> State:
    path = os.path.join(top, change.path)
    if not _reachable(top, change.path) or not os.path.lexists(path):
        return State.MISSING
    found = os.lstat(path)
    if stat.S_ISDIR(found.st_mode):
        return State.MISSING
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISLNK(found.st_mode):
        return State.FOREIGN
    name = _object_id(path, found, len(change.new_id))
    link = stat.S_ISLNK(found.st_mode)
    old = name == change.old_id and link == (change.old_mode == _LINK)
    new = name == change.new_id and link == (change.new_mode == _LINK)
    if old and new:
        return _by_rights(found, change)
    return State.OLD if old else State.NEW if new else State.FOREIGN if link else State.UNSURE


def _by_rights(found: os.stat_result, change: Change) -> State:
    """Tell two commits with the same bytes apart."""
    executable = bool(found.st_mode & stat.S_IXUSR)
    return State.NEW if executable == (change.new_mode == _EXECUTABLE) else State.OLD


def _object_id(path: bytes, found: os.stat_result, length: int) -> bytes:
    """Return the name that git gives to these bytes, as hex digits."""
    digest = hashlib.sha256() if length > _SHA1_DIGITS else hashlib.sha1(usedforsecurity=False)
    if stat.S_ISLNK(found.st_mode):
        target = os.readlink(path)
        digest.update(b"blob %d\0" % len(target) + target)
    else:
        digest.update(b"blob %d\0" % found.st_size)
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest().encode()


def _compare(root: Path, changes: Iterable[Change], old: Path, new: Path) -> dict[bytes, State]:
    """Tell what each unsure path holds, beside the pictures of both commits."""
    found = {}
    for change in changes:
        path = os.path.join(os.fsencode(root), change.path)
        models = {state: _model(picture, change) for state, picture in ((State.OLD, old), (State.NEW, new))}
        there = {state: model for state, model in models.items() if model}
        exact = [state for state, model in there.items() if _begins(path, model, whole=True)]
        if len(exact) > 1:
            found[change.path] = _by_rights(os.lstat(path), change)
        elif exact:
            found[change.path] = exact[0]
        else:
            half = any(_begins(path, model) for model in there.values())
            found[change.path] = State.HALF if half else State.FOREIGN
    return found


def _delete(place: Place, changes: Iterable[Change], states: dict[bytes, State], *, forward: bool) -> None:
    """Remove the files that only the other commit has, and the folders which that empties."""
    top = os.fsencode(place.path or "")
    for change in changes:
        if _file(change.new_mode if forward else change.old_mode):
            continue
        path = os.path.join(top, change.path)
        if states[change.path] in (State.OLD if forward else State.NEW, State.HALF) and os.path.lexists(path):
            os.unlink(path)
        folder = os.path.dirname(path)
        while folder != top and _reachable(top, os.path.relpath(path, top)) and _empty(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)


def _missing(place: Place, changes: Iterable[Change], states: dict[bytes, State], *, forward: bool) -> list[bytes]:
    """Return the paths that must be written to be as they are in the commit that is wanted."""
    top = os.fsencode(place.path or "")
    wanted = []
    for change in changes:
        state = states[change.path]
        if not _file(change.new_mode if forward else change.old_mode) or not _reachable(top, change.path):
            continue
        gone = state is State.MISSING and not os.path.lexists(os.path.join(top, change.path))
        if gone or state in (State.OLD if forward else State.NEW, State.HALF):
            wanted.append(change.path)
    return wanted


def _model(picture: Path, change: Change) -> bytes:
    """Return where a path's file is in a picture of a commit; empty when the commit has none there."""
    path = os.path.join(os.fsencode(picture), change.path)
    return path if os.path.isfile(path) and not os.path.islink(path) else b""


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


def _begins(path: bytes, model: bytes, *, whole: bool = False) -> bool:
    """Whether a file holds the first bytes of a model, or all of them."""
    size, full = os.stat(path).st_size, os.stat(model).st_size
    if size > full or (whole and size != full):
        return False
    with open(path, "rb") as one, open(model, "rb") as two:
        while chunk := one.read(_CHUNK):
            if two.read(len(chunk)) != chunk:
                return False
    return True


def _file(mode: bytes) -> bool:
    """Whether a commit has something at a path."""
    return bool(mode.strip(b"0"))


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
