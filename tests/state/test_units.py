"""Durations, sizes and amounts as operators write them."""

import math
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state import units
from state.model.money import from_dollars
from state.units import parse_duration, parse_size, show_duration, show_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (90, 90.0),
        (0.5, 0.5),
        ("90", 90.0),
        ("90s", 90.0),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("2d 1h", 176_400.0),
        ("250ms", 0.25),
        ("1.5h", 5400.0),
    ],
)
def test_durations_are_read_as_written(text: str | float, seconds: float) -> None:
    """Numbers are seconds; texts add up their parts."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5x", "m", "-5m", "5m ago", "1..5s", -1, math.nan, math.inf, True])
def test_what_is_no_duration_is_refused_with_examples(text: str | float) -> None:
    """Nothing is guessed, and negative or endless times do not exist."""
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [(4096, 4096), ("4096", 4096), ("1k", 1024), ("512M", 512 << 20), ("2G", 2 << 30), ("1.5 GiB", 3 << 29), ("8B", 8)],
)
def test_sizes_are_read_as_written(text: str | int, size: int) -> None:
    """Letters are powers of 1,024."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "2 gigs", "-1", "1e9", True, 1.5])
def test_what_is_no_size_is_refused_with_examples(text: str | int) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_a_shown_duration_is_read_as_the_same(milliseconds: int) -> None:
    """Showing and reading are inverse, to the millisecond."""
    assert parse_duration(show_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@given(st.integers(min_value=0, max_value=2**50))
def test_a_shown_size_is_read_as_the_same(size: int) -> None:
    """Showing and reading are inverse, to the byte."""
    assert parse_size(show_size(size)) == size


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (units.count(1), 0, "a whole number of 1 or more"),
        (units.count(1), True, "a whole number of 1 or more"),
        (units.count(0), "3", "a whole number of 0 or more"),
        (units.DURATION, [], "a duration such as"),
        (units.LASTING, "0s", "a duration of more than 0"),
        (units.SIZE, 1.5, "a size such as"),
        (units.SIZE, 0, "a size of more than 0"),
        (units.MONEY, None, "an amount in dollars"),
        (units.TRUTH, "true", "true or false"),
        (units.TEXT, "", "a text in quotes"),
        (units.TEXT, "two\nlines", "a text in quotes"),
        (units.PATHS, ["relative"], "a list of absolute paths"),
        (units.PATHS, "/one", "a list of absolute paths"),
        (units.TEXTS, "one", "a list of texts"),
        (units.TEXTS, ["one", ""], "a text in quotes"),
        (units.PORT, "80", "a port"),
        (units.PORT, 65_536, "a port from 0 to 65535"),
        (units.LOOPBACK, "0.0.0.0", "an address of this machine alone"),
        (units.LOOPBACK, "localhost.example.com", "an address of this machine alone"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_what_is_expected(
    kind: units.Kind, value: object, expected: str
) -> None:
    """The operator reads what to write instead."""
    with pytest.raises(ValueError, match=f"expected {expected}"):
        kind.read(value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (units.count(0), 3, "3"),
        (units.DURATION, 300.0, '"5m"'),
        (units.DURATION, 0.0, '"0s"'),
        (units.SIZE, 1000, '"1000"'),
        (units.MONEY, 12_500_000, "12.5"),
        (units.TRUTH, False, "false"),
        (units.TEXT, 'say "hi"', '"say \\"hi\\""'),
        (units.PATHS, ("/a", "/b"), '["/a", "/b"]'),
        (units.TEXTS, ("a b", "c"), '["a b", "c"]'),
        (units.PORT, 8377, "8377"),
        (units.LOOPBACK, "::1", '"::1"'),
    ],
)
def test_a_value_is_shown_as_it_stands_in_the_file(kind: units.Kind, value: object, text: str) -> None:
    """What is shown can be pasted into the settings."""
    assert kind.show(value) == text


@pytest.mark.parametrize("read", [parse_duration, parse_size, units.count(0).read, from_dollars])
@pytest.mark.parametrize("digits", [400, 4000])
def test_a_figure_of_hundreds_of_digits_is_refused_in_few_words(read: Any, digits: int) -> None:
    """No number is too large to be an error in words, which does not repeat all of it."""
    with pytest.raises(ValueError, match=r"most|too|up to") as refused:
        read(10**digits if read is not from_dollars else "9" * digits)
    assert len(str(refused.value)) < 200


class _Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_several_words_of_a_choice() -> None:
    """Each once, in the order that they were told in; anything else is refused with what may stand there."""
    kind = units.choices(_Colour)
    assert kind.read(["blue", "red", "blue"]) == (_Colour.BLUE, _Colour.RED)
    assert kind.read([]) == ()
    assert kind.show((_Colour.BLUE, _Colour.RED)) == '["blue", "red"]'
    for wrong in ("red", ["green"], [1], None):
        with pytest.raises(ValueError, match='"red"'):
            kind.read(wrong)
