"""The file named STOP."""

import os
from datetime import UTC, datetime

import pytest

from engine.safety import stop_file
from engine.safety.kill import KillReport
from engine.safety.stop_file import StopLine

AT = datetime(2026, 3, 1, 2, 3, tzinfo=UTC)
REPORT = KillReport(build="b-1", found=True, how=("namespace",), ms=4.5, survivors=())


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return AT

    def monotonic(self) -> float:
        return 0.0


def test_no_file_is_not_engaged(workspace):
    """Without the file nothing is engaged and nothing is told."""
    assert not stop_file.engaged(workspace)
    assert stop_file.notes(workspace) is None


@pytest.mark.parametrize("kind", ["touch", "folder", "link", "pipe"])
def test_whatever_has_the_name_counts(workspace, kind):
    """A file, a folder, a dangling link or a pipe called STOP all engage, by whoever can make a file."""
    {
        "touch": workspace.stop.touch,
        "folder": workspace.stop.mkdir,
        "link": lambda: workspace.stop.symlink_to("nowhere"),
        "pipe": lambda: os.mkfifo(workspace.stop),
    }[kind]()
    assert stop_file.engaged(workspace)
    told = stop_file.notes(workspace)
    assert told is not None
    assert (told.by, told.why, told.killed) == ("file", "", ())
    assert told.at.tzinfo is UTC


def test_words_of_ones_own_are_the_reason(workspace):
    """Who writes words into the file gives a reason by it."""
    workspace.stop.write_text("the disk\nis on fire\n")
    told = stop_file.notes(workspace)
    assert told is not None
    assert (told.by, told.why) == ("file", "the disk is on fire")


def test_nonsense_is_a_reason_too(workspace):
    """Whatever was written into the file, reading it never fails."""
    workspace.stop.write_bytes(b"[" * 100_000 + b"\n" + b'{"at": "\xff"}\n')
    told = stop_file.notes(workspace)
    assert told is not None
    assert told.by == "file"


def test_the_first_who_engaged_it_is_told(workspace):
    """Of several the first counts; every build that died is told once."""
    stop_file.append(workspace, StopLine(at=AT, by="operator:a", why="first"))
    stop_file.record_deaths(workspace, (REPORT,), Noon())
    stop_file.append(workspace, StopLine(at=AT, by="operator:b", why="second"))
    stop_file.record_deaths(workspace, (REPORT,), Noon())
    told = stop_file.notes(workspace)
    assert told == stop_file.Stop(at=AT, by="operator:a", why="first", killed=(REPORT,))


def test_deaths_are_told_of_an_empty_file_too(workspace):
    """What died of a file that somebody touched is written into it."""
    workspace.stop.touch()
    stop_file.record_deaths(workspace, (REPORT,), Noon())
    told = stop_file.notes(workspace)
    assert told is not None
    assert (told.by, told.killed) == ("file", (REPORT,))


def test_what_went_wrong_is_said(workspace):
    """A file that cannot be written gives the system's words, not an exception."""
    workspace.stop.mkdir()
    assert "Is a directory" in stop_file.append(workspace, StopLine(at=AT, by="x"))
    stop_file.record_deaths(workspace, (REPORT,), Noon())
    assert stop_file.engaged(workspace)


def test_a_late_report_does_not_engage_what_was_released(workspace):
    """A report of deaths that comes after the switch was released leaves it released."""
    stop_file.record_deaths(workspace, (REPORT,), Noon())
    assert not stop_file.engaged(workspace)
    workspace.stop.touch()
    stop_file.record_deaths(workspace, (REPORT,), Noon())
    told = stop_file.notes(workspace)
    assert told is not None and told.killed == (REPORT,)
