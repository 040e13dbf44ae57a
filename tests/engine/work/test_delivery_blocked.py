"""What the operator has under way is in the way of a delivery, which then changes nothing."""

import asyncio
import os
from pathlib import Path

import pytest

from engine.work import delivery, workspace
from engine.work.delivery import Blocked, Candidate
from state.files import BuildPaths
from tests.engine.work.deliveries import deliver, everything, propose
from tests.engine.work.repositories import commit, git, order, proposed, repository, write


@pytest.fixture
def repo(tmp_path) -> Path:
    return repository(tmp_path / "repo")


@pytest.fixture
def paths(tmp_path) -> BuildPaths:
    return BuildPaths(tmp_path / "build")


def edited(repo: Path) -> None:
    write(repo, {"a.txt": "mine\n"})


def staged(repo: Path) -> None:
    write(repo, {"a.txt": "mine\n"})
    git(repo, "add", "a.txt")


def staged_and_put_back(repo: Path) -> None:
    staged(repo)
    write(repo, {"a.txt": "a\n"})


def deleted(repo: Path) -> None:
    write(repo, {"a.txt": None})


def made_executable(repo: Path) -> None:
    (repo / "a.txt").chmod(0o755)


def hidden_from_git(repo: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "a.txt")
    write(repo, {"a.txt": "mine\n"})


def changed_where_it_is_deleted(repo: Path) -> None:
    write(repo, {"d/b.txt": "mine\n"})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (edited, "a.txt"),
        (staged, "a.txt"),
        (staged_and_put_back, "a.txt"),
        (deleted, "a.txt"),
        (made_executable, "a.txt"),
        (hidden_from_git, "a.txt"),
        (changed_where_it_is_deleted, "d/b.txt"),
    ],
)
def test_an_uncommitted_change_in_the_way_blocks(repo, paths, change, named):
    """Whatever kind of change it is: it is named, and nothing at all is touched."""
    found = propose(paths, repo)
    change(repo)
    before = everything(repo)
    answer = deliver(paths, repo, found)
    assert isinstance(answer, Blocked)
    assert named in answer.text
    assert everything(repo) == before


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"new/file": "mine\n"}, "new/file"),
        ({"new": "mine\n"}, "new"),
        ({"new/file/deeper": "mine\n"}, "new/file/deeper"),
    ],
)
@pytest.mark.parametrize("ignored", [False, True])
def test_an_untracked_file_in_the_way_blocks(repo, paths, files, named, ignored):
    """Also one that is ignored, which git itself would overwrite, and one where a folder must be."""
    if ignored:
        write(repo, {".git/info/exclude": "new\n"})
    found = propose(paths, repo)
    write(repo, files)
    before = everything(repo)
    answer = deliver(paths, repo, found)
    assert isinstance(answer, Blocked)
    assert f"untracked files in {repo} are in the way: {named}:" in answer.text
    assert everything(repo) == before


def test_a_symlink_in_the_place_of_a_folder_blocks(repo, paths, tmp_path):
    """Nothing is written through a link of the operator's."""
    found = propose(paths, repo)
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", repo / "new")
    answer = deliver(paths, repo, found)
    assert isinstance(answer, Blocked)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_folder_that_becomes_a_file_keeps_what_is_untracked_in_it(repo, paths):
    """A file that nobody committed is not removed with its folder."""
    commit(repo, {})

    async def turned() -> Candidate:
        prepared = await workspace.prepare(paths, str(repo), "", label="x")
        write(paths.work, {"d/b.txt": None})
        (paths.work / "d").rmdir()
        write(paths.work, {"d": "2\n"})
        collected = await workspace.collect(paths, prepared.base, "x", "x-1")
        found = await delivery.candidate(paths, order(repo, prepared.base, collected.result))
        assert isinstance(found, Candidate)
        return found

    found = asyncio.run(turned())
    write(repo, {".git/info/exclude": "*.key\n"})
    write(repo, {"d/secret.key": "k\n"})
    answer = deliver(paths, repo, found)
    assert isinstance(answer, Blocked)
    assert "d/secret.key" in answer.text
    assert (repo / "d/secret.key").read_text() == "k\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MERGE_HEAD", "a merge is in progress"),
        ("CHERRY_PICK_HEAD", "a cherry-pick is in progress"),
        ("rebase-merge", "a rebase is in progress"),
        ("index.lock", "index.lock is there"),
    ],
)
def test_what_the_operator_is_in_the_middle_of_blocks(repo, paths, name, text):
    """A merge, a rebase or another git at work is waited for."""
    found = propose(paths, repo)
    (repo / ".git" / name).write_text("")
    before = everything(repo)
    answer = deliver(paths, repo, found)
    assert isinstance(answer, Blocked)
    assert text in answer.text
    assert everything(repo) == before


def test_a_branch_in_the_middle_of_a_rebase_blocks(repo, paths):
    """A rebase detaches HEAD, and still the branch is in use."""
    found = propose(paths, repo)
    git(repo, "checkout", "--quiet", "-b", "onto")
    commit(repo, {"a.txt": "other\n"})
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {"a.txt": "mine\n"})
    git(repo, "reset", "--quiet", "--soft", found.tip)
    git(repo, "commit", "--quiet", "-m", "mine")
    tip = git(repo, "rev-parse", "main")
    git(repo, "rebase", "onto", ok=(1,))
    again = asyncio.run(proposed(BuildPaths(paths.root / "again"), repo, {"new/file": "n\n"}))
    answer = deliver(BuildPaths(paths.root / "again"), repo, again)
    assert isinstance(answer, Blocked)
    assert "a rebase of main is in progress" in answer.text
    assert git(repo, "rev-parse", "main") == tip


def test_a_dirty_linked_working_tree_blocks(tmp_path, repo, paths):
    """The text names the tree where the change is."""
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    found = propose(paths, repo, branch="side")
    write(tmp_path / "linked", {"a.txt": "mine\n"})
    answer = deliver(paths, repo, found, "side")
    assert isinstance(answer, Blocked)
    assert str(tmp_path / "linked") in answer.text
