"""What tokens cost, and which models nobody has priced."""

import pytest

from engine.policy.limits import prices
from state.model.counts.tokens import Price, Tokens
from state.model.money import MICRO
from tests.making import NOON, a_build

CHEAP, DEAR = Price(taken=1, made=1), Price(taken=2, made=2)


@pytest.mark.parametrize(
    ("model", "listed", "found"),
    [
        ("small-1", {"small-1": CHEAP}, CHEAP),
        ("small-1", {"small-*": CHEAP}, CHEAP),
        ("small-1", {"*": DEAR, "small-*": CHEAP}, CHEAP),
        ("small-1", {"small-?????????*": DEAR, "s*": CHEAP}, CHEAP),
        ("small-1", {"small-*": DEAR, "small-1": CHEAP}, CHEAP),
        ("small-1", {"small": CHEAP, "Small-*": CHEAP}, None),
        ("small-1", {}, None),
    ],
)
def test_the_longest_name_that_fits_is_the_price(model: str, listed: dict[str, Price], found: Price | None) -> None:
    """A name of its own counts before a pattern, and a longer pattern before a shorter one."""
    assert prices.price_of(model, listed) == found


def test_a_price_is_for_a_million_and_parts_are_rounded_up() -> None:
    """A token of a cheap model is more than nothing; what came from the cache has a price of its own, or none."""
    price = Price(taken=3 * MICRO, made=15 * MICRO, cached=MICRO // 2)
    assert price.of(Tokens(model="m", taken=1_000_000, made=100_000, cached=2_000_000)) == 5_500_000
    assert Price(taken=75_000, made=0).of(Tokens(model="m", taken=1)) == 1
    assert Price(taken=3 * MICRO, made=0).of(Tokens(model="m", cached=10)) == 30
    assert Price(taken=0, made=0).of(Tokens(model="m", taken=10**12)) == 0


def test_of_what_is_said_and_what_is_priced_the_higher_counts_for_each_model() -> None:
    """One model's exaggeration does not pay for another's understatement."""
    low = Tokens(model="low", said=100, priced=30)
    high = Tokens(model="high", said=10_000, priced=70_000)
    assert prices.unsaid((low, high, Tokens(model="none", said=5))) == 60_000
    assert prices.differing((low, high)) == ("high: it said $0.01, 0 tokens cost $0.07; the higher counts",)


def test_a_model_without_a_price_holds_a_build_and_one_with_a_price_does_not() -> None:
    """The words name the model and what to set."""
    used = (Tokens(model="new/one-2", taken=5), Tokens(model="old", priced=0))
    hold = prices.broken(a_build(), used, NOON)
    assert hold is not None and hold.figure == prices.UNPRICED and hold.used == 1
    assert '[prices."new/one-2"]' in hold.text and "midwatch approve tidy" in hold.text
    assert prices.broken(a_build(), used[1:], NOON) is None
