"""The commit that takes a merge back takes back that merge and nothing else."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from engine.reversal.revert import Inverse, Nothing, Takeback, inverse
from engine.work import delivery
from engine.work.delivery import Conflict
from engine.work.git import GitError
from state.files import BuildPaths
from tests.engine.work.repositories import commit, git, picture, proposed, repository


def merged(tmp_path: Path, files: dict[str, str | None]) -> tuple[BuildPaths, Path, Takeback]:
    """A build whose result was merged, and the order to take it back."""
    paths, repo = BuildPaths(tmp_path / "b"), repository(tmp_path / "repo", {"a.txt": "a\n", "b.txt": "b\n"})

    async def merge() -> str:
        candidate = await proposed(paths, repo, files)
        await delivery.deliver(paths, str(repo), "main", candidate.tip, candidate.commit)
        return candidate.commit

    took = asyncio.run(merge())
    order = Takeback(repo=str(repo), branch="main", merged=took, label="mend-it", build="mend-it-1", why="it was wrong")
    return paths, repo, order


def test_later_commits_elsewhere_stay(tmp_path: Path) -> None:
    """Only what the merge changed is as it was before; the message says what it reverts and why."""
    paths, repo, order = merged(tmp_path, {"a.txt": "new\n", "made.txt": "made\n"})
    commit(repo, {"b.txt": "later\n"})
    found = asyncio.run(inverse(paths, order))
    assert isinstance(found, Inverse)
    assert found.paths == ("a.txt", "made.txt")
    told = asyncio.run(delivery.deliver(paths, str(repo), "main", found.candidate.tip, found.candidate.commit))
    assert isinstance(told, delivery.Delivered)
    assert picture(repo) == {"a.txt": "- b'a\\n'", "b.txt": "- b'later\\n'"}
    message = git(repo, "log", "-1", "--format=%B")
    assert message.startswith('Revert "Mend it"') and f"This reverts commit {order.merged}" in message
    assert "it was wrong" in message and "Midwatch-Reverts: mend-it-1" in message


def test_later_commits_in_the_same_place_are_a_conflict(tmp_path: Path) -> None:
    """The paths are named, and nothing of the repository has changed."""
    paths, repo, order = merged(tmp_path, {"a.txt": "new\n"})
    tip = commit(repo, {"a.txt": "newer\n"})
    assert asyncio.run(inverse(paths, order)) == Conflict(tip=tip, paths=("a.txt",))
    assert git(repo, "rev-parse", "main") == tip


def test_what_somebody_reverted_already_is_gone(tmp_path: Path) -> None:
    """There is nothing left to take back, which is no failure."""
    paths, repo, order = merged(tmp_path, {"a.txt": "new\n"})
    git(repo, "revert", "--no-edit", "HEAD")
    found = asyncio.run(inverse(paths, order))
    assert isinstance(found, Nothing) and found.gone


def test_a_rewritten_history_is_not_guessed_at(tmp_path: Path) -> None:
    """A merge that is no part of the branch any more is left to the operator."""
    paths, repo, order = merged(tmp_path, {"a.txt": "new\n"})
    git(repo, "reset", "--hard", "--quiet", "HEAD~1")
    found = asyncio.run(inverse(paths, order))
    assert isinstance(found, Nothing) and not found.gone and "history was changed" in found.text


def test_a_commit_of_somebody_else_is_never_reverted(tmp_path: Path) -> None:
    """Where the branch had it all before, the commit on record is not the build's own."""
    paths, repo, order = merged(tmp_path, {"a.txt": "new\n"})
    theirs = msgspec.structs.replace(order, merged=commit(repo, {"c.txt": "theirs\n"}))
    found = asyncio.run(inverse(paths, theirs))
    assert isinstance(found, Nothing) and not found.gone and "its own" in found.text


def test_a_repository_that_is_gone_is_told(tmp_path: Path) -> None:
    """In words, as everywhere."""
    paths, repo, order = merged(tmp_path, {"a.txt": "new\n"})
    repo.rename(tmp_path / "elsewhere")
    with pytest.raises(GitError, match="is gone"):
        asyncio.run(inverse(paths, order))
