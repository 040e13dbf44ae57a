"""Who wrote in a repository."""

import asyncio
from pathlib import Path

import pytest

from engine.work.trees import authors as module
from engine.work.trees.authors import authors
from tests.engine.work.repositories import commit, git, repository


def wrote(repo: Path, name: str) -> None:
    """Commit something under a name, on a branch of its own."""
    git(repo, "checkout", "--quiet", "-B", f"by-{len(name)}")
    git(repo, "config", "user.name", "unused")
    commit(repo, {"b.txt": name})
    git(repo, "commit", "--quiet", "--amend", "--no-edit", f"--author={name} <x@example.org>")


def test_everyone_of_two_names_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On any branch; who goes by one word, which may be any word, is not, nor is what is no text."""
    repo = repository(tmp_path / "code")
    for name in ("Ada Lovelace", "root", "Zoë Müller-Lüdenscheidt"):
        wrote(repo, name)
    assert asyncio.run(authors(str(repo))) == {"Ada Lovelace", "Zoë Müller-Lüdenscheidt"}
    monkeypatch.setattr(module, "_MOST", 1)
    assert len(asyncio.run(authors(str(repo)))) == 1


def test_what_is_no_repository_has_no_authors(tmp_path: Path) -> None:
    """Whoever builds from it tells what is wrong with it."""
    assert asyncio.run(authors(str(tmp_path))) == frozenset()
