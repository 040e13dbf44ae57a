"""Bands: what is usual, and what is not."""

import math
import random
from statistics import median

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policy.bands.band import (
    RECENT,
    SPREAD,
    WINDOW,
    band,
    failing,
    judged,
    outside,
    said,
    usual,
    widened,
    within_reach,
)
from engine.policy.bands.figures import CPU, DURATION, FILES, OF_RUNS, OUTPUT, RETRIES, Figure
from state.model.anomaly import Anomaly, Band
from tests.making import NOON

VALUES = st.lists(st.floats(0, 1e9), min_size=10, max_size=WINDOW)


def made(history: list[float], figure: Figure = DURATION, sigma: float = 3.0) -> Band:
    found = band(history, figure, "bug fix", sigma=sigma, least=10)
    assert found is not None
    return found


def test_few_builds_make_no_band() -> None:
    """Nothing is concluded from fewer builds than were asked for."""
    assert band([60.0] * 9, DURATION, "", sigma=3, least=10) is None
    assert band([60.0] * 10, DURATION, "", sigma=3, least=10) is not None


def test_only_the_latest_count() -> None:
    """What was long ago is forgotten."""
    assert made([1e6] * 30 + [60.0] * WINDOW) == made([60.0] * WINDOW)


@pytest.mark.parametrize(("figure", "usually"), [(DURATION, 3600.0), (FILES, 4.0), (OUTPUT, 5e4), (CPU, 0.0)])
def test_a_history_without_spread_still_has_a_band(figure: Figure, usually: float) -> None:
    """What was always the same may differ by a few percent, and by too little to speak of, and not by a lot."""
    found = made([usually] * 20, figure)
    assert not outside(usually * 1.2, found)
    assert not outside(usually + figure.reach * 0.99, found)
    assert outside((usually + figure.reach) * 3, found)


