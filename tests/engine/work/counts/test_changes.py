"""What a build changed of a repository, counted while it runs."""

import asyncio
from pathlib import Path

import pytest

from engine.work import workspace
from engine.work.counts import changes
from state.files import BuildPaths
from tests.engine.work.repositories import git, repository


@pytest.fixture
def paths(tmp_path: Path) -> BuildPaths:
    repo = repository(tmp_path / "repo", {"a.txt": "a\n", "b.txt": "b\n", "sub/c.txt": "c\n", ".gitignore": "*.o\n"})
    made = BuildPaths(tmp_path / "build")
    asyncio.run(workspace.prepare(made, str(repo), "main", label="tidy", sandboxed=False))
    return made


def counted(paths: BuildPaths) -> int:
    return asyncio.run(changes.count(paths))


def test_nothing_is_changed_at_first(paths: BuildPaths) -> None:
    """A fresh workspace differs in nothing, the build's own repository in it included."""
    assert counted(paths) == 0


def test_each_path_counts_once_and_what_goes_counts_too(paths: BuildPaths) -> None:
    """Changed, new, moved and removed files are told apart by their paths."""
    (paths.work / "a.txt").write_text("changed\n")
    (paths.work / "a.txt").write_text("changed again\n")
    (paths.work / "b.txt").unlink()
    (paths.work / "sub/c.txt").rename(paths.work / "sub/d.txt")
    (paths.work / "new").mkdir()
    (paths.work / "new/e.txt").write_text("e\n")
    assert counted(paths) == 5


def test_what_never_is_part_of_a_result_does_not_count(paths: BuildPaths) -> None:
    """Caches that the repository leaves out, and the build's ticked list."""
    (paths.work / "made.o").write_text("")
    (paths.work / "PROGRESS.md").write_text("- [ ] all\n")
    assert counted(paths) == 0


def test_its_own_commits_hide_nothing(paths: BuildPaths) -> None:
    """What it committed in its own repository is changed all the same."""
    (paths.work / "a.txt").write_text("changed\n")
    git(paths.work, "add", "--all")
    git(paths.work, "commit", "-q", "-m", "one")
    assert counted(paths) == 1
