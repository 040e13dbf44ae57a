"""Hardened git: repositories are found without running git, and settings from outside never count."""

import asyncio
import shutil
from pathlib import Path

import pytest

from engine.work.git import Git, GitError, branch_of, locate, operators, shown, tip_of
from tests.engine.work.repositories import commit, git, repository


def of(repo: Path) -> Git:
    return Git(git_dir=locate(str(repo)).git_dir)


def test_a_plain_repository_is_found(tmp_path):
    """The working tree's .git is both the git directory and the common one."""
    repo = repository(tmp_path / "repo")
    found = locate(str(repo))
    assert (found.git_dir, found.common, found.objects) == (repo / ".git", repo / ".git", repo / ".git/objects")


def test_a_linked_working_tree_is_found(tmp_path):
    """Its git directory is its own, the rest belongs to the main repository."""
    repo = repository(tmp_path / "repo")
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    found = locate(str(tmp_path / "linked"))
    assert found.git_dir == repo / ".git/worktrees/linked"
    assert found.common == repo / ".git"


def test_a_bare_repository_is_found(tmp_path):
    """The folder itself is the git directory."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repository(tmp_path / "repo")), "bare.git")
    assert locate(str(tmp_path / "bare.git")).git_dir == tmp_path / "bare.git"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda path: None, "is gone"),
        (lambda path: path.mkdir(), "is not a git repository"),
        (lambda path: (path.mkdir(), (path / ".git").write_text("gitdir: ../nowhere\n")), "git worktree repair"),
        (lambda path: (path.mkdir(), (path / ".git").write_text("nonsense")), "does not lead to a git directory"),
    ],
)
def test_what_is_no_repository_is_said_in_words(tmp_path, make, text):
    """A folder that is gone, empty or leads nowhere is told apart."""
    make(tmp_path / "repo")
    with pytest.raises(GitError, match=text):
        locate(str(tmp_path / "repo"))


def test_a_missing_branch_and_an_unborn_one_are_told_apart(tmp_path):
    """The text says whether a branch or its first commit is missing."""
    repo = tmp_path / "repo"
    repo.mkdir()
    git(repo, "init", "--quiet", "--initial-branch=main")
    with pytest.raises(GitError, match="no commit yet"):
        asyncio.run(tip_of(of(repo), "main", str(repo)))
    with pytest.raises(GitError, match="there is no branch other"):
        asyncio.run(tip_of(of(repo), "other", str(repo)))


@pytest.mark.parametrize("name", ["main~1", "main^{tree}", "mai*", "-x", "../heads/main", ""])
def test_a_branch_is_only_ever_its_exact_name(tmp_path, name):
    """What git would read as an expression, a pattern or an option names no branch."""
    repo = repository(tmp_path / "repo")
    commit(repo, {"a.txt": "second\n"})
    with pytest.raises(GitError, match="there is no branch"):
        asyncio.run(tip_of(of(repo), name, str(repo)))


def test_a_detached_head_names_no_branch(tmp_path):
    """The operator is asked to name one."""
    repo = repository(tmp_path / "repo")
    assert asyncio.run(branch_of(of(repo), str(repo))) == "main"
    git(repo, "checkout", "--quiet", "--detach")
    with pytest.raises(GitError, match="name the branch"):
        asyncio.run(branch_of(of(repo), str(repo)))


def test_a_failure_carries_gits_own_words(tmp_path):
    """What git complained about is in the text, on one line."""
    with pytest.raises(GitError, match="Not a valid object name") as caught:
        asyncio.run(of(repository(tmp_path / "repo")).run("cat-file", "-p", "nonsense"))
    assert "\n" not in str(caught.value)


def test_settings_from_outside_do_not_count(tmp_path, monkeypatch):
    """Neither variables, nor the operator's own file, nor the repository's settings bring a program in."""
    repo = repository(tmp_path / "repo")
    tripwire = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tripwire}\n")
    program.chmod(0o755)
    (repo / ".git/hooks").mkdir()
    shutil.copy(program, repo / ".git/hooks/reference-transaction")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f"[core]\n\tfsmonitor = {program}\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    git(repo, "config", "core.fsmonitor", str(program))
    tripwire.unlink(missing_ok=True)

    async def use() -> None:
        run = Git(git_dir=repo / ".git", work_tree=repo)
        await run.run("status")
        await run.run("update-ref", "refs/heads/other", "HEAD", env={})
        await run.run("update-index", "--refresh")

    asyncio.run(use())
    assert not tripwire.exists()
    git(repo, "update-ref", "refs/heads/third", "HEAD")
    assert tripwire.exists(), "the trap itself must work"


def test_nothing_is_fetched_over_any_transport(tmp_path):
    """Even a local path is refused, whatever the repository allows."""
    repo = repository(tmp_path / "repo")
    git(repo, "config", "protocol.file.allow", "always")
    with pytest.raises(GitError, match="not allowed"):
        asyncio.run(of(repo).run("fetch", str(repo)))


def test_every_filter_of_the_operators_is_made_to_do_nothing(tmp_path):
    """Whatever a driver is called, neither its clean, smudge nor process command runs, and none is required."""
    repo = repository(tmp_path / "repo", {".gitattributes": "* filter=odd.name=x\n", "a.txt": "a\n"})
    tripwire = tmp_path / "ran"
    for kind in ("clean", "smudge"):
        git(repo, "config", f"filter.odd.name=x.{kind}", f"touch {tripwire}; cat")
    git(repo, "config", "filter.odd.name=x.required", "true")
    git(repo, "config", "filter.other.process", f"touch {tripwire}")
    (repo / "a.txt").unlink()

    async def restore() -> None:
        theirs = await operators(locate(str(repo)))
        await Git(git_dir=theirs.git_dir, work_tree=repo, settings=theirs.settings).run("checkout-index", "-a")

    asyncio.run(restore())
    assert (repo / "a.txt").read_text() == "a\n"
    assert not tripwire.exists()
    (repo / "a.txt").unlink()
    git(repo, "checkout-index", "-a")
    assert tripwire.exists(), "the trap itself must work"


def test_names_are_shown_without_anything_that_a_terminal_obeys():
    """Control characters and bytes that are no text become visible escapes."""
    assert shown(b"a\x1b[2Jb\n\xff\xe2\x80\xae.txt") == r"a\x1b[2Jb\n\xff\u202e.txt"
    assert shown("grün".encode()) == "grün"
