"""Lines in which a build says what it used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.work.counts import usage
from engine.work.counts.usage import Said, Tally
from state.model.counts.tokens import Tokens


def of(model: str = "m", spent: int = 0, calls: int = 0, **counts: int) -> Said:
    """What a line about one model tells."""
    return Said(calls, spent, Tokens(model=model, said=spent, **counts))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("::usage calls=3 usd=0.12", Said(3, 120_000)),
        ("  ::usage usd=1", Said(0, 1_000_000)),
        ("::usage calls=7", Said(7, 0)),
        ("::usage calls=1 calls=2", Said(3, 0)),
        ("::usage usd=0.0000001", Said(0, 1)),
        ("::usage model=m in=900 out=40", of(taken=900, made=40)),
        ("::usage model=m in=900 out=40 cached=5 usd=0.5 calls=1", of("m", 500_000, 1, taken=900, made=40, cached=5)),
        ("::usage in=1 in=2 model=org/m-1.5:free@x+y", of("org/m-1.5:free@x+y", taken=3)),
        ("::usage in=5", of("unnamed", taken=5)),
        ("::usage model=m", of()),
        ("::usage", None),
        ("::usage calls=-3", None),
        ("::usage calls=3.5", None),
        ("::usage usd=1e9", None),
        ("::usage usd=nan", None),
        ("::usage usd=", None),
        ("::usage calls=99999999999", None),
        ("::usage tokens=5", None),
        ("::usage model=m in=-5", None),
        ("::usage model=m in=NaN", None),
        ("::usage model=m in=٣", None),
        ("::usage model=m in=9999999999999", None),
        ("::usage model=m model=n in=1", None),
        ("::usage model=mо in=1", None),
        ("::usage model=*", None),
        (f"::usage model={'m' * 65} in=1", None),
        ("said ::usage calls=3", None),
        ("::usage calls=3 and more", None),
    ],
)
def test_a_line_counts_as_a_whole_or_not_at_all(line: str, told: Said | None) -> None:
    """Nothing is guessed from what is half understood, and nothing is ever taken back."""
    assert usage.read(line) == told


@given(st.text(alphabet="::usage calsdmoinut=0123456789.-e\t\n", max_size=60))
def test_no_line_gives_back_what_was_used(line: str) -> None:
    """Whatever a build prints, its count never falls."""
    told = usage.read(line)
    if told is not None:
        tokens = told.tokens or Tokens(model="m")
        assert min(told.calls, told.spent, tokens.taken, tokens.made, tokens.cached) >= 0


def test_models_are_counted_apart_up_to_a_number_and_beyond_it_together() -> None:
    """A build that makes up names without end fills no memory, and loses no count."""
    tally = Tally()
    for number in range(1000):
        tally.add(of(f"m{number}", spent=2, taken=3))
    tally.add(of("m0", made=1))
    assert len(tally.tokens) == usage.MOST_MODELS + 1
    assert tally.tokens[0] == Tokens(model="m0", taken=3, made=1, said=2)
    assert tally.tokens[-1].model == usage.OTHERS
    assert sum(used.taken for used in tally.tokens) == 3000 and tally.spent == 2000


def test_no_count_grows_beyond_what_can_be_kept() -> None:
    """Lines that each tell of as much as a line can end at a figure that still fits a record."""
    tally = Tally()
    for _ in range(2000):
        told = usage.read("::usage model=m in=999999999999 out=999999999999 calls=999999999 usd=9999999")
        assert told is not None
        tally.add(told)
    (used,) = tally.tokens
    assert used.taken == used.made == usage.MOST_TOKENS
    assert tally.spent == usage.MOST_MICRO and tally.calls == usage.MOST_CALLS
