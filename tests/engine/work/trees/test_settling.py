"""Settling: each file and index entry goes where it must, and only where it provably is the delivery's."""

import asyncio
import os
from pathlib import Path

import pytest

from engine.work.git import Git, GitError
from engine.work.trees import settling
from engine.work.trees.worktree import Place
from tests.engine.work.repositories import commit, git, picture, repository, write

LONG = "".join(f"line {number}\n" for number in range(1000))


@pytest.fixture
def place(tmp_path) -> Place:
    """A delivery that has begun and done nothing yet: from `old` with its files in place to `new`."""
    repo = repository(tmp_path / "repo", {"changed": "old\n", "gone/file": "g\n", "turn": "t\n", "run": "r\n"})
    old = git(repo, "rev-parse", "HEAD")
    write(repo, {"turn": None, "gone/file": None})
    (repo / "run").chmod(0o755)
    new = commit(repo, {"changed": LONG, "turn/inside": "i\n", "added/deep/file": LONG})
    git(repo, "reset", "--quiet", "--hard", old)
    made = Place(Git(git_dir=repo / ".git"), repo / ".git", repo, "main", old, new)
    assert made.begin()
    return made


def tree(place: Place) -> Path:
    assert place.path is not None
    return place.path


def settle(place: Place, *, forward: bool) -> None:
    asyncio.run(settling.bring(place, forward=forward))
    place.finish()
    if forward:
        git(tree(place), "update-ref", "refs/heads/main", place.new)


def pictures(place: Place) -> dict[bool, dict[str, str]]:
    found = {}
    for forward, wanted in ((False, place.old), (True, place.new)):
        copy = tree(place).parent / f"copy-{wanted}"
        git(tree(place).parent, "clone", "--quiet", "--no-checkout", str(tree(place)), str(copy))
        git(copy, "checkout", "--quiet", "--detach", wanted)
        found[forward] = picture(copy)
    return found


def untouched(place: Place) -> None:
    """Nothing was written yet."""


def halfway(place: Place) -> None:
    """One file is half written, another missing, a folder made and still empty."""
    (tree(place) / "changed").write_text(LONG[:100])
    (tree(place) / "gone/file").unlink()
    (tree(place) / "added/deep").mkdir(parents=True)
    (tree(place) / "added/deep/file").write_text("")


def written(place: Place) -> None:
    """All files are new, the index is old."""
    asyncio.run(place.advance())


def rolled_back_halfway(place: Place) -> None:
    """An undoing was cut off in its turn: a file is the beginning of the old one."""
    written(place)
    (tree(place) / "changed").write_text("ol")


@pytest.mark.parametrize("state", [untouched, halfway, written, rolled_back_halfway])
@pytest.mark.parametrize("forward", [True, False])
def test_from_every_state_both_ends_are_reached(place, state, forward):
    """Files, index and status agree with the commit that is wanted, and nothing else is there."""
    wanted = pictures(place)[forward]
    state(place)
    settle(place, forward=forward)
    assert picture(tree(place)) == wanted
    assert git(tree(place), "status", "--porcelain") == ""
    assert not (tree(place) / ("gone" if forward else "added")).exists()


@pytest.mark.parametrize("forward", [True, False])
def test_what_is_the_operators_stays(place, forward):
    """A file with bytes of their own, a staged entry, a folder with something in it."""
    written(place)
    (tree(place) / "changed").write_text("mine\n")
    write(tree(place), {"added/deep/mine": "m\n", "turn/mine": "m\n"})
    settle(place, forward=forward)
    assert (tree(place) / "changed").read_text() == "mine\n"
    assert (tree(place) / "added/deep/mine").read_text() == "m\n"
    assert (tree(place) / "turn/mine").read_text() == "m\n"


def test_a_symlink_in_the_place_of_a_folder_is_not_followed(place, tmp_path):
    """What it leads to looks exactly like the delivery's own, and still is not touched."""
    outside = tmp_path / "outside"
    write(outside, {"deep/file": LONG})
    (outside / "empty").mkdir()
    os.symlink(outside, tree(place) / "added")
    settle(place, forward=False)
    assert (outside / "deep/file").read_text() == LONG
    assert (outside / "empty").is_dir()


def test_special_files_in_the_way_are_not_opened(place):
    """A pipe would block for ever."""
    (tree(place) / "changed").unlink()
    os.mkfifo(tree(place) / "changed")
    settle(place, forward=False)
    assert (tree(place) / "changed").is_fifo()


def test_without_the_lock_nothing_is_touched(place):
    """Another git may be in the middle of something."""
    written(place)
    place.lock.unlink()
    place.lock.write_text("")
    before = picture(tree(place))
    with pytest.raises(GitError, match="remove it if no git runs"):
        asyncio.run(settling.bring(place, forward=False))
    assert picture(tree(place)) == before


def test_locks_of_others_stay(place):
    """Neither a lock with other content nor one that is older than the delivery is removed."""
    common = tree(place) / ".git"
    other, older = common / "refs/heads/main.lock", common / "HEAD.lock"
    other.write_text("0" * 40)
    older.write_text("")
    os.utime(older, (1, 1))
    asyncio.run(settling.clear_ref_locks(place, common))
    assert other.exists()
    assert older.exists()


def test_a_lock_that_is_given_back_in_time_is_not_removed(place):
    """An empty lock that changes while it is watched belongs to a git that lives."""
    lock = tree(place) / ".git/HEAD.lock"
    lock.write_text("")

    async def watched() -> None:
        async def work() -> None:
            await asyncio.sleep(0.2)
            lock.write_text("0" * 40)

        await asyncio.gather(settling.clear_ref_locks(place, tree(place) / ".git"), work())

    asyncio.run(watched())
    assert lock.exists()
