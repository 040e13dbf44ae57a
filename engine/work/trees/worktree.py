"""The operator's working tree, moved from one commit to another around whatever they have changed in it."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.safety.processes import Identity, alive, identify
from engine.work.git import Git, GitError, Repository, locate, shown
from state.files import atomic_write

MARK = "MIDWATCH_DELIVERY"
"""The variable that git carries while it works on a delivery, so that it is found when the engine is dead."""
_MAGIC = "midwatch delivery"
_WORDS = 8
_NAMED = 10
_IN_PROGRESS = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}
_SUBMODULE = b"160000"


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs between two commits: mode and object on each side; mode 000000 where it is not there."""

    path: bytes
    old_mode: bytes
    new_mode: bytes
    old_id: bytes
    new_id: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where one delivery happens: a branch's git directory, and the working tree that has it checked out, if any."""

    git: Git
    common: Path
    """The git directory of the repository, which all its working trees share."""
    path: Path | None
    branch: str
    old: str
    new: str

    @property
    def scratch(self) -> Path:
        """What belongs to this delivery alone; it is there from its beginning to its end."""
        return self.git.git_dir / "midwatch" / self.new

    @property
    def marker(self) -> Path:
        """Says what the delivery is; the index's lock is another name of the same file."""
        return self.scratch / "delivery"

    @property
    def lock(self) -> Path:
        """The lock that git itself takes on the index: as long as it is there, no other git changes it."""
        return self.git.git_dir / "index.lock"

    @property
    def tree(self) -> Git:
        """Git on the working tree, with an index that is a copy until `install` puts it in the real one's place."""
        return replace(self.git, work_tree=self.path, index=self.scratch / "index")

    @property
    def mark(self) -> dict[str, str]:
        """The environment of every git that may change something."""
        return {MARK: marked(self.common, self.new)}

    def begin(self) -> bool:
        """Take the index's lock; False when another git has it, and then nothing was begun. Raises OSError."""
        owner = identify(os.getpid())
        assert owner is not None
        told = (
            _MAGIC,
            self.old,
            self.new,
            self.branch,
            str(self.path or ""),
            str(owner.pid),
            str(owner.start_ticks),
            owner.boot,
        )
        self.scratch.mkdir(parents=True, exist_ok=True)
        atomic_write(self.marker, b"".join(os.fsencode(word) + b"\0" for word in told))
        if self.locked():
            return True
        self._remove_scratch()
        return False

    def locked(self) -> bool:
        """Whether the lock is this delivery's, taking it where nobody has it."""
        if self.path is None:
            return True
        try:
            self._take()
        except FileExistsError:
            return self.lock.is_file() and self.lock.read_bytes() == self.marker.read_bytes()
        return True

    def _take(self) -> None:
        try:
            # One step makes the lock and says whose it is: there is no moment at which it is there but unproven.
            os.link(self.marker, self.lock)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links: a crash between these two steps leaves a lock that nobody can prove.
            with self.lock.open("xb") as file:
                file.write(self.marker.read_bytes())

    def copy_index(self) -> None:
        """Start from the operator's index."""
        shutil.copy2(self.git.git_dir / "index", self.scratch / "index")

    def install(self) -> None:
        """Put the prepared index in the place of the operator's."""
        os.replace(self.scratch / "index", self.git.git_dir / "index")

    def finish(self) -> None:
        """Give the lock back and leave nothing behind."""
        held = self.path is not None and self.locked()
        self._remove_scratch()
        # Last, and still saying whose it is: until here nobody else changes the index, and the delivery is found again.
        if held:
            self.lock.unlink()

    async def advance(self) -> None:
        """Bring the working tree from `old` to `new`, by git's own rules. Raises GitError with nothing changed."""
        if self.path is None:
            return
        self.copy_index()
        await self.tree.run("update-index", "-q", "--refresh", ok=(0, 1), env=self.mark)
        await self.tree.run("read-tree", "-m", "-u", "--no-recurse-submodules", self.old, self.new, env=self.mark)

    async def changes(self) -> tuple[Change, ...]:
        """Return every path in which the two commits differ. Raises GitError."""
        output = await self.git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", self.old, self.new)
        fields = output.out.split(b"\0")
        found = []
        for head, path in zip(fields[::2], fields[1::2], strict=False):
            old_mode, new_mode, old_id, new_id, _kind = head.removeprefix(b":").split(b" ")
            found.append(Change(path, old_mode, new_mode, old_id, new_id))
        return tuple(found)

    async def obstacle(self) -> str:
        """Say what stands in the way of a delivery, in words; an empty string when the way is clear. Changes nothing.

        Ignored files count as the operator's too, though git itself would overwrite them.
        """
        if self.path is None:
            return ""
        git_dir = self.git.git_dir
        for name, what in _IN_PROGRESS.items():
            if (git_dir / name).exists():
                return f"{what} is in progress in {self.path}: finish or abort it"
        if self.lock.exists():
            return f"{self.lock} is there: wait until git is done, or remove it if no git runs"
        changes = await self.changes()
        git = replace(self.git, work_tree=self.path)
        status = await git.run(
            "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all"
        )
        changed = {entry[3:] for entry in status.out.split(b"\0") if entry} & {change.path for change in changes}
        if changed:
            return (
                f"{self.branch} is checked out in {self.path} with changes in {_list(changed)}: commit or revert them"
            )
        untracked = set(self._untracked(changes))
        if untracked:
            return f"untracked files in {self.path} are in the way: {_list(untracked)}: move them away or remove them"
        return ""

    def _untracked(self, changes: Iterable[Change]) -> Iterator[bytes]:
        """Go through the paths that no commit knows and that the merge would have to overwrite."""
        root = os.fsencode(self.path or "")
        known = {change.path for change in changes if change.old_mode.strip(b"0")}
        for change in changes:
            if change.path in known or not change.new_mode.strip(b"0"):
                continue
            for parent in _parents(change.path):
                if parent not in known and _kind(os.path.join(root, parent)) not in (0, stat.S_IFDIR):
                    yield parent
                    break
            else:
                yield from self._in_place_of(change.path, change.new_mode, known)

    def _in_place_of(self, path: bytes, mode: bytes, known: set[bytes]) -> Iterator[bytes]:
        root = os.fsencode(self.path or "")
        kind = _kind(os.path.join(root, path))
        if kind == 0 or (kind == stat.S_IFDIR and mode == _SUBMODULE):
            return
        if kind != stat.S_IFDIR:
            yield path
            return
        for folder, _folders, files in os.walk(os.path.join(root, path)):
            for name in files:
                inside = os.path.relpath(os.path.join(folder, name), root)
                if inside not in known:
                    yield inside

    def _remove_scratch(self) -> None:
        # The marker goes last: as long as it is there, the delivery is found again.
        if self.scratch.is_dir():
            for entry in os.scandir(self.scratch):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                elif entry.name != self.marker.name:
                    os.unlink(entry.path)
            self.marker.unlink(missing_ok=True)
            self.scratch.rmdir()
        with contextlib.suppress(OSError):
            self.scratch.parent.rmdir()


