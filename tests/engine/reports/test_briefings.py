"""Tests of what research at night has found."""

import os
from pathlib import Path

import pytest

from engine.reports.briefings import found
from state.files import Workspace, create_workspace
from state.model.view import View
from tests.making import NOON, a_build, a_task

VIEW = View(at=NOON, tasks={"look": a_task("look", title="Learn Danish", source="research"), "tidy": a_task("tidy")})


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Where the briefing of a build stands."""
    path = create_workspace(tmp_path).build("look-1").work / "briefing.md"
    path.parent.mkdir(parents=True)
    return path


def lines(page: Path) -> tuple[str, ...]:
    (told,) = found(Workspace(page.parents[4]), VIEW, [a_build("look-1"), a_build("tidy-1")])
    assert (told.label, told.title, told.path) == ("look", "Learn Danish", str(page))
    return told.lines


def test_the_first_lines_are_told(page: Path) -> None:
    """Those that say something, harmless and not too long; of no other task."""
    page.write_text("\n# Danish \x1b[31mnow\x1b[0m\n\nIt is near.\n" + "x" * 500 + "\nfourth\n")
    assert lines(page) == ("# Danish now", "It is near.", "x" * 199 + "…")


def test_what_is_no_page_has_no_lines(page: Path, tmp_path: Path) -> None:
    """A build may leave anything in its place: nothing, a link to somewhere else, a pipe, a folder."""
    secret = tmp_path / "secret"
    secret.write_text("the operator's own")
    assert lines(page) == ()
    page.symlink_to(secret)
    assert lines(page) == ()
    page.unlink()
    os.mkfifo(page)
    assert lines(page) == ()
    page.unlink()
    page.mkdir()
    assert lines(page) == ()
