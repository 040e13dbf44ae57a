"""The journal's files."""

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from state import segments
from state.errors import StoreFailed
from state.line import GENESIS, Seal
from state.segments import Segments
from tests.making import NOON
from tests.state.shaky import ShakyDisk

DAY = timedelta(days=1)
ONE, TWO, THREE = (Seal(number, str(number) * 64) for number in (1, 2, 3))
FIRST, SECOND = "2026-03-04.jsonl", "2026-03-05.jsonl"


@pytest.fixture
def disk() -> ShakyDisk:
    return ShakyDisk()


@pytest.fixture
def journal(tmp_path: Path, disk: ShakyDisk) -> Segments:
    made = Segments(tmp_path, disk)
    made.resume({}, Seal())
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in segments.names(folder)}


def test_each_day_has_its_segment(tmp_path: Path, journal: Segments) -> None:
    """Lines go to the file of their day, and the sizes tell how far each goes."""
    journal.append(b"a\n", NOON, ONE)
    journal.append(b"b\n", NOON, TWO)
    journal.append(b"cc\n", NOON + DAY, THREE)
    assert contents(tmp_path) == {FIRST: b"a\nb\n", SECOND: b"cc\n"}
    assert journal.sizes() == {FIRST: 4, SECOND: 3}
    assert journal.grown == 7


def test_a_clock_that_goes_back_does_not_put_lines_before_others(tmp_path: Path, journal: Segments) -> None:
    """A segment's name never goes back."""
    journal.append(b"a\n", NOON + DAY, ONE)
    journal.append(b"b\n", NOON, TWO)
    assert contents(tmp_path) == {SECOND: b"a\nb\n"}


def test_segments_are_readable_by_their_owner_only(tmp_path: Path, journal: Segments) -> None:
    """What was decided is nobody else's business."""
    journal.append(b"a\n", NOON, ONE)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_line_is_synced_before_the_head_says_so(tmp_path: Path, journal: Segments, disk: ShakyDisk) -> None:
    """A head that is ahead of the journal proves a loss; a segment's name is made durable with its first line."""
    disk.calls.clear()
    journal.append(b"a\n", NOON, ONE)
    assert disk.calls == ["open", "write", "datasync", "open", "fsync", "pwrite"]
    disk.calls.clear()
    journal.append(b"b\n", NOON, TWO)
    assert disk.calls == ["write", "datasync", "pwrite"]
    assert segments.read_head(tmp_path) == TWO


@pytest.mark.parametrize("text", ["", "12", "x " + "0" * 64, "12 short", "\xff\xfe"])
def test_an_illegible_head_says_nothing(tmp_path: Path, text: str) -> None:
    """It is a witness, and one that cannot be understood is none."""
    assert segments.read_head(tmp_path) is None
    (tmp_path / segments.HEAD).write_text(text)
    assert segments.read_head(tmp_path) is None
    (tmp_path / segments.HEAD).write_text(f"{0:020} {GENESIS}\n")
    assert segments.read_head(tmp_path) == Seal()


def test_resuming_cuts_what_follows_and_syncs_what_stays(tmp_path: Path, disk: ShakyDisk) -> None:
    """A killed owner's last line may never have been synced; a torn one goes."""
    (tmp_path / FIRST).write_bytes(b"a\n")
    (tmp_path / SECOND).write_bytes(b"b\nto")
    journal = Segments(tmp_path, disk)
    disk.calls.clear()
    journal.resume({FIRST: 2, SECOND: 2}, TWO)
    assert disk.calls == ["open", "truncate", "datasync", "pwrite", "datasync", "open", "fsync"]
    journal.append(b"c\n", NOON, THREE)
    assert contents(tmp_path) == {FIRST: b"a\n", SECOND: b"b\nc\n"}
    journal.close()
    journal.close()


@pytest.mark.parametrize(
    ("error", "cure"), [(errno.ENOSPC, "make room"), (errno.EDQUOT, "make room"), (errno.EIO, "mend")]
)
def test_a_failed_write_is_taken_back(
    tmp_path: Path, journal: Segments, disk: ShakyDisk, error: int, cure: str
) -> None:
    """Half a line on the disk is cut off, the text says what to do, and the next write works."""
    journal.append(b"aaaa\n", NOON, ONE)
    disk.fail("write", error)
    with pytest.raises(StoreFailed, match=cure) as failed:
        journal.append(b"bbbb\n", NOON, TWO)
    assert not failed.value.final
    assert contents(tmp_path) == {FIRST: b"aaaa\n"}
    journal.append(b"cccc\n", NOON, TWO)
    assert contents(tmp_path) == {FIRST: b"aaaa\ncccc\n"}