@given(VALUES, st.sampled_from((*OF_RUNS, RETRIES)), st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_what_is_within_reach_is_in_every_band(history: list[float], figure: Figure, share: float) -> None:
    """No band has to be made for a value that none could leave out; too little of some figures may be left out."""
    value = figure.reach * share
    assert within_reach(value, figure) is not figure.low
    assert figure.low or not outside(value, made(history, figure))
    assert not within_reach(figure.reach * 1.01 + 1, figure)


@given(VALUES, st.floats(0.01, 1000))
@settings(deadline=None, max_examples=60)
def test_another_unit_makes_the_same_band(history: list[float], scale: float) -> None:
    """Seconds or minutes, the edges are at the same places."""
    scaled = msgspec.structs.replace(DURATION, start=DURATION.start * scale, reach=DURATION.reach * scale)
    one, other = made(history), made([value * scale for value in history], scaled)
    for edge in ("low", "centre", "high"):
        expected = getattr(one, edge) * scale
        far = expected > 1e14  # where every edge is cut off
        assert far or getattr(other, edge) == pytest.approx(expected, rel=1e-3, abs=1e-3 * scaled.start)


@given(st.lists(st.floats(1, 1e6), min_size=9, max_size=WINDOW - 1), st.floats(2, 1e6), st.integers(0, WINDOW))
@settings(deadline=None, max_examples=60)
def test_one_outlier_does_not_move_the_band(history: list[float], factor: float, at: int) -> None:
    """However far out one of ten or more builds is, the band is the same as if it were just the highest."""
    place = at % (len(history) + 1)
    top = max(history)
    mild, wild = ([*history[:place], value, *history[place:]] for value in (top * 1.01, top * 1.01 * factor))
    one, other = made(mild), made(wild)
    logs = [math.log(value + DURATION.start) for value in mild]
    centre = median(logs)
    # Only where half of the history is as far from the centre as the outlier is its distance part of the spread.
    settled = math.log(top * 1.01 + DURATION.start) - centre > 2 * median(abs(value - centre) for value in logs)
    assert other.centre == one.centre
    assert other.high == one.high or not settled


@given(VALUES)
@settings(deadline=None, max_examples=60)
def test_the_band_holds_what_was_usual(history: list[float]) -> None:
    """The centre lies in it, with all of the history but one value on either side."""
    found = made(history)
    assert found.low <= found.centre <= found.high
    assert sum(outside(value, found) for value in found.history) <= 2


@given(VALUES, st.floats(1, 5), st.floats(0.1, 3))
@settings(deadline=None, max_examples=60)
def test_more_sigmas_make_a_wider_band(history: list[float], sigma: float, more: float) -> None:
    """A larger `sigma` never calls strange what a smaller one takes for usual."""
    narrow, wide = made(history, sigma=sigma), made(history, sigma=sigma + more)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_two_kinds_of_builds_are_both_usual() -> None:
    """A history of quick builds with a slow one now and then calls neither strange."""
    found = made([60.0] * 18 + [1800.0, 1900.0])
    assert not outside(1850.0, found)
    assert outside(18_000.0, found)


@pytest.mark.parametrize(("n", "simulated"), [(10, 7.00), (15, 5.33), (20, 4.51), (30, 3.90), (50, 3.50)])
def test_few_values_widen_the_band_as_much_as_they_must(n: int, simulated: float) -> None:
    """What 20,000 normal histories of a length gave for a miss in 741, which is 3 sigma."""
    assert widened(3.0, n) == pytest.approx(simulated, rel=0.045)
    assert widened(3.0, 100_000) == pytest.approx(3.0, rel=0.01)


@pytest.mark.parametrize("n", [10, 20, 50])
def test_false_alarms_are_as_rare_as_sigma_says(n: int) -> None:
    """Lognormal builds leave a band of their own kind about once in 741 times, however few it is from."""
    dice = random.Random(n)
    figure = msgspec.structs.replace(DURATION, reach=0.0, low=False, start=1e-9)
    missed = sum(
        outside(dice.lognormvariate(6, 0.5), made([dice.lognormvariate(6, 0.5) for _ in range(n)], figure))
        for _ in range(6000)
    )
    assert missed <= 20


def test_a_value_is_told_against_its_band() -> None:
    """The words name the value, what is usual, the edge and what it rests on."""
    found = made([100_000.0 + 1000 * n for n in range(34)], OUTPUT)
    text = judged(9.1 * 1024 * 1024 / 60, OUTPUT, found)
    assert text.startswith("output 9.1 MiB/min; usual 5.89 MiB/min to 7.44 MiB/min, 3 sigma band up to ")
    assert text.endswith(", from 34 builds (bug fix)")
    assert "down to " in judged(1.0, DURATION, made([3600.0] * 20))
    assert usual(made([5.0] * 10 + [500.0], FILES)) == (5.0, 5.0)
    assert "usual 5," in judged(90, FILES, made([5.0] * 10, FILES))


def test_any_anomaly_can_be_told() -> None:
    """A figure of a fixed limit, which has no band, has words too."""
    fields = {"id": "a1", "label": "tidy", "build": "tidy-1", "limit": 1, "text": "", "created_at": NOON}
    assert said(Anomaly(figure="files", value=11, **fields)) == "11"
    assert said(Anomaly(figure="quiet_s", value=2.5, **fields)) == "2.5"


@pytest.mark.parametrize(
    ("before", "may_fail"),
    [([False] * 10, 3.0), ([False] * 50, 2.0), ([True, False] * 20, 5.0), ([True] * 10, 5.0)],
)
def test_failures_are_judged_by_their_share(before: list[bool], may_fail: float) -> None:
    """Three of five failures may happen after ten clean builds, two after fifty, all where half of them fail."""
    assert failing(before, [False] * RECENT, sigma=3, least=10) == may_fail


def test_failures_of_few_builds_are_not_judged() -> None:
    """Too few builds say nothing of how many fail."""
    assert failing([False] * 9, [True] * RECENT, sigma=3, least=10) is None
    assert failing([False] * 10, [], sigma=3, least=10) is None


def test_the_least_spread_is_what_is_said() -> None:
    """A constant history of many builds reaches three times the least spread, and a little more."""
    found = made([3600.0] * WINDOW)
    assert found.high == pytest.approx(3600 * math.exp(widened(3, WINDOW) * SPREAD), rel=0.01)