def marked(common: Path, new: str) -> str:
    """Return what MARK says of a delivery; a copy of a repository may well be brought to the very same commit."""
    return f"{common.resolve()}:{new}"


async def places(repository: Repository, git: Git, branch: str, old: str, new: str) -> tuple[Place, ...]:
    """Return where a branch would be moved: each working tree that has it checked out, or else the repository alone.

    Raises GitError when a working tree that has it checked out is not to be found.
    """
    output = await git.run("worktree", "list", "--porcelain", "-z")
    found = []
    for number, block in enumerate(output.out.split(b"\0\0")):
        lines = dict(line.partition(b" ")[::2] for line in block.split(b"\0") if line)
        if lines.get(b"branch") != os.fsencode(f"refs/heads/{branch}") or b"prunable" in lines:
            continue
        path = Path(os.fsdecode(lines[b"worktree"]))
        if number == 0:
            path = await _main_tree(repository, git, path)
            git_dir = repository.common
        elif path.is_dir():
            git_dir = locate(str(path)).git_dir
        else:
            raise GitError(f"{branch} is checked out in {path}, which is gone: run `git worktree prune`")
        found.append(Place(replace(git, git_dir=git_dir), repository.common, path, branch, old, new))
    return tuple(found) or (Place(replace(git, git_dir=repository.common), repository.common, None, branch, old, new),)


