"""A build's workspace: made from a commit before it runs, and read back as a commit when it is over."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.work.git import (
    MARK,
    Git,
    GitError,
    Repository,
    branch_of,
    end_left_running,
    in_words,
    locate,
    shown,
    tip_of,
)
from engine.work.sandbox import Mount
from engine.work.trees import salvage
from state.files import BuildPaths
from state.model.record import Noun

IDENTITY = ("Midwatch", "midwatch@localhost")
_INSIDE = "/objects"
_EXCLUDE = "/PROGRESS.md\n"
"""What is never part of a result unless the repository has it already: the build's own ticked list."""
_MOST_FILES = 1000
_DEEPEST = 5


class Prepared(Noun, frozen=True, kw_only=True):
    """Where a build starts from; empty without a repository."""

    base: str = ""
    branch: str = ""


class Collected(Noun, frozen=True, kw_only=True):
    """What a build made."""

    result: str = ""
    """The commit, on top of the base; empty when nothing changed."""
    digest: str = ""
    """SHA-256 of the full binary diff from the base to the result."""
    files_changed: int = 0
    added: int = 0
    """Lines, binary files not counted."""
    deleted: int = 0
    notes: tuple[str, ...] = ()
    """What was left out, in words."""


def clear(paths: BuildPaths) -> None:
    """Remove what was prepared, or verified, here before; no process of a build may run in it. Raises GitError."""
    if paths.git.exists():
        end_left_running(MARK, str(paths.git))
    for folder in (paths.work, paths.git, _aside(paths)):
        try:
            salvage.remove(folder)
        except OSError as error:
            raise GitError(f"{folder} cannot be removed: {error.strerror}: remove it by hand") from error


def prepare_empty(paths: BuildPaths) -> None:
    """Make the workspace of a build without a repository."""
    paths.work.mkdir(parents=True, exist_ok=True)


@in_words
async def prepare(paths: BuildPaths, repo: str, branch: str, *, label: str, sandboxed: bool = True) -> Prepared:
    """Check the branch's tip out into the build's workspace, with a private repository to look at and commit in.

    An empty `branch` is the one that is checked out. The workspace shares the operator's objects: inside the sandbox by
    the read-only folders that `mounts` names, without one by the operator's own. Raises GitError.
    """
    if not repo:
        prepare_empty(paths)
        return Prepared()
    found = locate(repo)
    theirs = Git(git_dir=found.git_dir)
    branch = branch.removeprefix("refs/heads/") or await branch_of(theirs, repo)
    base = await tip_of(theirs, branch, repo)
    object_format = await theirs.text("rev-parse", "--show-object-format")
    tags = await theirs.text("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags")
    prepare_empty(paths)
    _make_git_dir(paths.git, found, (str(found.objects),), object_format, bare=True)
    # Nothing is lost when the machine stops now: a workspace in which nothing ran is made again.
    git = Git(git_dir=paths.git, work_tree=paths.work, settings=(("core.fsync", "none"),))
    try:
        await git.run("read-tree", "--reset", "-u", base)
    except GitError as error:
        raise GitError(f"{branch} of {repo} cannot be checked out: {error}{_remedy(found)}") from error
    _make_private(paths, found, object_format, base, branch, tags, label, sandboxed=sandboxed)
    return Prepared(base=base, branch=branch)


async def mounts(paths: BuildPaths, repo: str) -> tuple[Mount, ...]:
    """Return the read-only folders through which a sandboxed build sees the operator's objects. Raises GitError."""
    nothing = paths.git / "nothing"
    found: list[Mount] = []
    for number, objects in enumerate(_object_stores(locate(repo).objects)):
        found.append(Mount(host=str(objects), inside=f"{_INSIDE}/{number}"))
        if (objects / "info/alternates").exists():
            # It names places outside the sandbox, which git would complain about at each command.
            found.append(Mount(host=str(nothing), inside=f"{_INSIDE}/{number}/info/alternates"))
    return tuple(found)


def readable(paths: Sequence[str]) -> tuple[Mount, ...]:
    """Return the mounts for paths that builds may read where they are."""
    return tuple(Mount(host=path, inside=path) for path in paths)


