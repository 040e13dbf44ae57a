"""Tests of a build's output kept under a limit while the build writes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.work import output
from engine.work.output import TAKE_BYTES, OutputLog, last_words, read_log
from state.files import BuildPaths, atomic_write

CAP = 40_000
KEEP = CAP // 4


class Writer:
    """A build's end of the output: appends, as a build does."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.written = b""

    def write(self, data: bytes) -> None:
        """Append."""
        assert os.write(self._descriptor, data) == len(data)
        self.written += data

    def lines(self, count: int, start: int = 0) -> None:
        """Append numbered lines of ten bytes."""
        self.write(b"".join(b"line %04d\n" % number for number in range(start, start + count)))

    def shorten(self) -> None:
        """Cut the output through the descriptor, as a build may do with its own."""
        os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


@pytest.fixture
def paths(tmp_path: Path) -> BuildPaths:
    """A build's folder."""
    root = tmp_path / "b1"
    root.mkdir()
    return BuildPaths(root)


@pytest.fixture
def build(paths: BuildPaths) -> Iterator[Writer]:
    """A build that writes."""
    writer = Writer(paths.output)
    yield writer
    writer.close()


def test_nothing_is_there_before_the_build_writes(paths: BuildPaths) -> None:
    """A missing output is empty, not an error."""
    log = OutputLog(paths, CAP)
    assert log.take() == b""
    assert read_log(paths) == b""
    assert (log.total_bytes, log.cut_bytes) == (0, 0)


def test_each_byte_is_taken_once(paths: BuildPaths, build: Writer) -> None:
    """What was taken is not taken again, and the log still has all of it."""
    log = OutputLog(paths, CAP)
    build.write(b"one\n")
    assert log.take() == b"one\n"
    assert log.take() == b""
    build.write(b"two\n")
    assert log.take() == b"two\n"
    assert read_log(paths) == b"one\ntwo\n"
    assert log.total_bytes == 8


def test_a_reader_far_behind_skips_to_the_latest_whole_line(paths: BuildPaths, build: Writer) -> None:
    """One call reads a bounded piece, the latest, and counts what it left out."""
    log = OutputLog(paths, 1 << 30)
    build.write(b"begun")
    log.take()
    build.lines(60_000)
    data = log.take()
    assert len(data) <= TAKE_BYTES
    assert data.startswith(b"\nline ")
    assert data.endswith(b"line 59999\n")
    assert len(b"begun") + log.skipped_bytes + len(data) == len(build.written)
    assert log.take() == b""


def test_past_the_limit_the_beginning_and_the_latest_stay(paths: BuildPaths, build: Writer) -> None:
    """A cut keeps head and tail, says in between how much went, and the build goes on after it."""
    log = OutputLog(paths, CAP)
    build.lines(5000)
    log.take()
    assert paths.output.stat().st_size == 0
    build.write(b"after the cut\n")
    assert log.take() == b"after the cut\n"
    kept = read_log(paths)
    head, _, rest = kept.partition(b"[midwatch: ")
    notice, _, tail = rest.partition(b"]\n")
    assert head.startswith(b"line 0000\n")
    assert head.endswith(b"\n")
    assert tail.endswith(b"line 4999\nafter the cut\n")
    assert notice == f"{log.cut_bytes} bytes of output cut here to stay under 39.0625 KiB".encode()
    assert len(head) + log.cut_bytes + len(tail) == len(build.written) == log.total_bytes
    assert build.written.startswith(head)
    assert build.written.endswith(tail)


