"""Tests of engine.work.outlets.notes."""

import asyncio
from pathlib import Path

import pytest

from engine.work.git import GitError
from engine.work.outlets import notes
from state.files import create_workspace
from state.keeping.heads import Head, NoHeads
from state.line import Seal
from state.settings import GitSettings
from tests.engine.work.repositories import git, repository
from tests.making import NOON

ONE, TWO = Head(seq=4, hash="a" * 64, at=NOON), Head(seq=9, hash="b" * 64, at=NOON)


def test_a_note_leaves_branches_and_files_alone(tmp_path: Path) -> None:
    """Heads add up on the commit, hooks do not run, and each workspace finds its own."""
    repo = repository(tmp_path / "code", {"a.txt": "a\n"})
    hook = repo / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    (repo / "a.txt").write_text("not committed\n")
    mine, other = create_workspace(tmp_path / "mine"), create_workspace(tmp_path / "other")
    before = git(repo, "rev-parse", "HEAD")

    async def scene() -> None:
        assert await notes.add(str(repo), mine, ONE, GitSettings()) == before
        await notes.add(str(repo), other, Head(seq=7, hash="c" * 64, at=NOON), GitSettings())
        await notes.add(str(repo), mine, TWO, GitSettings())
        found = await notes.read(str(repo), mine)
        assert [head.seal for head in found] == [Seal(4, "a" * 64), Seal(9, "b" * 64)]
        assert before[:12] in found[0].where

    asyncio.run(scene())
    assert not (tmp_path / "ran").exists()
    assert git(repo, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main", notes.REF]
    assert git(repo, "status", "--porcelain").split() == ["M", "a.txt"]
    assert git(repo, "rev-parse", "HEAD") == before


def test_heads_on_several_commits_are_all_read(tmp_path: Path) -> None:
    """Each day's head stands on the commit of that day."""
    repo = repository(tmp_path / "code", {"a.txt": "a\n"})
    workspace = create_workspace(tmp_path / "mine")
    asyncio.run(notes.add(str(repo), workspace, TWO, GitSettings()))
    git(repo, "commit", "--allow-empty", "-q", "-m", "More")
    asyncio.run(notes.add(str(repo), workspace, ONE, GitSettings()))
    assert [head.seal.seq for head in asyncio.run(notes.read(str(repo), workspace))] == [4, 9]


def test_what_cannot_be_noted_or_read_is_told(tmp_path: Path) -> None:
    """No repository, no commit, no note."""
    workspace = create_workspace(tmp_path / "mine")
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    with pytest.raises(GitError, match="first commit"):
        asyncio.run(notes.add(str(empty), workspace, ONE, GitSettings()))
    with pytest.raises(GitError):
        asyncio.run(notes.add(str(tmp_path / "gone"), workspace, ONE, GitSettings()))
    with pytest.raises(NoHeads, match="audit publish"):
        asyncio.run(notes.read(str(empty), workspace))
