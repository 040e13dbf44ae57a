"""Delivery: a result comes onto the branch wholly or not at all, around whatever the operator has changed."""

import asyncio
import os
from pathlib import Path

import pytest

from engine.work import delivery, workspace
from engine.work.delivery import Blocked, Candidate, Conflict, Delivered, Moved
from engine.work.git import GitError
from state.files import BuildPaths
from tests.engine.work.deliveries import CHANGES, deliver, everything, propose
from tests.engine.work.repositories import built, commit, git, order, picture, proposed, repository, write


@pytest.fixture
def repo(tmp_path) -> Path:
    return repository(tmp_path / "repo")


@pytest.fixture
def paths(tmp_path) -> BuildPaths:
    return BuildPaths(tmp_path / "build")


def test_a_clean_branch_gets_one_commit_with_its_working_tree(repo, paths):
    """The branch, the index and the files all are at the new commit, which stands on the old one."""
    found = propose(paths, repo)
    assert deliver(paths, repo, found) == Delivered(commit=found.commit)
    assert git(repo, "rev-parse", "main", "main^") == f"{found.commit}\n{found.tip}"
    assert git(repo, "status", "--porcelain") == ""
    assert picture(repo) == {"a.txt": "- b'changed\\n'", "new/file": "- b'n\\n'"}
    assert git(repo, "fsck", "--strict") == ""
    assert not (repo / ".git/midwatch").exists()
    assert not (repo / ".git/index.lock").exists()
    assert "midwatch: merge" in git(repo, "reflog", "-1")


def test_the_commit_says_what_it_is_and_where_it_came_from(repo, paths):
    """Title, the subjects of the build's commits, trailers, and the name from the settings."""

    async def whole() -> Candidate | Conflict:
        prepared = await workspace.prepare(paths, str(repo), "", label="mend-it", sandboxed=False)
        write(paths.work, CHANGES)
        git(paths.work, "add", "--all")
        git(paths.work, "commit", "--quiet", "-m", "Change a\n\nMidwatch-Build: forged")
        collected = await workspace.collect(paths, prepared.base, "Mend it", "mend-it-1")
        wanted = order(
            repo, prepared.base, collected.result, title="Mend\nit \x1b[31mnow", name="Night", email="n@x.org"
        )
        return await delivery.candidate(paths, wanted)

    found = asyncio.run(whole())
    assert isinstance(found, Candidate)
    deliver(paths, repo, found)
    assert git(repo, "log", "-1", "--format=%an <%ae>%n%B") == (
        "Night <n@x.org>\nMend it \\x1b[31mnow\n\n- Change a\n\nMidwatch-Task: mend-it\nMidwatch-Build: mend-it-1"
    )


def test_changes_elsewhere_are_left_alone(repo, paths):
    """Modified, staged and untracked files that the merge does not touch stay exactly so."""
    commit(repo, {"mine.txt": "m\n", "staged.txt": "s\n"})
    found = propose(paths, repo)
    write(repo, {"mine.txt": "edited\n", "staged.txt": "staged\n", "untracked": "u\n"})
    git(repo, "add", "staged.txt")
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert git(repo, "status", "--porcelain") == " M mine.txt\nM  staged.txt\n?? untracked"
    assert (repo / "mine.txt").read_text() == "edited\n"


def test_a_file_that_only_looks_changed_does_not_block(repo, paths):
    """A file that was touched but holds what is committed is no change."""
    found = propose(paths, repo)
    os.utime(repo / "a.txt", (1, 1))
    assert isinstance(deliver(paths, repo, found), Delivered)


def test_files_may_become_folders_and_folders_files(repo, paths):
    """Both turns are made in one delivery."""
    (propose(paths, repo, {"a.txt": None, "d/b.txt": None}))
    workspace.clear(paths)

    async def turned() -> Candidate:
        prepared = await workspace.prepare(paths, str(repo), "", label="x")
        write(paths.work, {"a.txt": None, "d/b.txt": None})
        (paths.work / "d").rmdir()
        write(paths.work, {"a.txt/inside": "1\n", "d": "2\n"})
        collected = await workspace.collect(paths, prepared.base, "x", "x-1")
        found = await delivery.candidate(paths, order(repo, prepared.base, collected.result))
        assert isinstance(found, Candidate)
        return found

    assert isinstance(deliver(paths, repo, asyncio.run(turned())), Delivered)
    assert picture(repo) == {"a.txt/inside": "- b'1\\n'", "d": "- b'2\\n'"}
    assert git(repo, "status", "--porcelain") == ""


def test_a_branch_that_is_not_checked_out_moves_alone(repo, paths):
    """The operator's files, on another branch, do not change, however dirty they are."""
    git(repo, "checkout", "--quiet", "-b", "other")
    write(repo, {"a.txt": "mine\n"})
    found = propose(paths, repo)
    before = picture(repo)
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert git(repo, "rev-parse", "main") == found.commit
    assert picture(repo) == before
    assert git(repo, "symbolic-ref", "HEAD") == "refs/heads/other"


