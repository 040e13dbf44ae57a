"""Tests of console.render."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import render
from tests.making import NOON


def test_columns_are_aligned_by_what_they_take_on_the_screen():
    """Wide and combining characters count as the columns that they take."""
    text = render.table([["日本", "x"], ["e\u0301", "y"]], ["A", "B"])
    assert text.split("\n") == ["A     B", "日本  x", "e\u0301     y"]


def test_nothing_that_a_terminal_obeys_gets_through():
    """Escape sequences and line breaks in cells cannot break the table."""
    text = render.table([["\x1b[2Jgone", "two\nlines"]], ["A", "B"])
    assert "\x1b" not in text
    assert len(text.split("\n")) == 2


@given(st.text(), st.integers(1, 20))
def test_what_is_cut_fits(text, width):
    """A cut text never takes more columns than there are."""
    assert render.columns(render.cut(text, width)) <= width


def test_a_table_fits_the_terminal():
    """With a width every line is cut to it, and says so with an ellipsis."""
    lines = render.table([["a", "long " * 20]], ["A", "B"], width=20).split("\n")
    assert all(render.columns(line) <= 20 for line in lines)
    assert lines[1].endswith("…")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (8.4, "8 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11_400, "3 h 10 min"),
        (200_000, "2 d"),
    ],
)
def test_spans(seconds, said):
    """Durations are said in the largest units that help."""
    assert render.span(seconds) == said


def test_times():
    """How long ago and when; nothing for what has not been."""
    assert render.ago(NOON - timedelta(minutes=5), NOON) == "5 min ago"
    assert render.ago(None, NOON) == ""
    assert render.moment(None) == ""
    assert datetime.fromisoformat(render.moment(NOON)) == NOON


def test_reading_times():
    """A time with a zone is that moment, one without is the operator's; anything else is refused."""
    assert render.utc("2026-03-04T12:00Z") == NOON
    assert render.utc("2026-03-04T12:00") == datetime(2026, 3, 4, 12).astimezone(UTC)
    with pytest.raises(ValueError, match="2026-02-06"):
        render.utc("soon")


def test_standard_output_that_is_no_terminal_has_no_width(capsys):
    """What is piped is not cut."""
    assert render.terminal_width() is None
