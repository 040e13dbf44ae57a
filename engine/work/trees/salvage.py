"""Makes the tree that a build left behind safe to read."""

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.work.git import GitError, shown

_LONGEST = 3000
"""Bytes of a path below the workspace; a longer one could not be opened by its full name."""
_NOTES = 20
_AT_MOST = 1 << 20
"""Bytes that are read of the log of what a build committed."""
_HFS_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT = re.compile(r"(?:\.git|git~1)[ .]*(?:$|[:\\])", re.IGNORECASE)
_MODULES = re.compile(r"(?:\.gitmodules|gitmod~\d|gi7eb[0-9a-f]~\d)[ .]*(?:$|[:\\])", re.IGNORECASE)


def sweep(work: Path, aside: Path) -> tuple[str, ...]:
    """Move out of `work`, into the folder `aside`, all that neither git nor a reader may meet; return notes on it.

    That is: everything that git on any system could take for a git directory, files that are not regular files,
    folders or symlinks (opening one may block for ever), and paths too long to open. What its owner cannot read is made
    readable. Symlinks stay and are never followed. Nothing of the build may be running.
    Raises GitError when `work` is not a folder.
    """
    out: list[str] = []
    for relative, entry in _walk(work):
        why = _unwelcome(relative, entry)
        if why:
            _move(os.path.join(os.fsencode(work), relative), aside)
            out.append(f"left out {shown(relative)}: {why}")
    if len(out) > _NOTES:
        return (*out[:_NOTES], f"left out {len(out) - _NOTES} more paths of these kinds")
    return tuple(out)


def regular_files(work: Path) -> Iterator[bytes]:
    """Go through the relative paths of the regular files below `work`, in no order; git directories are not entered."""
    for relative, entry in _walk(work, enter=lambda name: not like_git(name)):
        if entry.is_file(follow_symlinks=False) and len(relative) <= _LONGEST:
            yield relative


def remove(path: Path) -> None:
    """Remove what a build may have made, in whatever form and with whatever rights it is there. Raises OSError."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISDIR(path.lstat().st_mode):
        path.unlink()
        return
    for _entry in _walk(path):
        pass
    shutil.rmtree(path)


def withdraw(work: Path, aside: Path) -> None:
    """Put a whole workspace aside, so that nobody takes it for a result; what was aside stays so. Raises OSError."""
    if work.is_dir() and not os.path.lexists(aside):
        os.rename(work, aside)


def set_git_aside(work: Path, aside: Path) -> Path:
    """Move the `.git` of a workspace out of it, whatever it has become; return where it is now, there or not."""
    _openable(work)
    target = aside / "git"
    found = work / ".git"
    if os.path.lexists(found):
        if os.path.lexists(target):
            target = _free(aside)
        _move(os.fsencode(found), aside, target)
    return target


def commit_subjects(git_dir: Path, limit: int = 20) -> tuple[str, ...]:
    """Return the subjects of the commits that a build made, oldest first, read as text from its own log of HEAD."""
    subjects: list[str] = []
    for line in _read_plain(git_dir, "logs", "HEAD").splitlines():
        action, _, subject = line.partition(b"\t")[2].partition(b": ")
        if action == b"commit (amend)" and subjects:
            subjects.pop()
        if action.startswith(b"commit") and subject.strip():
            subjects.append(shown(subject.strip()[:200]))
    return tuple(subjects[:limit])


def _walk(
    work: Path, enter: Callable[[bytes], bool] = lambda name: True
) -> Iterator[tuple[bytes, "os.DirEntry[bytes]"]]:
    """Go through everything below `work`; what the caller moves away, or `enter` refuses by name, is not gone into."""
    root = os.fsencode(work)
    _openable(work)
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(os.path.join(root, folder) if folder else root) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            relative = os.path.join(folder, entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder:
                _permit(entry.path, 0o700)
            yield relative, entry
            if is_folder and len(relative) <= _LONGEST and enter(entry.name) and os.path.lexists(entry.path):
                waiting.append(relative)


def _unwelcome(relative: bytes, entry: "os.DirEntry[bytes]") -> str:
    """Say why a path must not stay; an empty string lets it stay."""
    if len(relative) > _LONGEST:
        return "its path is too long"
    link = entry.is_symlink()
    if like_git(entry.name):
        return "git could take it for a repository"
    if link and like_git(entry.name, _MODULES):
        return "a symlink in the place of .gitmodules"
    if link or entry.is_dir(follow_symlinks=False):
        return ""
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if not status.st_mode & stat.S_IRUSR:
        if status.st_nlink > 1:
            return "not readable"
        _permit(entry.path, 0o400)
    return ""


def like_git(name: bytes, pattern: re.Pattern[str] = _GIT) -> bool:
    """Whether git takes a name for `.git`, here or on a system that ignores case, trailing dots or invisible signs."""
    text = _HFS_IGNORED.sub("", name.decode("utf-8", "replace"))
    return any(pattern.match(part) for part in text.split("\\"))


def _openable(work: Path) -> None:
    try:
        mode = work.lstat().st_mode
    except FileNotFoundError as error:
        raise GitError(f"the workspace {work} is gone: retry the task") from error
    if not stat.S_ISDIR(mode):
        raise GitError(f"the workspace {work} is no longer a folder: retry the task")
    _permit(os.fsencode(work), 0o700)


def _permit(path: bytes, mode: int) -> None:
    """Give the owner these rights to a file or folder that is not a symlink."""
    present = os.lstat(path).st_mode
    if present & mode != mode:
        os.chmod(path, stat.S_IMODE(present) | mode)


def _move(path: bytes, aside: Path, target: Path | None = None) -> None:
    aside.mkdir(exist_ok=True)
    if stat.S_ISDIR(os.lstat(path).st_mode):
        _permit(path, 0o700)
    try:
        os.rename(path, os.fsencode(target or _free(aside)))
    except OSError:
        # Another file system: what is kept aside is for curiosity only.
        remove(Path(os.fsdecode(path)))


def _free(aside: Path) -> Path:
    number = len(os.listdir(aside)) if aside.is_dir() else 0
    while os.path.lexists(aside / str(number)):
        number += 1
    return aside / str(number)


def _read_plain(root: Path, *parts: str) -> bytes:
    """Read a regular file that is reached through real folders only; empty bytes when it is anything else."""
    fd = -1
    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        for number, part in enumerate(parts):
            kind = os.O_NONBLOCK if number == len(parts) - 1 else os.O_DIRECTORY
            below = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=fd)
            os.close(fd)
            fd = below
        return os.read(fd, _AT_MOST) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""
    finally:
        if fd >= 0:
            os.close(fd)