def test_with_a_detached_head_the_branch_moves_alone(repo, paths):
    """A working tree on no branch is nobody's target."""
    git(repo, "checkout", "--quiet", "--detach")
    found = propose(paths, repo)
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert git(repo, "rev-parse", "main") == found.commit
    assert git(repo, "rev-parse", "HEAD") == found.tip


def test_a_bare_repository_is_delivered_to(tmp_path, repo, paths):
    """There is no working tree to bring along."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare.git")
    bare = tmp_path / "bare.git"
    found = propose(paths, bare)
    assert isinstance(deliver(paths, bare, found), Delivered)
    assert git(bare, "rev-parse", "main") == found.commit
    assert git(bare, "fsck", "--strict") == ""


@pytest.mark.parametrize("named", ["repo", "linked"])
def test_a_linked_working_tree_is_brought_along(tmp_path, repo, paths, named):
    """Whichever of its folders the repository is named by, the tree that has the branch follows it."""
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    linked = tmp_path / "linked"
    found = propose(paths, tmp_path / named, branch="side")
    assert isinstance(deliver(paths, tmp_path / named, found, "side"), Delivered)
    assert git(linked, "status", "--porcelain") == ""
    assert (linked / "new/file").exists()
    assert not (repo / "new").exists()
    assert git(repo, "status", "--porcelain") == ""


def test_a_working_tree_that_was_removed_does_not_count(tmp_path, repo, paths):
    """What git would prune is not waited for."""
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    found = propose(paths, repo, branch="side")
    (tmp_path / "linked").rename(tmp_path / "away")
    assert isinstance(deliver(paths, repo, found, "side"), Delivered)


def test_a_repository_whose_git_directory_is_elsewhere(tmp_path, paths):
    """Its working tree is found and brought along."""
    repo = repository(tmp_path / "repo", None, f"--separate-git-dir={tmp_path / 'elsewhere'}")
    found = propose(paths, repo)
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert git(repo, "status", "--porcelain") == ""
    assert (repo / "new/file").exists()


def test_a_submodule_can_be_the_target(tmp_path, repo, paths):
    """A repository inside another one has its settings say where its files are."""
    outer = repository(tmp_path / "outer")
    git(outer, "submodule", "--quiet", "add", str(repo), "lib")
    git(outer / "lib", "checkout", "--quiet", "main")
    found = propose(paths, outer / "lib")
    assert isinstance(deliver(paths, outer / "lib", found), Delivered)
    assert git(outer / "lib", "status", "--porcelain") == ""
    assert (outer / "lib/new/file").exists()


def test_a_branch_that_moved_on_elsewhere_gets_the_change_on_top(repo, paths):
    """The result is merged with the new tip by content, and history stays a line."""

    async def late() -> tuple[str, Candidate | Conflict]:
        prepared, collected = await built(paths, repo, CHANGES)
        tip = commit(repo, {"other.txt": "o\n"})
        return tip, await delivery.candidate(paths, order(repo, prepared.base, collected.result))

    tip, found = asyncio.run(late())
    assert isinstance(found, Candidate)
    assert found.tip == tip
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert git(repo, "rev-list", "--count", "--merges", "main") == "0"
    assert set(picture(repo)) == {"a.txt", "new/file", "other.txt"}
    assert git(repo, "status", "--porcelain") == ""


def test_changes_in_the_same_place_conflict(repo, paths):
    """The paths are named, and nothing is made of it."""

    async def late() -> Candidate | Conflict:
        prepared, collected = await built(paths, repo, {"a.txt": "theirs\n", "d/b.txt": "theirs\n"})
        commit(repo, {"a.txt": "mine\n"})
        return await delivery.candidate(paths, order(repo, prepared.base, collected.result))

    found = asyncio.run(late())
    assert isinstance(found, Conflict)
    assert found.paths == ("a.txt",)
    assert found.tip == git(repo, "rev-parse", "main")


def test_what_the_operator_took_off_the_branch_stays_off(repo, paths):
    """A commit that was dropped after the build started does not come back with its result."""
    dropped = commit(repo, {"mistake.txt": "m\n"})

    async def late() -> Candidate | Conflict:
        prepared, collected = await built(paths, repo, {"a.txt": "changed\n"})
        assert prepared.base == dropped
        git(repo, "reset", "--quiet", "--hard", "HEAD~1")
        return await delivery.candidate(paths, order(repo, prepared.base, collected.result))

    found = asyncio.run(late())
    assert isinstance(found, Candidate)
    deliver(paths, repo, found)
    assert set(picture(repo)) == {"a.txt", "d/b.txt"}


def test_a_change_that_is_there_already_needs_no_commit(repo, paths):
    """When the branch has come to hold the same content, the candidate is its tip."""

    async def late() -> tuple[str, Candidate | Conflict]:
        prepared, collected = await built(paths, repo, {"a.txt": "changed\n"})
        tip = commit(repo, {"a.txt": "changed\n"})
        return tip, await delivery.candidate(paths, order(repo, prepared.base, collected.result))

    tip, found = asyncio.run(late())
    assert isinstance(found, Candidate)
    assert found.commit == found.tip == tip
    assert deliver(paths, repo, found) == Delivered(commit=tip)


def test_a_branch_that_moved_since_the_candidate_is_not_touched(repo, paths):
    """The operator's commit in between is seen, and a new candidate asked for."""
    found = propose(paths, repo)
    tip = commit(repo, {"other.txt": "o\n"})
    before = everything(repo)
    assert deliver(paths, repo, found) == Moved(tip=tip)
    assert everything(repo) == before