@in_words
async def collect(paths: BuildPaths, base: str, title: str, build: str) -> Collected:
    """Read the workspace back as a commit on top of `base`. Every process of the build must be dead.

    The build's own repository is put aside unread, but for the subjects of its commits. May be called again after a
    crash in the middle. Raises GitError.
    """
    aside = _aside(paths)
    if aside.exists():
        await asyncio.to_thread(end_left_running, MARK, str(paths.git))
    private = await asyncio.to_thread(salvage.set_git_aside, paths.work, aside)
    notes = await asyncio.to_thread(salvage.sweep, paths.work, aside)
    subjects = salvage.commit_subjects(private)
    bare = Git(git_dir=paths.git)
    index = await asyncio.to_thread(_fresh_index, paths)
    git = replace(bare, work_tree=paths.work, index=index)
    await git.run("add", "--all")
    notes += await _unread_submodules(git)
    made = await git.text("write-tree")
    if made == await bare.text("rev-parse", "--verify", f"{base}^{{tree}}"):
        return Collected(notes=notes)
    name, email = IDENTITY
    body = "".join(f"- {subject}\n" for subject in subjects)
    result = await bare.text(
        "commit-tree",
        made,
        "-p",
        base,
        stdin=f"{title}\n\n{body}Midwatch-Build: {build}\n".encode(),
        env=signature(name, email),
    )
    files, added, deleted = await _figures(bare, base, result)
    return Collected(
        result=result,
        digest=await digest(paths, base, result),
        files_changed=files,
        added=added,
        deleted=deleted,
        notes=notes,
    )


def deliverables(paths: BuildPaths) -> tuple[str, ...]:
    """Return the relative paths of the regular files that a build without a repository left, at most 1,000 of them.

    Names that are not UTF-8 are left out: no other program could be told about them.
    """
    names = []
    for relative in salvage.regular_files(paths.work):
        with contextlib.suppress(UnicodeDecodeError):
            names.append(relative.decode())
    return tuple(sorted(names)[:_MOST_FILES])


@in_words
async def checkout(paths: BuildPaths, commit: str, into: Path) -> None:
    """Write exactly the tree of a commit into a folder that is new or empty. Raises GitError."""
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise GitError(f"{into} is not empty: remove it and try again")
    index = paths.git / f"{into.name}.index"
    index.with_name(f"{index.name}.lock").unlink(missing_ok=True)
    git = Git(git_dir=paths.git, work_tree=into, index=index, settings=(("core.fsync", "none"),))
    try:
        await git.run("read-tree", "--reset", "-u", commit)
    finally:
        index.unlink(missing_ok=True)


async def digest(paths: BuildPaths, base: str, result: str) -> str:
    """Return the SHA-256 of the full binary diff between two commits: what an approval is bound to. Raises GitError."""
    seen = hashlib.sha256()
    git = Git(git_dir=paths.git)
    await git.run(*_DIFF, "--no-renames", "--binary", base, result, sink=seen.update)
    return seen.hexdigest()


async def diff(paths: BuildPaths, base: str, result: str, limit_bytes: int = 1 << 20) -> str:
    """Return the diff between two commits for people to read, cut at `limit_bytes` with a line that says so.

    It holds whatever bytes the files hold: clean it before it meets a terminal. Raises GitError.
    """
    if not result or base == result:
        return ""
    git = Git(git_dir=paths.git)
    output = await git.run(*_DIFF, "--find-renames", base, result, keep_bytes=limit_bytes)
    text = output.out.decode("utf-8", "replace")
    return (
        f"{text}\n[the rest of the diff is not shown: it is longer than {limit_bytes:,} bytes]\n"
        if output.cut
        else text
    )


