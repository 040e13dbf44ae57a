"""Tests of how sure one can be of little."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.telemetry.odds import FADES, log_chance, middle, of_middle, sure, wilson


def test_of_nothing_nothing_is_known() -> None:
    """Without an occasion it is as likely as not, and every share is possible."""
    assert sure([]).confidence == 0.5
    assert wilson(0, 0) == (0.0, 1.0)


@given(n=st.integers(1, 400), hits=st.integers(0, 400))
def test_the_interval_holds_the_share(n: int, hits: int) -> None:
    """It lies within 0 and 1 and around what was seen."""
    hits = min(hits, n)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


def test_the_interval_is_as_honest_as_it_says() -> None:
    """Of shares drawn again and again, about nine of ten lie in the interval."""
    dice = random.Random(7)
    held = 0
    for _ in range(2000):
        share = dice.uniform(0.05, 0.95)
        low, high = wilson(sum(dice.random() < share for _ in range(20)), 20)
        held += low <= share <= high
    assert 0.87 <= held / 2000 <= 0.94


def test_what_was_long_ago_counts_less() -> None:
    """The same hits weigh more when they are the latest; a routine that ended is given up."""
    assert sure([True] * 10 + [False] * 10).confidence > 0.6 > 0.4 > sure([False] * 10 + [True] * 10).confidence
    assert sure([False] * FADES + [True] * 300).confidence < 0.5


def test_more_of_the_same_makes_surer_and_never_sure() -> None:
    """Each further hit raises the confidence, which stays below 1."""
    grown = [sure([True] * n).confidence for n in range(40)]
    assert grown == sorted(set(grown))
    assert 0.8 < grown[5] < grown[-1] < 1


@given(n=st.integers(1, 60), hits=st.integers(0, 60), odds=st.floats(0.01, 0.99))
def test_the_bound_is_never_below_the_truth(n: int, hits: int, odds: float) -> None:
    """Chance is never taken for less likely than the binomial distribution says."""
    hits = min(hits, n)
    tail = sum(math.comb(n, k) * odds**k * (1 - odds) ** (n - k) for k in range(hits, n + 1))
    assert math.exp(log_chance(hits, n, odds)) >= tail - 1e-9


def test_what_cannot_be_by_chance_is_told_as_such() -> None:
    """A hit where chance gives none is no chance at all; none are nothing but chance."""
    assert log_chance(1, 5, 0.0) == -math.inf
    assert log_chance(0, 5, 0.2) == 0.0
    assert log_chance(0, 0, 0.2) == 0.0


def test_the_middle() -> None:
    """Of an even number it is between the two; of none there is none."""
    assert middle([1.0, 2.0, 4.0]) == 2.0
    assert middle([1.0, 2.0]) == 1.5
    with pytest.raises(ValueError, match="nothing"):
        middle([])


def test_where_the_middle_lies_supposes_nothing() -> None:
    """Of few values nothing is excluded; of many of any shape, nine of ten intervals at least hold it."""
    assert of_middle([1.0] * 4) == (-math.inf, math.inf)
    assert of_middle([1.0, 2.0, 3.0, 4.0, 5.0]) == (1.0, 5.0)
    dice = random.Random(3)
    held = 0
    for _ in range(1000):
        low, high = of_middle(sorted(dice.expovariate(math.log(2)) for _ in range(17)))
        held += low <= 1 <= high
    assert held / 1000 >= 0.88


def test_of_many_values_it_is_told_in_a_moment_and_alike() -> None:
    """Beyond twenty thousand it goes by the normal distribution, which differs from counting by a rank or two."""
    counted, told = of_middle(range(20_000)), of_middle(range(20_001))
    assert abs(counted[0] - told[0]) <= 2 and abs(counted[1] - told[1]) <= 2
    low, high = of_middle(range(1_000_000))
    assert 499_000 < low < 500_000 < high < 501_000
