"""The record's heads as git notes on an operator's repository, which leave its branches and files alone."""

import hashlib
from pathlib import Path

from engine.work.git import Git, GitError, locate, operators
from state.files import Workspace
from state.journal import Published
from state.keeping import heads
from state.keeping.heads import Head, NoHeads
from state.settings import GitSettings

REF = "refs/notes/midwatch"
_MARK = "# midwatch "


def signature(workspace: Workspace) -> str:
    """Return what tells the heads of this workspace from those of others, in 16 hex digits."""
    return hashlib.sha256(str(workspace.root.resolve()).encode()).hexdigest()[:16]


async def add(repo: str, workspace: Workspace, head: Head, signer: GitSettings) -> str:
    """Add a line to the note on the commit that a repository stands at; returns the commit. Raises GitError."""
    git = await operators(locate(repo))
    found = await git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128))
    if found.code != 0:
        raise GitError(f"{repo} has no commit yet to which a note could be added: make a first commit in it")
    commit = found.out.decode().strip()
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", signer.name), ("EMAIL", signer.email))
    }
    line = f"{head.line} {_MARK}{signature(workspace)}\n".encode()
    await git.run("notes", f"--ref={REF}", "append", "-F", "-", commit, stdin=line, env=who)
    return commit


async def read(repo: str, workspace: Workspace) -> tuple[Published, ...]:
    """Return this workspace's heads from the notes of a repository. Raises GitError, and NoHeads when it has none."""
    git = Git(git_dir=locate(repo).git_dir)
    listed = await git.run("notes", f"--ref={REF}", "list", ok=(0, 1))
    found: list[Published] = []
    mark = f"{_MARK}{signature(workspace)}"
    for row in listed.out.decode().splitlines():
        blob, _, commit = row.partition(" ")
        lines = (await git.text("cat-file", "blob", blob)).splitlines()
        ours = [line for line in lines if line.endswith(mark)]
        if ours:
            found += heads.parse(ours, f"the note on {commit[:12]} of {Path(repo)}")
    if not found:
        raise NoHeads(f"no note in {repo} tells of a head of this workspace: `midwatch audit publish` puts one there")
    return tuple(sorted(found, key=lambda head: head.seal.seq))
