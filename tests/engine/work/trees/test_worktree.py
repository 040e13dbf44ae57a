"""The operator's working tree: where a branch is checked out, what stands in the way, and whose lock it is."""

import asyncio
import os
from pathlib import Path

import pytest

from engine.safety import processes
from engine.work.git import Git, Repository, locate, operators
from engine.work.trees import worktree
from engine.work.trees.worktree import Change, Place
from tests.engine.work.repositories import commit, git, repository, write


@pytest.fixture
def repo(tmp_path) -> Path:
    return repository(tmp_path / "repo")


def places(repo: Path, branch: str, old: str = "", new: str = "") -> tuple[Place, ...]:
    async def ask() -> tuple[Place, ...]:
        found = locate(str(repo))
        return await worktree.places(found, await operators(found), branch, old, new)

    return asyncio.run(ask())


def here(repo: Path, old: str, new: str) -> Place:
    (place,) = places(repo, "main", old, new)
    return place


def found(repo: Path) -> tuple[Repository, Git]:
    return locate(str(repo)), Git(git_dir=repo / ".git")


def test_a_branch_is_found_where_it_is_checked_out(tmp_path, repo):
    """In the main tree, in a linked one, or in none."""
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    git(repo, "branch", "free")
    (main,), (side,), (free,) = (places(repo, name) for name in ("main", "side", "free"))
    assert (main.path, main.git.git_dir) == (repo, repo / ".git")
    assert (side.path, side.git.git_dir) == (tmp_path / "linked", repo / ".git/worktrees/linked")
    assert (free.path, free.git.git_dir) == (None, repo / ".git")


def test_a_branch_may_be_checked_out_twice(repo):
    """Both places are told."""
    git(repo, "worktree", "add", "--quiet", "--force", "../linked", "main")
    assert len(places(repo, "main")) == 2


def test_changes_are_every_path_that_differs(repo):
    """With mode and object on each side."""
    old = git(repo, "rev-parse", "HEAD")
    new = commit(repo, {"a.txt": None, "odd\nname": "o\n"})
    changes = asyncio.run(here(repo, old, new).changes())
    added = git(repo, "rev-parse", "HEAD:odd\nname").encode()
    removed = git(repo, "rev-parse", f"{old}:a.txt").encode()
    nothing = b"0" * 40
    assert set(changes) == {
        Change(b"odd\nname", b"000000", b"100644", nothing, added),
        Change(b"a.txt", b"100644", b"000000", removed, nothing),
    }


def test_the_lock_is_gits_own_and_says_whose_it_is(repo):
    """While it is held no git changes the index; it is this delivery's and no other's."""
    old = git(repo, "rev-parse", "HEAD")
    one, other = here(repo, old, "1" * 40), here(repo, old, "2" * 40)
    assert one.begin()
    assert one.locked()
    assert not other.begin()
    assert not other.scratch.exists()
    write(repo, {"a.txt": "changed\n"})
    with pytest.raises(AssertionError, match=r"index\.lock"):
        git(repo, "add", "a.txt")
    one.finish()
    assert not one.lock.exists()
    assert not (repo / ".git/midwatch").exists()
    git(repo, "add", "a.txt")


def test_where_there_are_no_hard_links_the_lock_works_too(repo, monkeypatch):
    """It is then made in two steps."""

    def refuse(*_args: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    place = here(repo, git(repo, "rev-parse", "HEAD"), "1" * 40)
    assert place.begin()
    assert not here(repo, place.old, "2" * 40).begin()
    place.finish()
    assert not place.lock.exists()


def test_a_lock_of_gits_own_is_never_taken_or_given_back(repo):
    """What is not this delivery's stays."""
    place = here(repo, git(repo, "rev-parse", "HEAD"), "1" * 40)
    place.lock.write_text("")
    assert not place.begin()
    place.lock.unlink()
    assert place.begin()
    place.lock.unlink()
    place.lock.write_text("")
    place.finish()
    assert place.lock.read_text() == ""


def test_what_was_begun_by_this_process_is_found_again(repo):
    """With all that is needed to settle it."""
    place = here(repo, git(repo, "rev-parse", "HEAD"), "1" * 40)
    place.begin()
    assert [left.marker for left in worktree.left(*found(repo))] == [place.marker]
    (left,) = worktree.left(*found(repo))
    assert (left.path, left.branch, left.old, left.new) == (repo, "main", place.old, place.new)
    place.finish()
    assert worktree.left(*found(repo)) == ()


def test_what_a_living_process_began_is_not_found(repo, monkeypatch):
    """Until that process is gone."""
    place = here(repo, git(repo, "rev-parse", "HEAD"), "1" * 40)
    other = processes.identify(os.getppid())
    with monkeypatch.context() as patch:
        patch.setattr(worktree, "identify", lambda pid: other)
        place.begin()
    assert worktree.left(*found(repo)) == ()
    with monkeypatch.context() as patch:
        patch.setattr(worktree, "alive", lambda identity: identity != other)
        assert len(worktree.left(*found(repo))) == 1


def test_a_lock_that_outlived_its_marker_is_found(repo):
    """The lock is given back last; alone it still tells everything."""
    place = here(repo, git(repo, "rev-parse", "HEAD"), "1" * 40)
    place.begin()
    place.marker.unlink()
    (left,) = worktree.left(*found(repo))
    assert left.new == place.new
    assert left.marker.exists()


def test_remains_of_what_never_began_are_removed(repo):
    """A folder without a marker is nothing to settle."""
    (repo / ".git/midwatch" / ("1" * 40)).mkdir(parents=True)
    assert worktree.left(*found(repo)) == ()
    assert not (repo / ".git/midwatch").exists()


def test_a_clear_way_is_clear(repo):
    """With changes that do not touch the merge's paths."""
    old = git(repo, "rev-parse", "HEAD")
    new = commit(repo, {"a.txt": "changed\n"})
    git(repo, "reset", "--quiet", "--hard", old)
    write(repo, {"d/b.txt": "mine\n", "untracked": "u\n"})
    place = here(repo, old, new)
    assert asyncio.run(place.obstacle()) == ""
    write(repo, {"a.txt": "mine\n"})
    assert "with changes in a.txt: commit or revert them" in asyncio.run(place.obstacle())


def test_a_long_list_of_obstacles_is_cut(repo):
    """Ten are named, the rest counted."""
    old = git(repo, "rev-parse", "HEAD")
    new = commit(repo, {f"{number:02}": "n\n" for number in range(15)})
    git(repo, "reset", "--quiet", "--hard", old)
    write(repo, {f"{number:02}": "mine\n" for number in range(15)})
    assert "08, 09 and 5 more" in asyncio.run(here(repo, old, new).obstacle())
