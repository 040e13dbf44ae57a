"""The file named STOP."""

import os
from datetime import UTC, datetime

import msgspec
import pytest

from engine.safety import stop_file
from engine.safety.kill import KillReport
from engine.safety.stop_file import StopLine
from state.model.brakes.kill_use import Means

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
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    stop_file.append(workspace, StopLine(at=AT, by="operator:b", why="second"))
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    told = stop_file.notes(workspace)
    assert told == stop_file.Stop(at=AT, by="operator:a", why="first", killed=(REPORT,))


def test_deaths_are_told_of_an_empty_file_too(workspace):
    """What died of a file that somebody touched is written into it."""
    workspace.stop.touch()
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    told = stop_file.notes(workspace)
    assert told is not None
    assert (told.by, told.killed) == ("file", (REPORT,))


def test_what_went_wrong_is_said(workspace):
    """A file that cannot be written gives the system's words, not an exception."""
    workspace.stop.mkdir()
    assert "Is a directory" in stop_file.append(workspace, StopLine(at=AT, by="x"))
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    assert stop_file.engaged(workspace)


def test_a_late_report_does_not_engage_what_was_released(workspace):
    """A report of deaths that comes after the switch was released leaves it released."""
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    assert not stop_file.engaged(workspace)
    workspace.stop.touch()
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    told = stop_file.notes(workspace)
    assert told is not None and told.killed == (REPORT,)


def test_each_use_is_told_with_who_how_and_how_long(workspace):
    """Two who engage it are two uses; what an engine's own watch killed counts for the one before it."""
    stop_file.append(workspace, StopLine(at=AT, by="operator:a", why="first", means=Means.KEY, use="u1"))
    watched = msgspec.structs.replace(REPORT, build="b-2", processes=7, survivors=(4711,))
    stop_file.record_deaths(workspace, (watched,), Noon(), 30.0)
    stop_file.record_deaths(workspace, (msgspec.structs.replace(REPORT, processes=3),), Noon(), 12.0, "u1")
    stop_file.append(workspace, StopLine(at=AT, by="http", why="", means=Means.HTTP, use="u2"))
    stop_file.record_deaths(workspace, (), Noon(), 2.0, "u2")
    first, second = stop_file.uses(workspace)
    assert (first.id, first.by, first.means, first.why) == ("u1", "operator:a", Means.KEY, "first")
    assert (first.ms, first.builds, first.processes, first.survivors) == (30.0, 2, 10, (4711,))
    assert (second.id, second.means, second.ms, second.builds) == ("u2", Means.HTTP, 2.0, 0)


def test_a_use_counts_once_it_is_over(workspace):
    """While builds still die there is nothing to measure; a file that was touched is a use of nobody's."""
    stop_file.append(workspace, StopLine(at=AT, by="operator:a", use="u1"))
    assert stop_file.uses(workspace) == ()
    workspace.stop.write_text("the disk is on fire\n")
    assert stop_file.uses(workspace) == ()
    stop_file.record_deaths(workspace, (REPORT,), Noon(), 12.0)
    (use,) = stop_file.uses(workspace)
    assert (use.by, use.means, use.why, use.at, use.builds) == ("file", Means.FILE, "the disk is on fire", AT, 1)
