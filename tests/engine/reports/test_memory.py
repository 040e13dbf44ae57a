"""Tests of the day's page in the operator's memory."""

import os
import threading
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.reports import memory
from state.files import Workspace

LOCAL = datetime(2026, 2, 6, 23, 15, tzinfo=ZoneInfo("America/Chicago"))
DAY = date(2026, 2, 6)
TITLE = "Overnight Session Started"


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """A folder without any memory."""
    return Workspace(tmp_path)


def test_an_entry_has_its_time_its_author_and_its_details(space: Workspace) -> None:
    """The page of the local day begins with its date, and the entry says who wrote it when."""
    path = memory.add(space, LOCAL, TITLE, ["tidy: starts now", "Stands in the way:\n# nothing"])
    assert path == space.root / "memory" / "2026-02-06.md"
    assert path.read_text() == (
        "# 2026-02-06\n\n"
        "## [23:15] Autonomous: Overnight Session Started\n\n"
        "- tidy: starts now\n"
        "- Stands in the way: # nothing\n"
    )


@pytest.mark.parametrize("before", ["", "My own words.\n", "no newline at the end", "\n\n", "# Mein Tag äöü\n"])
def test_what_the_operator_wrote_stays(space: Workspace, before: str) -> None:
    """Entries come after what is there, and stand apart from it."""
    path = memory.page(space, DAY)
    path.parent.mkdir()
    path.write_text(before)
    memory.add(space, LOCAL, TITLE, ["one"])
    memory.add(space, LOCAL, "Another", ["two"])
    text = path.read_text()
    assert text.startswith(before)
    assert f"\n\n{memory.heading(LOCAL, 'Another')}\n\n- two\n" in text
    assert text.splitlines().count(memory.heading(LOCAL, TITLE)) == 1


def test_entries_of_several_writers_never_mix(space: Workspace) -> None:
    """Each entry is one write at the end, so none is lost or torn, nor is what the operator adds meanwhile."""
    memory.add(space, LOCAL, "First", [])

    def write(name: str) -> None:
        for number in range(30):
            memory.add(space, LOCAL, f"{name} {number}", [f"{name} " * 40])

    writers = [threading.Thread(target=write, args=(name,)) for name in ("left", "right")]
    for writer in writers:
        writer.start()
    for number in range(30):
        with memory.page(space, DAY).open("a") as file:
            file.write(f"\nby hand {number}\n")
    for writer in writers:
        writer.join()
    lines = memory.page(space, DAY).read_text().splitlines()
    for name in ("left", "right"):
        headings = [line for line in lines if line.startswith(f"## [23:15] Autonomous: {name} ")]
        assert headings == [memory.heading(LOCAL, f"{name} {number}") for number in range(30)]
        assert lines.count(f"- {' '.join([name] * 40)}") == 30
    assert sum(line.startswith("by hand ") for line in lines) == 30


def test_entries_are_found_by_their_title(space: Workspace) -> None:
    """Only whole headings of that title count, in the order of the page."""
    assert memory.find(space, DAY, TITLE) == ()
    memory.add(space, LOCAL, TITLE, [f"## [01:00] Autonomous: {TITLE}"])
    memory.add(space, LOCAL.replace(hour=22), TITLE, [])
    memory.add(space, LOCAL, f"{TITLE} Again", [])
    assert memory.find(space, DAY, TITLE) == ("23:15", "22:15")
    assert memory.find(space, date(2026, 2, 7), TITLE) == ()


def test_a_page_that_leads_elsewhere_is_refused(space: Workspace, tmp_path: Path) -> None:
    """A symlink in the place of the page cannot make it write to another file."""
    other = tmp_path / "other"
    other.write_text("precious")
    memory.page(space, DAY).parent.mkdir()
    memory.page(space, DAY).symlink_to(other)
    with pytest.raises(OSError):
        memory.add(space, LOCAL, TITLE, ["x"])
    assert other.read_text() == "precious"


def test_a_pipe_in_its_place_does_not_hang(space: Workspace) -> None:
    """Looking for entries never waits for a writer."""
    memory.page(space, DAY).parent.mkdir()
    os.mkfifo(memory.page(space, DAY))
    assert memory.find(space, DAY, TITLE) == ()
