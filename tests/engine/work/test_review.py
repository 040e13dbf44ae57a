"""What the operator is shown of a build before it merges."""

import asyncio
from pathlib import Path

import pytest

from engine.work import workspace
from engine.work.review import diff_text
from state.errors import MidwatchError
from state.files import Workspace, create_workspace
from state.model import build as b
from tests.engine.work.repositories import built, repository
from tests.making import a_build


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "operator")


def reviewed(place: Workspace, repo: Path, files: dict[str, str | None]) -> b.Build:
    """A build that made these changes and waits for the operator."""
    prepared, collected = asyncio.run(built(place.build("tidy-1"), repo, files))
    return a_build(
        "tidy-1",
        b.Reviewing(digest=collected.digest),
        repo=str(repo),
        base=prepared.base,
        result=collected.result,
        digest=collected.digest,
    )


def test_the_diff_is_the_one_that_the_digest_stands_for(place: Workspace, tmp_path: Path) -> None:
    """Every change is in it; what is approved by its digest is exactly what is shown."""
    repo = repository(tmp_path / "repo", {"a.txt": "a\n", "gone.txt": "gone\n"})
    build = reviewed(place, repo, {"a.txt": "a\nmore\n", "new.txt": "new\n", "gone.txt": None})
    text = diff_text(place, build)
    assert "\n+more\n" in text and "\n+new\n" in text and "\n-gone\n" in text
    assert build.digest == asyncio.run(workspace.digest(place.build("tidy-1"), build.base, build.result))


def test_foreign_text_is_shown_and_not_obeyed(place: Workspace, tmp_path: Path) -> None:
    """Escape sequences, text that runs backwards and overprinting in a diff reach no terminal as such."""
    repo = repository(tmp_path / "repo", {"a.txt": "a\n"})
    text = diff_text(place, reviewed(place, repo, {"a.txt": "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\rsafe\n"}))
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(text)
    assert "owned" in text and "safe" in text


def test_a_build_that_changed_nothing_has_no_diff(place: Workspace, tmp_path: Path) -> None:
    """Nothing is shown, rather than an error."""
    repo = repository(tmp_path / "repo", {"a.txt": "a\n"})
    assert diff_text(place, reviewed(place, repo, {})) == ""


def test_without_a_repository_the_files_are_listed(place: Workspace) -> None:
    """Their names are as foreign as any diff."""
    build = a_build(deliverables=("report.md", "\x1b[31mred"))
    text = diff_text(place, build)
    assert text.startswith(f"files made in {place.build('tidy-1').work}:\nreport.md\n")
    assert "\x1b" not in text and "red" in text
    assert diff_text(place, a_build()) == ""


def test_a_diff_that_cannot_be_made_is_an_error_in_words(place: Workspace, tmp_path: Path) -> None:
    """The build's own git directory is gone: no traceback, and no empty diff that could be approved."""
    repo = repository(tmp_path / "repo", {"a.txt": "a\n"})
    build = reviewed(place, repo, {"a.txt": "b\n"})
    place.build("tidy-1").git.rename(tmp_path / "elsewhere")
    with pytest.raises(MidwatchError, match="is gone"):
        diff_text(place, build)
