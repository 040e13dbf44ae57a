"""Makes the commit that takes a merged build off its branch again."""

from engine.work import delivery
from engine.work.delivery import Candidate, Conflict
from engine.work.git import Git, in_words, locate, shown, tip_of
from engine.work.workspace import IDENTITY, signature
from state.files import BuildPaths
from state.model.record import Noun


class Takeback(Noun, frozen=True, kw_only=True):
    """Which merge is taken back, from where, and under whose name."""

    repo: str
    branch: str
    merged: str
    """The commit by which it came."""
    label: str
    build: str
    why: str = ""
    name: str = IDENTITY[0]
    email: str = IDENTITY[1]


class Inverse(Noun, frozen=True, kw_only=True):
    """The commit that would take it back, on top of the branch's tip, and what it changes."""

    candidate: Candidate
    paths: tuple[str, ...]


class Nothing(Noun, frozen=True, kw_only=True):
    """There is nothing to take back; `text` says why. With `gone`, none of it is on the branch any more."""

    text: str
    gone: bool = False


@in_words
async def inverse(paths: BuildPaths, order: Takeback) -> Inverse | Conflict | Nothing:
    """Make, in the engine's own git directory, the commit that undoes a merge and nothing that came after it.

    Three trees decide: the merged commit is the base, the branch's present tip is one side, the state before the merge
    the other. Nothing of the operator's is touched. Raises GitError.
    """
    tip = await tip_of(Git(git_dir=locate(order.repo).common), order.branch, order.repo)
    git = Git(git_dir=paths.git)
    found = await git.run("rev-parse", "--verify", "--quiet", f"{order.merged}^{{commit}}", ok=(0, 1, 128))
    merged = found.out.decode().strip()
    if found.code != 0 or not await delivery.holds(git, tip, merged):
        return Nothing(text=f"{order.merged[:12]} is no part of {order.branch} any more: its history was changed")
    head, _, message = (await git.text("cat-file", "commit", merged)).partition("\n\n")
    if f"Midwatch-Build: {order.build}" not in message.splitlines():
        return Nothing(
            text=f"{order.branch} had all of it before it was merged: no commit of {order.branch} is its own"
        )
    parent = next(line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent "))
    base, ours, theirs = [await delivery.tree_of(git, commit) for commit in (merged, tip, parent)]
    tree = await delivery.merge_trees(git, base, ours, theirs)
    if isinstance(tree, tuple):
        return Conflict(tip=tip, paths=tree)
    if tree == ours:
        return Nothing(text=f"nothing of it is left on {order.branch}: somebody took it back already", gone=True)
    names = await git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", ours, tree)
    subject = shown(message.partition("\n")[0].encode())
    told = f"\n{shown(' '.join(order.why.split()).encode())}\n" if order.why else ""
    text = (
        f'Revert "{subject}"\n\nThis reverts commit {merged}.\n{told}\n'
        f"Midwatch-Task: {order.label}\nMidwatch-Reverts: {order.build}\n"
    )
    commit = await git.text("commit-tree", tree, "-p", tip, stdin=text.encode(), env=signature(order.name, order.email))
    changed = tuple(shown(name) for name in names.out.split(b"\0") if name)
    return Inverse(candidate=Candidate(tip=tip, commit=commit, tree=tree), paths=changed)