def test_delivering_twice_is_delivering_once(repo, paths):
    """Also when the operator has gone on from there."""
    found = propose(paths, repo)
    deliver(paths, repo, found)
    tip = commit(repo, {"other.txt": "o\n"})
    assert deliver(paths, repo, found) == Delivered(commit=found.commit)
    assert git(repo, "rev-parse", "main") == tip


def test_a_locked_branch_undoes_what_was_begun(repo, paths):
    """The files are brought back when the branch cannot be moved, and the operator's lock stays."""
    found = propose(paths, repo)
    (repo / ".git/refs/heads/main.lock").write_text("")
    os.utime(repo / ".git/refs/heads/main.lock", (1, 1))
    before = everything(repo)
    answer = deliver(paths, repo, found)
    assert isinstance(answer, Blocked)
    assert "main.lock" in answer.text
    assert everything(repo) == before
    (repo / ".git/refs/heads/main.lock").unlink()
    assert isinstance(deliver(paths, repo, found), Delivered)


def test_two_branches_are_delivered_to_at_once(tmp_path, repo):
    """Neither delivery takes the other for one that was left behind."""
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    linked = tmp_path / "linked"

    async def both() -> list[Delivered | Blocked | Moved]:
        work = []
        for name, where in (("main", repo), ("side", linked)):
            paths = BuildPaths(tmp_path / f"build-{name}")
            found = await proposed(paths, where, {f"{name}.txt": "n\n", "a.txt": f"{name}\n"}, name)
            work.append(delivery.deliver(paths, str(where), name, found.tip, found.commit))
        return await asyncio.gather(*work)

    assert all(isinstance(answer, Delivered) for answer in asyncio.run(both()))
    assert (repo / "a.txt").read_text() == "main\n"
    assert (linked / "a.txt").read_text() == "side\n"
    assert git(repo, "status", "--porcelain") == git(linked, "status", "--porcelain") == ""
    assert not list((repo / ".git").rglob("midwatch"))


def test_many_objects_arrive_as_one_pack(repo, paths):
    """A large delivery does not litter the object store, and a small one makes no pack."""
    found = propose(paths, repo, {f"many/{number}": f"{number}\n" for number in range(150)})
    deliver(paths, repo, found)
    assert len(list((repo / ".git/objects/pack").glob("*.pack"))) == 1
    again = BuildPaths(paths.root / "again")
    assert isinstance(deliver(again, repo, propose(again, repo, {"a.txt": "small\n"})), Delivered)
    assert len(list((repo / ".git/objects/pack").glob("*.pack"))) == 1
    assert git(repo, "fsck", "--strict") == ""
    assert not list(paths.git.glob("delivery-*"))


def test_line_endings_of_the_operators_choice_are_kept(repo, paths):
    """Where their settings ask for other line endings, the delivered files have them and are clean."""
    git(repo, "config", "core.autocrlf", "true")
    found = propose(paths, repo, {"new/file": "one\ntwo\n"})
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert (repo / "new/file").read_bytes() == b"one\r\ntwo\r\n"
    assert git(repo, "status", "--porcelain") == ""


def test_a_sparse_working_tree_stays_sparse(repo, paths):
    """Files outside what the operator wants to see do not appear."""
    git(repo, "sparse-checkout", "set", "--no-cone", "/a.txt")
    found = propose(paths, repo, {"a.txt": "changed\n", "d/b.txt": "changed\n", "d/c.txt": "c\n"})
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert set(picture(repo)) == {"a.txt"}
    assert git(repo, "status", "--porcelain") == ""


def test_a_split_index_is_kept(repo, paths):
    """An index in two parts is followed."""
    git(repo, "update-index", "--split-index")
    found = propose(paths, repo)
    assert isinstance(deliver(paths, repo, found), Delivered)
    assert git(repo, "status", "--porcelain") == ""


def test_a_repository_or_branch_that_vanished_is_said_so(tmp_path, repo, paths):
    """Each in words that name it."""
    found = propose(paths, repo)
    git(repo, "checkout", "--quiet", "--detach")
    git(repo, "branch", "--quiet", "-D", "main")
    with pytest.raises(GitError, match="there is no branch main"):
        deliver(paths, repo, found)
    repo.rename(tmp_path / "away")
    with pytest.raises(GitError, match="is gone"):
        deliver(paths, repo, found)


def test_nothing_to_recover_is_no_work(repo, paths):
    """Without a delivery that was cut off, recovering changes nothing, also after a whole one."""
    found = propose(paths, repo)
    before = everything(repo)
    asyncio.run(delivery.recover(str(repo), "main", found.tip, found.commit))
    assert everything(repo) == before
    deliver(paths, repo, found)
    before = everything(repo)
    asyncio.run(delivery.recover(str(repo), "main", found.tip, found.commit))
    assert everything(repo) == before