def test_a_segment_that_cannot_be_made_is_tried_again(tmp_path: Path, journal: Segments, disk: ShakyDisk) -> None:
    """On a new day the old segment stays in use until there is a new one."""
    disk.fail("open", errno.EMFILE)
    with pytest.raises(StoreFailed, match="Too many open files"):
        journal.append(b"a\n", NOON, ONE)
    journal.append(b"a\n", NOON, ONE)
    disk.fail("open", errno.ENOSPC)
    with pytest.raises(StoreFailed):
        journal.append(b"b\n", NOON + DAY, TWO)
    journal.append(b"b\n", NOON, TWO)
    assert contents(tmp_path) == {FIRST: b"a\nb\n"}


@pytest.mark.parametrize("call", ["datasync", "fsync"])
def test_after_a_failed_sync_nothing_more_is_accepted(
    tmp_path: Path, journal: Segments, disk: ShakyDisk, call: str
) -> None:
    """Nobody can know what the disk holds then, whatever later syncs say."""
    disk.fail(call)
    with pytest.raises(StoreFailed, match="start again") as failed:
        journal.append(b"a\n", NOON, ONE)
    assert failed.value.final
    assert "Input/output error" in journal.finished
    with pytest.raises(StoreFailed, match="start again"):
        journal.append(b"a\n", NOON, ONE)
    assert contents(tmp_path) == {FIRST: b""}


@pytest.mark.parametrize("call", ["truncate", "datasync"])
def test_a_write_that_cannot_be_taken_back_ends_it(journal: Segments, disk: ShakyDisk, call: str) -> None:
    """With unknown bytes at its end the journal must be read again before anyone writes to it."""
    disk.fail("write")
    disk.fail(call)
    with pytest.raises(StoreFailed) as failed:
        journal.append(b"a\n", NOON, ONE)
    assert failed.value.final
    assert "could not be taken back" in journal.finished


