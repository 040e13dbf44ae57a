"""What a build left: what is moved out of the way, what is read, and how it is removed."""

import os
from pathlib import Path

import pytest

from engine.work.git import GitError
from engine.work.trees.salvage import commit_subjects, like_git, regular_files, remove, set_git_aside, sweep
from tests.engine.work.repositories import commit, git, repository, write


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".git", True),
        (".GiT", True),
        ("git~1", True),
        (".git...", True),
        (".git \\x", True),
        ("x\\.git", True),
        (".git:stream", True),
        (".\u200dgit", True),
        (".github", False),
        (".gitignore", False),
        ("git", False),
        ("git~2", False),
        ("x.git", False),
        (".git-x", False),
    ],
)
def test_likenesses_of_git_are_known(name, expected):
    """Exactly those names that some system takes for .git."""
    assert like_git(name.encode()) is expected


def test_names_that_are_no_text_are_no_likeness():
    """Bytes that cannot be decoded do not break the check."""
    assert not like_git(b"\xff\xfe.git\xff")


def test_a_clean_tree_stays_as_it_is(tmp_path):
    """Nothing is moved, noted or changed."""
    write(tmp_path / "work", {"a": "a", "d/e/f": "f"})
    os.symlink("a", tmp_path / "work/link")
    assert sweep(tmp_path / "work", tmp_path / "aside") == ()
    assert not (tmp_path / "aside").exists()


def test_what_is_moved_out_is_kept_aside(tmp_path):
    """Several of them, of the same name, do not overwrite each other."""
    write(tmp_path / "work", {"a/.git/x": "1", "b/.git/x": "2"})
    assert len(sweep(tmp_path / "work", tmp_path / "aside")) == 2
    kept = sorted((folder / "x").read_text() for folder in (tmp_path / "aside").iterdir())
    assert kept == ["1", "2"]


def test_the_private_repository_is_put_aside_whatever_it_is(tmp_path):
    """A folder, a file, a link, or nothing; and again after a crash."""
    aside = tmp_path / "aside"
    write(tmp_path / "work", {".git/HEAD": "x"})
    assert (set_git_aside(tmp_path / "work", aside) / "HEAD").read_text() == "x"
    assert set_git_aside(tmp_path / "work", aside) == aside / "git"
    os.symlink("/", tmp_path / "work/.git")
    again = set_git_aside(tmp_path / "work", aside)
    assert again != aside / "git"
    assert again.is_symlink()


def test_subjects_come_from_the_log_of_head(tmp_path):
    """Commits count, an amended one replaces the one before, and what else moves HEAD does not count."""
    repo = repository(tmp_path / "repo")
    commit(repo, {"a.txt": "1"}, "One")
    commit(repo, {"a.txt": "2"}, "Two \x1b[31m")
    git(repo, "commit", "--quiet", "--amend", "-m", "Three\n\nwith a body")
    git(repo, "reset", "--quiet", "--hard", "HEAD~1")
    assert commit_subjects(repo / ".git") == ("the first", "One", "Three")
    assert commit_subjects(repo / ".git", limit=1) == ("the first",)


@pytest.mark.parametrize("form", ["missing", "folder", "link", "garbage", "empty"])
def test_a_log_that_is_none_gives_no_subjects(tmp_path, form):
    """Whatever stands in its place."""
    logs = tmp_path / "git/logs"
    logs.mkdir(parents=True)
    if form == "folder":
        (logs / "HEAD").mkdir()
    elif form == "link":
        (tmp_path / "secret").write_text("0 1 x\tcommit: secret\n")
        os.symlink(tmp_path / "secret", logs / "HEAD")
    elif form == "garbage":
        (logs / "HEAD").write_bytes(os.urandom(5000))
    elif form == "empty":
        (logs / "HEAD").write_bytes(b"")
    assert commit_subjects(tmp_path / "git") == ()


def test_regular_files_are_found_and_repositories_not_entered(tmp_path):
    """A repository that a build made counts for one thing that is not listed."""
    write(tmp_path, {"a": "a", "sub/b": "b", "sub/.git/config": "x"})
    os.mkfifo(tmp_path / "pipe")
    os.symlink("a", tmp_path / "link")
    (tmp_path / "sub").chmod(0)
    assert sorted(regular_files(tmp_path)) == [b"a", b"sub/b"]


@pytest.mark.parametrize("form", ["folder", "closed folder", "file", "link", "nothing"])
def test_anything_can_be_removed(tmp_path, form):
    """Also what its maker closed, and never what a link leads to."""
    path = tmp_path / "path"
    write(tmp_path, {"outside/kept": "k"})
    if form in ("folder", "closed folder"):
        write(path, {"in/side": "x"})
    if form == "closed folder":
        (path / "in").chmod(0)
        path.chmod(0)
    elif form == "file":
        path.write_text("x")
    elif form == "link":
        os.symlink("outside", path)
    remove(path)
    assert not os.path.lexists(path)
    assert (tmp_path / "outside/kept").exists()


def test_a_workspace_that_is_none_is_refused(tmp_path):
    """A file in its place is not walked."""
    (tmp_path / "work").write_text("x")
    with pytest.raises(GitError, match="no longer a folder"):
        sweep(Path(tmp_path / "work"), tmp_path / "aside")
