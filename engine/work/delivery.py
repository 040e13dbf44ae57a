"""Brings a build's result onto the operator's branch: wholly, or not at all."""

import asyncio
from pathlib import Path

from engine.work.git import Git, Repository, end_left_running, in_words, locate, operators, shown, tip_of
from engine.work.trees import settling, worktree
from engine.work.trees.worktree import Place
from engine.work.workspace import IDENTITY, signature
from state.errors import MidwatchError
from state.files import BuildPaths
from state.model.record import Noun

_LOOSE = 100
"""A delivery of fewer objects is kept as loose ones, as `git fetch` does: many tiny packs would slow git down."""

_under_way: set[Path] = set()
"""What this process is delivering right now, by the folders that belong to each delivery."""


class Order(Noun, frozen=True, kw_only=True):
    """What is to be merged, where, and under whose name."""

    repo: str
    branch: str
    base: str
    result: str
    title: str
    label: str
    build: str
    name: str = IDENTITY[0]
    email: str = IDENTITY[1]


class Candidate(Noun, frozen=True, kw_only=True):
    """The commit that would be merged, on top of the branch's tip; it is the tip itself when nothing is left to do."""

    tip: str
    commit: str
    tree: str


class Conflict(Noun, frozen=True, kw_only=True):
    """The branch has moved on in the same places."""

    tip: str
    paths: tuple[str, ...]


class Delivered(Noun, frozen=True, kw_only=True):
    """The branch, and the working tree that has it checked out, hold the result."""

    commit: str


class Blocked(Noun, frozen=True, kw_only=True):
    """Something stands in the way; nothing was touched. `text` names it and says what to do."""

    text: str


class Moved(Noun, frozen=True, kw_only=True):
    """The branch is elsewhere by now: a candidate on top of `tip` is needed."""

    tip: str


@in_words
async def candidate(paths: BuildPaths, order: Order) -> Candidate | Conflict:
    """Make one commit of a result on top of the branch's present tip, in the engine's own git directory.

    Its message carries the title, the subjects of the build's own commits and where it came from. Raises GitError.
    """
    tip = await tip_of(Git(git_dir=locate(order.repo).common), order.branch, order.repo)
    git = Git(git_dir=paths.git)
    base_tree, tip_tree, tree = [await tree_of(git, commit) for commit in (order.base, tip, order.result)]
    if tip_tree != base_tree:
        merged = await merge_trees(git, base_tree, tip_tree, tree)
        if isinstance(merged, tuple):
            return Conflict(tip=tip, paths=merged)
        tree = merged
    if tree == tip_tree:
        return Candidate(tip=tip, commit=tip, tree=tree)
    body = (await git.text("cat-file", "commit", order.result)).partition("\n\n")[2]
    subjects = "".join(f"{line}\n" for line in body.splitlines() if line.startswith("- "))
    title = shown(" ".join(order.title.split()).encode()) or order.label
    message = (
        f"{title}\n\n{subjects}{subjects and chr(10)}Midwatch-Task: {order.label}\nMidwatch-Build: {order.build}\n"
    )
    commit = await git.text(
        "commit-tree", tree, "-p", tip, stdin=message.encode(), env=signature(order.name, order.email)
    )
    return Candidate(tip=tip, commit=commit, tree=tree)


@in_words
async def deliver(paths: BuildPaths, repo: str, branch: str, old: str, new: str) -> Delivered | Blocked | Moved:
    """Move a branch from commit `old` to commit `new`, and with it the working tree that has it checked out.

    The operator's uncommitted and untracked files are never touched: where one stands in the way nothing is.
    When it is left by an error or a cancellation it has first settled what it began; after a crash, `recover` does.
    Raises GitError when the repository, the branch or objects are missing.
    """
    repository = locate(repo)
    theirs = await operators(repository)
    try:
        await _settle_left(repository, theirs)
    except MidwatchError as error:
        return Blocked(text=str(error))
    tip = await tip_of(theirs, branch, repo)
    if tip == new or (tip != old and await holds(theirs, tip, new)):
        return Delivered(commit=new)
    if tip != old:
        return Moved(tip=tip)
    await _carry_objects(paths, repository, theirs, old, new)
    found = await worktree.places(repository, theirs, branch, old, new)
    if len(found) > 1:
        trees = " and ".join(str(place.path) for place in found)
        return Blocked(text=f"{branch} is checked out at {trees}: switch all but one of them to another branch")
    place = found[0]
    text = worktree.rebased(repository, branch) or await place.obstacle()
    if text:
        return Blocked(text=text)
    _under_way.add(place.scratch)
    try:
        return await _deliver_at(place, repository)
    finally:
        _under_way.discard(place.scratch)