def test_a_head_that_cannot_be_written_harms_no_commit(
    tmp_path: Path, journal: Segments, disk: ShakyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """The line is durable; only its witness is stale, and the log says so."""
    disk.fail("pwrite")
    journal.append(b"a\n", NOON, ONE)
    assert segments.read_head(tmp_path) == Seal()
    assert "HEAD could not be written" in caplog.text


def test_other_files_beside_the_segments_are_left_alone(tmp_path: Path) -> None:
    """Only names of days count."""
    for name in (SECOND, FIRST, "HEAD", "2026-03-04.jsonl.bak", "notes.jsonl", "2026-3-4.jsonl", "aaaa-bb-cc.jsonl"):
        (tmp_path / name).touch()
    assert segments.names(tmp_path) == [FIRST, SECOND]
    assert segments.names(tmp_path / "missing") == []


@pytest.mark.parametrize("size", [0, 1, 70_000, 300_000])
def test_lines_read_backwards_are_those_read_forwards(tmp_path: Path, size: int) -> None:
    """Blocks, long lines and a half-written end change nothing."""
    path = tmp_path / FIRST
    path.write_bytes(b"".join(b"%d%s\n" % (number, b"x" * (size * number % 99_991)) for number in range(9)) + b"half")
    forwards = [raw[:-1] for raw in segments.lines(path) if raw.endswith(b"\n")]
    assert list(segments.lines_backwards(path)) == forwards[::-1]
    path.write_bytes(b"half")
    assert list(segments.lines_backwards(path)) == []
    path.write_bytes(b"")
    assert list(segments.lines_backwards(path)) == []


def test_a_journal_is_never_opened_through_a_symlink(tmp_path: Path, journal: Segments) -> None:
    """A link in a segment's place leads nobody's bytes elsewhere."""
    os.symlink(tmp_path / "elsewhere", tmp_path / FIRST)
    with pytest.raises(StoreFailed, match="symbolic links"):
        journal.append(b"a\n", NOON, ONE)
    assert not (tmp_path / "elsewhere").exists()


def upper(raw: bytes) -> bytes:
    return raw.upper() + b"!\n"


def rewrite(journal: Segments, name: str, change: Callable[[bytes], bytes]) -> None:
    """Write a segment anew with each of its lines changed, at once."""
    rewriting = journal.rewriting(name, change)
    rewriting.write()
    journal.take(rewriting)


def test_a_segment_is_rewritten_in_its_place(tmp_path: Path, journal: Segments) -> None:
    """The one that is written to and an older one alike; what is appended afterwards stands behind the new lines."""
    journal.append(b"one\n", NOON, Seal(1, "a" * 64))
    journal.append(b"two\n", NOON + timedelta(days=1), Seal(2, "b" * 64))
    for name in segments.names(tmp_path):
        rewrite(journal, name, upper)
    journal.append(b"three\n", NOON + timedelta(days=1), Seal(3, "c" * 64))
    assert contents(tmp_path) == {"2026-03-04.jsonl": b"ONE\n!\n", "2026-03-05.jsonl": b"TWO\n!\nthree\n"}
    assert journal.sizes() == {name: len(data) for name, data in contents(tmp_path).items()}


def test_what_is_appended_while_a_segment_is_written_anew_stays_behind_it(tmp_path: Path, journal: Segments) -> None:
    """The journal goes on meanwhile, also into another day; nothing of that is changed, and nothing is lost."""
    journal.append(b"one\n", NOON, Seal(1, "a" * 64))
    (name,) = segments.names(tmp_path)
    rewriting = journal.rewriting(name, upper)
    journal.append(b"two\n", NOON, Seal(2, "b" * 64))
    rewriting.write()
    journal.append(b"three\n", NOON, Seal(3, "c" * 64))
    journal.append(b"four\n", NOON + timedelta(days=1), Seal(4, "d" * 64))
    journal.take(rewriting)
    journal.append(b"five\n", NOON + timedelta(days=1), Seal(5, "e" * 64))
    assert contents(tmp_path) == {"2026-03-04.jsonl": b"ONE\n!\ntwo\nthree\n", "2026-03-05.jsonl": b"four\nfive\n"}
    assert journal.sizes() == {name: len(data) for name, data in contents(tmp_path).items()}
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_rewriting_that_fails_leaves_a_whole_segment(
    tmp_path: Path, journal: Segments, disk: ShakyDisk, call: str, skip: int
) -> None:
    """The old lines or the new ones, and the journal goes on behind them."""
    journal.append(b"one\n", NOON, Seal(1, "a" * 64))
    (name,) = segments.names(tmp_path)
    disk.fail(call, errno.ENOSPC, skip=skip)
    if call == "fsync" or skip == 0:
        with pytest.raises(StoreFailed, match="make room"):
            rewrite(journal, name, upper)
    else:
        rewrite(journal, name, upper)
        disk.fail(call, times=0)
    journal.append(b"two\n", NOON, Seal(2, "b" * 64))
    assert contents(tmp_path)[name] in (b"one\ntwo\n", b"ONE\n!\ntwo\n")


def test_a_segment_that_cannot_be_opened_again_ends_the_journal(
    tmp_path: Path, journal: Segments, disk: ShakyDisk
) -> None:
    """Nothing may be appended to a file that nobody can find any more."""
    journal.append(b"one\n", NOON, Seal(1, "a" * 64))
    disk.fail("open", errno.EMFILE, skip=2)
    with pytest.raises(StoreFailed, match="start again") as caught:
        rewrite(journal, segments.names(tmp_path)[0], upper)
    assert caught.value.final and journal.finished


def test_each_wait_for_the_disk_is_counted(journal: Segments, disk: ShakyDisk) -> None:
    """One for each change that became durable; what the disk did not take is none."""
    journal.append(b"one\n", NOON, Seal(1, "a" * 64))
    journal.append(b"two\n", NOON, Seal(2, "b" * 64))
    assert journal.waits.count == 2 and 0 < journal.waits.most_s <= journal.waits.sum_s
    disk.fail("write")
    with pytest.raises(StoreFailed):
        journal.append(b"three\n", NOON, Seal(3, "c" * 64))
    assert journal.waits.count == 2
