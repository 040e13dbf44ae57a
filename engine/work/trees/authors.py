"""Who wrote in a repository, by its history."""

from engine.work.git import Git, GitError, locate

_COMMITS = 5000
"""How far back the history is looked through."""
_MOST = 300
"""Names; the latest count."""


async def authors(repo: str) -> frozenset[str]:
    """Return the names of authors and committers of two words or more: a single one may be any word.

    None where the repository cannot be read, which whoever builds from it tells.
    """
    try:
        git = Git(git_dir=locate(repo).common)
        told = await git.text("log", "--all", f"--max-count={_COMMITS}", "--format=%an%n%cn")
    except GitError:
        return frozenset()
    latest = dict.fromkeys(name for name in told.splitlines() if len(name.split()) > 1 and name.isprintable())
    return frozenset(list(latest)[:_MOST])