def left(repository: Repository, git: Git) -> tuple[Place, ...]:
    """Return the deliveries that were begun in a repository by an engine that lives no more, or by this very process.

    Remains of one that never began are removed.
    """
    found = []
    for git_dir in (repository.common, *(repository.common / "worktrees").glob("*")):
        lock = git_dir / "index.lock"
        told = _told(lock, repository)
        if told is not None and _may_settle(told[1]):
            # The lock is given back last: it may be all that is left, and then becomes the marker again.
            marker = replace(told[0], git=replace(git, git_dir=git_dir)).marker
            marker.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.link(lock, marker)
        for scratch in (git_dir / "midwatch").glob("*"):
            told = _told(scratch / "delivery", repository)
            if told is None:
                Place(replace(git, git_dir=git_dir), repository.common, None, "", "", scratch.name)._remove_scratch()
                continue
            place, owner = told
            if _may_settle(owner):
                found.append(replace(place, git=replace(git, git_dir=git_dir)))
        with contextlib.suppress(OSError):
            (git_dir / "midwatch").rmdir()
    return tuple(found)


def _may_settle(owner: Identity) -> bool:
    """Whether a delivery is this process's own, or of one that lives no more."""
    return owner.pid == os.getpid() or not alive(owner)


def _told(marker: Path, repository: Repository) -> tuple[Place, Identity] | None:
    """Read a marker; None when there is none or it is something else."""
    if not marker.is_file():
        return None
    words = [os.fsdecode(word) for word in marker.read_bytes().split(b"\0")[:-1]]
    if len(words) != _WORDS or words[0] != _MAGIC:
        return None
    _magic, old, new, branch, path, pid, ticks, boot = words
    at = Path(path) if path and Path(path).is_dir() else None
    return Place(Git(git_dir=marker.parent), repository.common, at, branch, old, new), Identity(
        pid=int(pid), start_ticks=int(ticks), boot=boot
    )


def rebased(repository: Repository, branch: str) -> str:
    """Say that a branch is in the middle of a rebase, which detaches HEAD from it; an empty string when it is not."""
    for git_dir in (repository.common, *(repository.common / "worktrees").glob("*")):
        for folder in ("rebase-merge", "rebase-apply"):
            name = git_dir / folder / "head-name"
            if name.is_file() and os.fsdecode(name.read_bytes()).strip() == f"refs/heads/{branch}":
                return f"a rebase of {branch} is in progress: finish or abort it"
    return ""


async def _main_tree(repository: Repository, git: Git, listed: Path) -> Path:
    """Return where the main working tree is; git's list does not heed a setting that puts it elsewhere."""
    setting = await git.run("config", "--get", "core.worktree", ok=(0, 1))
    if setting.code == 0:
        return (repository.common / os.fsdecode(setting.out.rstrip(b"\n"))).resolve()
    return repository.path.resolve() if repository.git_dir == repository.common else listed


def _kind(path: bytes) -> int:
    """Return the file type bits of a path that is not followed; 0 when nothing is there."""
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _parents(path: bytes) -> Iterator[bytes]:
    """Go through the folders of a path, outermost first."""
    parts = path.split(b"/")
    for number in range(1, len(parts)):
        yield b"/".join(parts[:number])


def _list(paths: Iterable[bytes]) -> str:
    names = sorted(shown(path) for path in paths)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
