"""What the tests of deliveries do alike."""

import asyncio
from pathlib import Path

from engine.work import delivery
from engine.work.delivery import Candidate
from state.files import BuildPaths
from tests.engine.work.repositories import git, picture, proposed

CHANGES: dict[str, str | None] = {"a.txt": "changed\n", "new/file": "n\n", "d/b.txt": None}


def propose(
    paths: BuildPaths, repo: Path, files: dict[str, str | None] | None = None, branch: str = "main"
) -> Candidate:
    return asyncio.run(proposed(paths, repo, files or CHANGES, branch))


def deliver(paths: BuildPaths, repo: Path, found: Candidate, branch: str = "main"):
    return asyncio.run(delivery.deliver(paths, str(repo), branch, found.tip, found.commit))


def everything(repo: Path) -> tuple[object, ...]:
    """All that a blocked delivery must leave as it was."""
    return (
        picture(repo),
        git(repo, "for-each-ref"),
        git(repo, "status", "--porcelain", "--ignored"),
        sorted(path.name for path in (repo / ".git").iterdir()),
    )