_DIFF = (
    "diff-tree",
    "-r",
    "-p",
    "--full-index",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


def signature(name: str, email: str) -> dict[str, str]:
    """Return the environment that names author and committer; git fills in the time."""
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


def _aside(paths: BuildPaths) -> Path:
    return paths.root / "aside"


def _make_git_dir(
    at: Path,
    theirs: Repository,
    alternates: Sequence[str],
    object_format: str,
    *,
    bare: bool,
    core: str = "",
    more: str = "",
) -> None:
    """Write a git directory by hand: quicker than `git init`, and nothing in it but what is named here."""
    for folder in ("objects/info", "objects/pack", "refs/heads", "info"):
        (at / folder).mkdir(parents=True)
    version, extension = (
        ("0", "") if object_format == "sha1" else ("1", f"[extensions]\n\tobjectFormat = {object_format}\n")
    )
    _write(
        at / "config",
        f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = {str(bare).lower()}\n\tfileMode = true\n"
        f"\tlogAllRefUpdates = true\n{core}{extension}{more}",
    )
    _write(at / "objects/info/alternates", "".join(f"{_quoted(path)}\n" for path in alternates))
    _write(at / "info/exclude", _EXCLUDE)
    _write(at / "nothing", "")
    if (theirs.common / "shallow").is_file():
        shutil.copyfile(theirs.common / "shallow", at / "shallow")
    _write(at / "HEAD", "ref: refs/heads/none\n")


def _make_private(
    paths: BuildPaths,
    theirs: Repository,
    object_format: str,
    base: str,
    branch: str,
    tags: str,
    label: str,
    *,
    sandboxed: bool,
) -> None:
    """Give the build a repository of its own, on a branch of its own, with an index that knows its files."""
    own = f"refs/heads/midwatch/{re.sub(r'[^A-Za-z0-9_-]+', '-', label)}"
    name, email = IDENTITY
    stores = _object_stores(theirs.objects)
    alternates = [f"{_INSIDE}/{number}" if sandboxed else str(store) for number, store in enumerate(stores)]
    # Inode numbers and owners may look different inside a sandbox; size and time do not.
    core = "\tcheckStat = minimal\n\ttrustCtime = false\n"
    more = f"[user]\n\tname = {name}\n\temail = {email}\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
    at = paths.work / ".git"
    _make_git_dir(at, theirs, alternates, object_format, bare=False, core=core, more=more)
    refs = [f"{base} {own}"]
    if branch != "midwatch" and f"refs/heads/{branch}" != own and not branch.startswith(f"{own[11:]}/"):
        refs.append(f"{base} refs/heads/{branch}")
    refs += tags.splitlines()
    _write(at / "packed-refs", "".join(f"{ref}\n" for ref in sorted(refs, key=lambda ref: ref.partition(" ")[2])))
    _write(at / "HEAD", f"ref: {own}\n")
    shutil.copyfile(paths.git / "index", at / "index")


def _write(path: Path, text: str) -> None:
    path.write_bytes(os.fsencode(text))


def _quoted(path: str) -> str:
    """Return a path as a line of an alternates file, in quotes where git would else misread it."""
    if path.startswith(('"', "#")) or any(c in path for c in '\n"\\'):
        escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return path


def _object_stores(objects: Path) -> tuple[Path, ...]:
    """Return an object store and all that it borrows from, as git itself would follow them."""
    found: list[Path] = []
    waiting = [(objects.resolve(), 0)]
    while waiting:
        store, depth = waiting.pop(0)
        if store in found or not store.is_dir():
            continue
        found.append(store)
        alternates = store / "info/alternates"
        if depth < _DEEPEST and alternates.is_file():
            lines = os.fsdecode(alternates.read_bytes()).splitlines()
            waiting += [((store / line).resolve(), depth + 1) for line in lines if line and line[0] not in '#"']
    return tuple(found)


def _remedy(found: Repository) -> str:
    """What to do when objects are missing, as far as the repository's kind tells."""
    config = found.common / "config"
    if config.is_file() and b"promisor" in config.read_bytes().lower():
        return f"; {found.path} is a partial clone: complete it with `git fetch --refetch --no-filter`"
    return ""


def _fresh_index(paths: BuildPaths) -> Path:
    """Copy the index of the base, so that a second collection starts where the first one did."""
    index = paths.git / "collect.index"
    index.with_name(f"{index.name}.lock").unlink(missing_ok=True)
    shutil.copy2(paths.git / "index", index)
    return index


async def _unread_submodules(git: Git) -> tuple[str, ...]:
    """Return a note for each submodule that the build filled: its content belongs to another repository."""
    assert git.work_tree is not None
    if not os.path.lexists(git.work_tree / ".gitmodules"):
        return ()
    listed = await git.run("ls-files", "--stage", "-z")
    entries = (entry.partition(b"\t") for entry in listed.out.split(b"\0") if entry.startswith(b"160000 "))
    root = os.fsencode(git.work_tree)
    return tuple(
        f"left out what is in {shown(name)}: it is a submodule"
        for _head, _tab, name in entries
        if os.path.isdir(os.path.join(root, name)) and os.listdir(os.path.join(root, name))
    )


async def _figures(git: Git, base: str, result: str) -> tuple[int, int, int]:
    """Return how many files differ between two commits, and how many lines were added and deleted."""
    output = await git.run("diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", base, result)
    lines = [entry.split(b"\t", 2) for entry in output.out.split(b"\0") if entry]
    added, deleted = (sum(int(line[column]) for line in lines if line[column] != b"-") for column in (0, 1))
    return len(lines), added, deleted