async def _deliver_at(place: Place, repository: Repository) -> Delivered | Blocked | Moved:
    if not place.begin():
        return Blocked(text=f"{place.lock} is there: wait until git is done, or remove it if no git runs")
    try:
        await place.advance()
        await _move_branch(place)
        if place.path is not None:
            place.install()
        place.finish()
    except (MidwatchError, OSError, asyncio.CancelledError) as error:
        delivered = await _settle(place, repository)
        if isinstance(error, asyncio.CancelledError):
            raise
        if delivered:
            return Delivered(commit=place.new)
        tip = await tip_of(place.git, place.branch, str(repository.path))
        undone = Blocked(text=f"the merge into {place.branch} was undone: {error}")
        return undone if tip == place.old else Moved(tip=tip)
    return Delivered(commit=place.new)


@in_words
async def recover(repo: str, branch: str, old: str, new: str) -> bool:
    """Settle what was cut off at any point in a repository: each delivery becomes wholly done or wholly undone.

    Returns whether the branch holds `new`; if not, it is still to be delivered.

    Whether one is done is decided by the branch alone. Files are put right only where they provably are as the delivery
    or git left them: as in the old commit, as in the new one, half-written, or missing. A delivery that a living engine
    has under way is left to it. Raises GitError when one cannot be settled now.
    """
    repository = locate(repo)
    theirs = await operators(repository)
    await asyncio.to_thread(end_left_running, worktree.MARK, worktree.marked(repository.common, new))
    await _settle_left(repository, theirs)
    tip = await tip_of(theirs, branch, repo)
    return tip != old and await holds(theirs, tip, new)


async def _settle_left(repository: Repository, theirs: Git) -> None:
    for place in worktree.left(repository, theirs):
        if place.scratch in _under_way:
            continue
        await asyncio.to_thread(end_left_running, worktree.MARK, place.mark[worktree.MARK])
        await _settle(place, repository)


async def _settle(place: Place, repository: Repository) -> bool:
    """Bring a working tree to where the branch says it is; return whether that is the new commit or beyond."""
    await settling.clear_ref_locks(place, repository.common)
    found = await place.git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{place.branch}", ok=(0, 1, 128))
    delivered = found.code == 0 and await holds(place.git, found.out.decode().strip(), place.new)
    await settling.bring(place, forward=delivered)
    place.finish()
    return delivered


async def tree_of(git: Git, commit: str) -> str:
    """Return the tree of a commit; raises GitError when it is not there."""
    return await git.text("rev-parse", "--verify", f"{commit}^{{tree}}")


async def holds(git: Git, tip: str, commit: str) -> bool:
    """Whether a commit is there and is part of the tip's history."""
    if (await git.run("cat-file", "-e", commit, ok=(0, 1, 128))).code != 0:
        return False
    return (await git.run("merge-base", "--is-ancestor", commit, tip, ok=(0, 1))).code == 0


async def merge_trees(git: Git, base_tree: str, ours: str, theirs: str) -> str | tuple[str, ...]:
    """Merge two trees with a third as their base; return the merged tree, or the paths in conflict.

    The base is stated, not looked for in the history: what the operator took off the branch stays off.
    """
    env = signature(*IDENTITY)
    root = await git.text("commit-tree", base_tree, "-m", "base", env=env)
    sides = [await git.text("commit-tree", tree, "-p", root, "-m", "side", env=env) for tree in (ours, theirs)]
    output = await git.run("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *sides, ok=(0, 1))
    tree, *paths = output.out.split(b"\0")
    return tuple(shown(path) for path in paths if path) if output.code else tree.decode().strip()


async def _carry_objects(paths: BuildPaths, repository: Repository, theirs: Git, old: str, new: str) -> None:
    """Copy what the operator's repository lacks of `new`; git checks each object before it keeps it."""
    ours = Git(git_dir=paths.git)
    name = paths.git / "delivery"
    mark = {worktree.MARK: worktree.marked(repository.common, new)}
    packed = await ours.text(
        "pack-objects",
        "-q",
        "--revs",
        "--local",
        "--delta-base-offset",
        str(name),
        stdin=f"{new}\n^{old}\n".encode(),
        env=mark,
    )
    pack = Path(f"{name}-{packed}.pack")
    try:
        with pack.open("rb") as file:
            count = int.from_bytes(file.read(12)[8:], "big")
        receive = ("unpack-objects", "-q") if count < _LOOSE else ("index-pack", "--stdin")
        await theirs.run(*receive, "--strict", stdin=pack, env=mark)
    finally:
        for made in paths.git.glob("delivery-*"):
            made.unlink()


async def _move_branch(place: Place) -> None:
    """Compare and set: raises GitError when the branch is not at the old commit any more, or locked."""
    await place.git.run(
        "update-ref",
        "-m",
        "midwatch: merge",
        f"refs/heads/{place.branch}",
        place.new,
        place.old,
        env={**signature(*IDENTITY), **place.mark},
    )
