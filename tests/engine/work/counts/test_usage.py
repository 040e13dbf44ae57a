"""Lines in which a build says what it used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.work.counts import usage


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("::usage calls=3 usd=0.12", (3, 120_000)),
        ("  ::usage usd=1", (0, 1_000_000)),
        ("::usage calls=7", (7, 0)),
        ("::usage calls=1 calls=2", (3, 0)),
        ("::usage usd=0.0000001", (0, 1)),
        ("::usage", None),
        ("::usage calls=-3", None),
        ("::usage calls=3.5", None),
        ("::usage usd=1e9", None),
        ("::usage usd=", None),
        ("::usage calls=99999999999", None),
        ("::usage tokens=5", None),
        ("said ::usage calls=3", None),
        ("::usage calls=3 and more", None),
    ],
)
def test_a_line_counts_as_a_whole_or_not_at_all(line: str, told: tuple[int, int] | None) -> None:
    """Nothing is guessed from what is half understood, and nothing is ever taken back."""
    assert usage.read(line) == told


@given(st.text(alphabet="::usage calsd=0123456789.-e\t\n", max_size=60))
def test_no_line_gives_back_what_was_used(line: str) -> None:
    """Whatever a build prints, its count never falls."""
    told = usage.read(line)
    assert told is None or (told[0] >= 0 and told[1] >= 0)
