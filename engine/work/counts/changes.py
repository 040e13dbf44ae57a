"""How many files a build has changed of a repository, while it goes on changing them."""

from engine.work.git import Git
from state.files import BuildPaths

_MOST_BYTES = 1 << 20


async def count(paths: BuildPaths) -> int:
    """Return how many files differ from what the build began with, as they would if it ended now. Raises GitError.

    New, changed and removed files count, and each once. What the repository's rules leave out of a result does not, so
    that a build may fill its caches. Nothing that the build wrote into its own repository is looked at.
    """
    git = Git(git_dir=paths.git, work_tree=paths.work, index=paths.git / "index")
    words = ("ls-files", "-z", "--modified", "--others", "--exclude-standard")
    told = await git.run(*words, keep_bytes=_MOST_BYTES)
    return told.out.count(b"\0")
