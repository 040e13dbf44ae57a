"""Sizes, spans and lists in words."""

from datetime import timedelta

from engine.learning.problems.words import ahead, few, many, size, span
from state.model.learning.problem import Outlook
from tests.making import NOON


def test_figures_have_their_units() -> None:
    """Sizes, spans and counts read as people write them."""
    assert (size(3 << 29), size(0)) == ("1.5 GiB", "0 bytes")
    assert (span(5400), span(6 * 86_400)) == ("1 h 30 min", "6 days")
    assert (many(1, "build"), many(1200, "build")) == ("1 build", "1,200 builds")


def test_long_lists_are_cut() -> None:
    """Five names stand for many."""
    assert few(["a", "b"]) == "a, b"
    assert few(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_an_outlook_tells_its_edges() -> None:
    """What is not sure to come at all says so."""
    found = Outlook(at=NOON + timedelta(days=4), earliest=NOON + timedelta(hours=30), latest=None)
    assert ahead(found, NOON) == "in about 4 days (30 h to never)"
    past = Outlook(at=NOON - timedelta(days=4), earliest=NOON - timedelta(days=9), latest=NOON + timedelta(days=3))
    assert ahead(past, NOON) == "in about 0 min (0 min to 3 days)"
