"""The tail follows a log that grows, and starts anew when it was cut."""

from pathlib import Path

import pytest

from console.screens.tail import TAIL_BYTES, Chunk, LogTail
from engine.work.output import read_log
from state.files import BuildPaths, Workspace


@pytest.fixture
def paths(tmp_path: Path) -> BuildPaths:
    found = Workspace(tmp_path).build("x-1")
    found.root.mkdir(parents=True)
    return found


def say(paths: BuildPaths, data: bytes) -> None:
    with paths.output.open("ab") as file:
        file.write(data)


def test_reads_on(paths: BuildPaths) -> None:
    """The first look brings the tail, each further one only the whole lines that came since."""
    say(paths, b"one\ntwo\n")
    tail = LogTail(paths, read_log)
    assert tail.take() == Chunk(fresh=True, lines=("one", "two"))
    assert tail.take() == Chunk(fresh=False, lines=())
    say(paths, b"three\nfo")
    assert tail.take() == Chunk(fresh=False, lines=("three",))
    say(paths, b"ur\n")
    assert tail.take() == Chunk(fresh=False, lines=("four",))


def test_before_there_is_output(paths: BuildPaths) -> None:
    """A build that has printed nothing yet has an empty log, and its first words are caught."""
    tail = LogTail(paths, read_log)
    assert tail.take() == Chunk(fresh=True, lines=())
    say(paths, b"hello\n")
    assert tail.take().lines == ("hello",)


def test_starts_anew_when_cut(paths: BuildPaths) -> None:
    """A log that was cut under its limit is read anew as a whole."""
    say(paths, b"old\n" * 100)
    tail = LogTail(paths, read_log)
    tail.take()
    paths.output.write_bytes(b"new\n")
    assert tail.take() == Chunk(fresh=True, lines=("new",))


def test_skips_what_nobody_could_read(paths: BuildPaths) -> None:
    """When more came than one looks back on, only the tail is read."""
    tail = LogTail(paths, read_log)
    tail.take()
    say(paths, b"x" * 99 + b"\n")
    say(paths, (b"y" * 99 + b"\n") * (TAIL_BYTES // 50))
    chunk = tail.take()
    assert chunk.fresh
    assert sum(len(line) + 1 for line in chunk.lines) <= TAIL_BYTES


def test_shows_what_a_terminal_would(paths: BuildPaths) -> None:
    """A line drawn over and over with carriage returns is its last form; broken UTF-8 is shown as such."""
    say(paths, b"10 %\r50 %\r100 %\r\nbr\xffken\n")
    assert LogTail(paths, read_log).take().lines == ("100 %", "br\ufffdken")


def test_a_line_without_end_does_not_grow_for_ever(paths: BuildPaths) -> None:
    """Output without a line break is shown in pieces."""
    tail = LogTail(paths, read_log)
    tail.take()
    shown = []
    for _ in range(3):
        say(paths, b"z" * (TAIL_BYTES // 2))
        shown.append(tail.take())
    assert shown[-1].lines
