"""How a figure moves, and when it is used up."""

import random
from datetime import timedelta

from engine.learning.problems.trend import LEAST, empties, trend
from tests.making import NOON

DAY_S = 86_400.0


def points(values: list[float]) -> list[tuple[object, float]]:
    """One value every six hours."""
    return [(NOON + timedelta(hours=6 * place), value) for place, value in enumerate(values)]


def test_a_straight_line_has_its_slope() -> None:
    """Without noise the middle and both edges are the slope itself."""
    found = trend(points([1000.0 - 21_600 * place for place in range(8)]))
    assert found is not None
    assert (found.low, found.middle, found.high) == (-1.0, -1.0, -1.0)
    assert (found.points, found.over_s) == (8, 7 * 21_600.0)


def test_too_little_tells_nothing() -> None:
    """Few looks, and looks that lie close together, are no trend."""
    assert trend(points([1.0] * (LEAST - 1))) is None
    assert trend([(NOON + timedelta(minutes=place), 1.0 * place) for place in range(30)]) is None
    assert trend([]) is None


def test_an_outlier_does_not_bend_it() -> None:
    """One wild value leaves the middle where it is."""
    values = [1e9 - 1e6 * place for place in range(12)]
    plain = trend(points(values))
    wild = trend(points([*values[:5], 0.0, *values[6:]]))
    assert plain and wild
    assert abs(plain.middle - wild.middle) < abs(plain.middle) * 0.05


def test_what_is_sure_to_shrink_has_an_end() -> None:
    """At one unit a second, 3,600 last an hour; the middle lies between the edges."""
    found = empties(trend(points([1e6 - 21_600 * place for place in range(8)])), NOON, 3600.0)
    assert found is not None
    assert found.at == NOON + timedelta(hours=1)
    assert found.earliest <= found.at
    assert found.latest is not None and found.at <= found.latest


def test_what_grows_or_only_wavers_has_none() -> None:
    """Nothing is foreseen where it is not sure that anything shrinks."""
    assert empties(trend(points([100.0 + place for place in range(10)])), NOON, 10.0) is None
    assert empties(trend(points([100.0, 90.0] * 6)), NOON, 10.0) is None
    assert empties(None, NOON, 10.0) is None


def test_noise_alone_is_seldom_taken_for_an_end() -> None:
    """A figure that only jitters is foreseen to run out in about one case of twenty, as the interval says."""
    wrong = 0
    for seed in range(300):
        noise = random.Random(seed)
        values = [1e9 + noise.gauss(0, 1e6) for _ in range(20)]
        wrong += empties(trend(points(values)), NOON, 1e9) is not None
    assert wrong <= 30


def test_the_true_moment_lies_within_the_edges() -> None:
    """With noise around a known slope, the true end lies between earliest and latest in about nine of ten cases."""
    hits = 0
    for seed in range(200):
        noise = random.Random(seed)
        values = [1e9 - 1e6 * place + noise.gauss(0, 2e5) for place in range(20)]
        found = empties(trend(points(values)), NOON, 1e8)
        true = NOON + timedelta(seconds=1e8 / (1e6 / 21_600))
        assert found is not None and found.latest is not None
        hits += found.earliest <= true <= found.latest
    assert hits >= 160
