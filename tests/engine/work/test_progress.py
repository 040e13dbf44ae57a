"""Tests of how far a build says it is."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.work.progress import (
    LINE_BYTES,
    MAX_COMMITS,
    ProgressReader,
    commits_from_reflog,
    criteria_ticked,
    overall,
)


def read(*pieces: bytes) -> tuple[int | None, str]:
    """Return what a reader fed with the pieces has found."""
    reader = ProgressReader()
    for piece in pieces:
        reader.feed(piece)
    return reader.percent, reader.step


@pytest.mark.parametrize(
    ("output", "percent", "step"),
    [
        (b"", None, ""),
        (b"compiling\n", None, ""),
        (b"::progress 40 writing tests\n", 40, "writing tests"),
        (b"::progress 40\n", 40, ""),
        (b"::progress 40% half way\r\n", 40, "half way"),
        (b"::progress 40.7 most\n", 40, "most"),
        (b"::progress 140 far\n", 100, "far"),
        (b"::progress -3 back\n", 0, "back"),
        (b"  ::progress 5 indented\n", 5, "indented"),
        (b"\x1b[32m::progress 5 green\x1b[0m\n", 5, "green"),
        (b"::progress 5 a\x1b]0;title\x07b\n", 5, "ab"),
        (b"::progress 5 \xff\xfe\n", 5, "\ufffd\ufffd"),
        (b"10%\r::progress 7 bar\r", 7, "bar"),
        (b"::progress 1 a\n::progress 2 b\n", 2, "b"),
        (b"::progress 1 a\n::progress 2\n", 2, "a"),
        (b"::progress many words\n", None, ""),
        (b"::progress\n", None, ""),
        (b"::progress 12345678901 too many digits\n", None, ""),
        (b"::progress 4x\n", None, ""),
        (b"::progressive 40\n", None, ""),
        (b"say ::progress 40\n", None, ""),
        (b"::progress 40 unfinished line", None, ""),
    ],
)
def test_a_line_says_how_far_it_is(output: bytes, percent: int | None, step: str) -> None:
    """Well-formed lines count, clamped and cleaned; everything else is ordinary output."""
    assert read(output) == (percent, step)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), max_size=8))
def test_it_does_not_matter_where_the_output_is_cut(cuts: list[int]) -> None:
    """Any split of the same bytes gives the same figures."""
    output = "noise\n::progress 10 eins\r\nmore\n::progress 20 zwölf\nrest".encode()
    edges = [0, *sorted(cuts), len(output)]
    pieces = [output[a:b] for a, b in pairwise(edges)]
    assert read(*pieces) == (20, "zwölf")


def test_a_line_without_end_takes_no_memory_and_hides_no_later_line() -> None:
    """An endless line is cut at 4 KiB, and the next line is read."""
    reader = ProgressReader()
    for _ in range(100):
        reader.feed(b"x" * 10_000)
    assert len(reader._begun) == LINE_BYTES
    reader.feed(b"\n::progress 3 there\n")
    assert (reader.percent, reader.step) == (3, "there")


def test_a_mark_far_into_a_long_line_is_not_read() -> None:
    """What stands beyond the cut of a line is not taken for a line of its own."""
    assert read(b"x" * LINE_BYTES, b"::progress 9 no\n") == (None, "")


def test_a_long_step_is_cut() -> None:
    """A step never grows past what a pane can use."""
    percent, step = read(b"::progress 9 " + b"y" * 9000 + b"\n")
    assert percent == 9
    assert len(step) == 200
    assert step.endswith("…")


CRITERIA = ("Tests pass", "the cache expires after 5 minutes.", "tests pass on Windows")


@pytest.mark.parametrize(
    ("notes", "ticked"),
    [
        ("", (False, False, False)),
        ("- [x] Tests pass\n- [ ] the cache expires after 5 minutes.", (True, False, False)),
        ("* [X] **tests pass** (12 of 12)\n", (True, False, False)),
        ("1. [x] the `cache` expires after 5 minutes", (False, True, False)),
        ("- [x] 2. The cache expires after 5 minutes", (False, True, False)),
        ("- [x] tests pass on Windows", (False, False, True)),
        ("- [x] tests passed", (False, False, False)),
        ("- [x] Tests pass\nlater\n- [ ] Tests pass\n", (False, False, False)),
        ("[x] Tests pass", (False, False, False)),
        ("- [y] Tests pass", (False, False, False)),
        ("- [x] something else", (False, False, False)),
    ],
)
def test_ticked_boxes_belong_to_the_criteria_that_they_repeat(notes: str, ticked: tuple[bool, ...]) -> None:
    """A box counts for the longest criterion that it repeats, and the last box of a criterion decides."""
    assert criteria_ticked(notes, CRITERIA) == ticked


def test_an_empty_criterion_is_never_ticked() -> None:
    """A criterion of no words is repeated by nothing."""
    assert criteria_ticked("- [x] anything", ("",)) == (False,)


def reflog(*moves: tuple[str, str, str]) -> bytes:
    """Return a reflog of (old, new, action) with one-letter commits."""
    return b"".join(
        f"{old * 40} {new * 40} A U Thor <a@b.c> 1700000000 +0000\t{action}\n".encode() for old, new, action in moves
    )


def test_commits_are_read_from_the_reflog() -> None:
    """Commits of every kind are told by subject; checkouts and clones are not."""
    log = reflog(
        ("0", "a", "clone: from /srv/repo"),
        ("a", "b", "commit: add a cache"),
        ("b", "b", "checkout: moving from main to work"),
        ("b", "c", "commit (merge): merge it"),
        ("c", "d", "cherry-pick: fix \x1b[31mred\x1b[0m"),
        ("d", "e", "commit (amend): fix red, rightly"),
    )
    assert commits_from_reflog(log) == ("add a cache", "merge it", "fix red, rightly")
    assert commits_from_reflog(log[: log.rindex(b"\n", 0, -1) + 1]) == ("add a cache", "merge it", "fix red")


def test_commits_taken_back_are_not_told() -> None:
    """A reset to an earlier commit, or to where it began, takes the later ones out."""
    made = (("a", "b", "commit: one"), ("b", "c", "commit: two"), ("c", "d", "commit: three"))
    assert commits_from_reflog(reflog(*made, ("d", "b", "reset: moving to HEAD~2"))) == ("one",)
    assert commits_from_reflog(reflog(*made, ("d", "a", "reset: moving to HEAD~3"))) == ()
    assert commits_from_reflog(reflog(*made, ("d", "e", "checkout: moving away"))) == ("one", "two", "three")


@pytest.mark.parametrize("junk", [b"", b"\xff\xfe", b"no reflog at all\n", b"a b c\tcommit: x\n", b"0" * 5000])
def test_what_is_no_reflog_tells_of_no_commits(junk: bytes) -> None:
    """A file that a build has written over is no error."""
    assert commits_from_reflog(junk) == ()


def test_an_amended_first_commit_of_a_cut_reflog_is_told() -> None:
    """An amend whose original is not in the file stands for itself."""
    assert commits_from_reflog(reflog(("a", "b", "commit (amend): better"))) == ("better",)


def test_only_the_latest_commits_are_told() -> None:
    """A flood of commits is cut to the latest."""
    log = b"".join(reflog(("a", "b", f"commit: {n}")) for n in range(300))
    told = commits_from_reflog(log)
    assert len(told) == MAX_COMMITS
    assert told[-1] == "299"


@pytest.mark.parametrize(
    ("percent", "ticked", "expected"),
    [
        (None, (), 0),
        (40, (), 40),
        (None, (True, False, False), 33),
        (10, (True, True), 100),
        (90, (True, False), 90),
    ],
)
def test_overall_is_the_further_of_lines_and_boxes(
    percent: int | None, ticked: tuple[bool, ...], expected: int
) -> None:
    """Whichever sign is further ahead counts."""
    assert overall(percent, ticked) == expected