def test_the_disk_never_holds_more_than_the_limit_after_a_look(paths: BuildPaths, build: Writer) -> None:
    """However often it is cut, head, tail and live file stay under the limit, and the count stays exact."""
    log = OutputLog(paths, CAP)
    for round_number in range(30):
        build.lines(700, round_number * 700)
        log.take()
        held = [paths.root / name for name in ("output.log", "output.head", "output.tail")]
        assert sum(file.stat().st_size for file in held if file.exists()) <= CAP
    kept = read_log(paths)
    assert len(kept) - len(b"[midwatch: ]\n") < CAP + 100
    assert kept.startswith(b"line 0000\n")
    assert kept.endswith(build.written[-KEEP // 2 :])
    assert log.total_bytes == len(build.written)


def test_output_without_lines_is_cut_as_well(paths: BuildPaths, build: Writer) -> None:
    """One endless line is kept by bytes, and the notice still stands on a line of its own."""
    log = OutputLog(paths, CAP)
    build.write(b"x" * 3 * CAP)
    log.take()
    kept = read_log(paths)
    assert b"x\n[midwatch: " in kept
    assert log.cut_bytes == 3 * CAP - 2 * KEEP


def test_a_restarted_engine_goes_on_counting(paths: BuildPaths, build: Writer) -> None:
    """A second reader knows of the cuts that the first made."""
    first = OutputLog(paths, CAP)
    build.lines(5000)
    first.take()
    second = OutputLog(paths, CAP)
    assert second.cut_bytes == first.cut_bytes > 0
    build.lines(5000, 5000)
    second.take()
    assert second.total_bytes == len(build.written)
    assert read_log(paths).startswith(b"line 0000\n")


def write_state(paths: BuildPaths, **fields: int) -> None:
    """Leave the state that a crash at some point would leave."""
    full = {"cap": CAP, "removed": 0, "head": 0, "tail": 0, "cutting": 0, "next_head": 0} | fields
    (paths.root / "output.json").write_text(json.dumps(full))


def test_a_crash_before_the_cut_loses_and_doubles_nothing(paths: BuildPaths, build: Writer) -> None:
    """A cut that was announced but not made is as if it never was."""
    build.lines(5000)
    (paths.root / "output.head").write_bytes(build.written[:KEEP])
    write_state(paths, cutting=len(build.written), next_head=KEEP)
    assert read_log(paths) == build.written
    log = OutputLog(paths, 1 << 20)
    assert log.cut_bytes == 0
    log.take()
    assert log.total_bytes == len(build.written)


def test_a_crash_after_the_cut_counts_what_went(paths: BuildPaths, build: Writer) -> None:
    """A cut that was made but not written down is counted, with its tail lost."""
    (paths.root / "output.tail").write_bytes(b"stale\n")
    write_state(paths, removed=1000, head=100, tail=6, cutting=70_000, next_head=100)
    (paths.root / "output.head").write_bytes(b"h" * 99 + b"\n")
    build.write(b"new\n")
    log = OutputLog(paths, CAP)
    assert log.cut_bytes == 71_000 - 100
    log.take()
    assert log.total_bytes == 71_004
    assert b"stale" not in read_log(paths)


@pytest.mark.parametrize("junk", ["", "{", '{"cap": "x"}', "[]"])
def test_a_state_that_cannot_be_read_starts_afresh(paths: BuildPaths, build: Writer, junk: str) -> None:
    """Damage beside the log never keeps the log from being read."""
    (paths.root / "output.json").write_text(junk)
    build.write(b"hello\n")
    assert OutputLog(paths, CAP).take() == b"hello\n"
    assert read_log(paths) == b"hello\n"


def test_a_build_that_shortens_its_own_output_is_followed(paths: BuildPaths, build: Writer) -> None:
    """After a build has emptied its log, what it writes next is taken."""
    log = OutputLog(paths, CAP)
    build.write(b"a long first line\n")
    log.take()
    build.shorten()
    assert log.take() == b""
    build.write(b"anew\n")
    assert log.take() == b"anew\n"
    assert log.total_bytes == 18


@pytest.mark.parametrize("name", ["output.log", "output.head", "output.tail", "output.json"])
def test_no_link_is_followed(paths: BuildPaths, tmp_path: Path, name: str) -> None:
    """A link in place of any of the files shows nothing of what it points at, and leaves it as it is."""
    secret = tmp_path / "secret"
    secret.write_bytes(b'{"removed": 5, "head": 5}' + b"s" * 3 * CAP)
    write_state(paths, removed=50, head=20, tail=20)
    (paths.root / name).unlink(missing_ok=True)
    (paths.root / name).symlink_to(secret)
    log = OutputLog(paths, CAP)
    log.take()
    assert b"ss" not in read_log(paths)
    assert secret.stat().st_size > 3 * CAP


def test_a_pipe_in_its_place_blocks_nobody(paths: BuildPaths) -> None:
    """Only a regular file is an output."""
    os.mkfifo(paths.output)
    assert OutputLog(paths, CAP).take() == b""
    assert read_log(paths) == b""


def test_a_full_disk_is_told_and_tried_again(paths: BuildPaths, build: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut that cannot be written keeps the output where it is, says so, and is made when there is room."""
    real = atomic_write

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    log = OutputLog(paths, CAP)
    build.lines(5000)
    monkeypatch.setattr(output, "atomic_write", full)
    assert log.take().endswith(b"line 4999\n")
    assert log.trouble == "the output of b1 could not be cut to size: No space left on device"
    assert read_log(paths) == build.written
    monkeypatch.setattr(output, "atomic_write", real)
    log.take()
    assert log.trouble == ""
    assert log.total_bytes == len(build.written)
    assert paths.output.stat().st_size == 0


def test_a_disk_that_fills_in_the_middle_of_a_cut_keeps_the_count(
    paths: BuildPaths, build: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the tail cannot be kept, what went is still counted as cut."""
    real = atomic_write

    def full(path: Path, data: bytes, *, mode: int) -> None:
        if path.name == "output.tail":
            raise OSError(28, "No space left on device")
        real(path, data, mode=mode)

    monkeypatch.setattr(output, "atomic_write", full)
    log = OutputLog(paths, CAP)
    build.lines(5000)
    log.take()
    assert log.trouble
    assert log.cut_bytes == len(build.written) - (paths.root / "output.head").stat().st_size
    build.write(b"on\n")
    assert log.take() == b"on\n"
    assert log.total_bytes == len(build.written)


def test_the_last_bytes_reach_back_over_a_cut(paths: BuildPaths, build: Writer) -> None:
    """Asked for the last bytes, it gives exactly so many, from the live file, or from the tail as well."""
    log = OutputLog(paths, CAP)
    build.lines(5000)
    log.take()
    build.write(b"0123456789")
    assert read_log(paths, 4) == b"6789"
    assert read_log(paths, 20) == b"line 4999\n0123456789"
    assert read_log(paths, 0) == b""
    assert read_log(paths, 10**9) == read_log(paths)


def test_a_process_that_prints_without_end_stays_under_the_limit(paths: BuildPaths) -> None:
    """A real process that goes on printing through many cuts loses no order and leaves a log under the limit."""
    script = "for n in range(400_000): print('line', n)"
    descriptor = os.open(paths.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=descriptor)
    os.close(descriptor)
    log = OutputLog(paths, CAP)
    give_up = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < give_up:
        log.take()
    process.kill()
    process.wait()
    log.take()
    kept = read_log(paths)
    numbers = [int(line.split()[1]) for line in kept.split(b"\n") if line.startswith(b"line ") and line[5:].isdigit()]
    assert process.returncode == 0
    assert len(kept) < CAP + 200
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    assert numbers[-1] == 399_999
    assert log.cut_bytes > 0


def test_the_last_words_are_the_last_line_that_says_something(paths: BuildPaths, build: Writer) -> None:
    """Empty lines and progress lines are passed over, and what a terminal would obey is taken out."""
    assert last_words(paths) == "it printed nothing"
    build.write(b"first\n\x1b[31merror: no such file\x1b[0m\n::progress 90 nearly\n\n")
    assert last_words(paths) == "error: no such file"
    assert last_words(paths, 6) == "error…"


def test_a_log_that_is_cut_while_it_is_read_is_read_again(
    paths: BuildPaths, build: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that a cut overtakes gives the log as it is after the cut, with no line told twice."""
    log = OutputLog(paths, CAP)
    build.lines(5000)
    real = output._gather

    def overtaken(*args: Any) -> bytes:
        found = real(*args)
        if paths.output.stat().st_size:
            log.take()
        return found

    monkeypatch.setattr(output, "_gather", overtaken)
    kept = read_log(paths)
    assert b"[midwatch: " in kept
    assert kept == read_log(paths)
