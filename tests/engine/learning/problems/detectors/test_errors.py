"""The rule on errors that become more frequent."""

from datetime import timedelta

import pytest

from engine.learning.problems.detectors.errors import chance, look
from engine.learning.problems.facts import Errors
from state.model import build as b
from tests.engine.learning.problems.looks import a_look, seen
from tests.making import NOON, a_build


def builds(failed: int, done: int, failed_before: int, done_before: int) -> dict[str, b.Build]:
    """Builds of the last day, and of the days before it."""
    rows = [("failed", 1.0)] * failed + [("done", 1.0)] * done
    rows += [("failed", 72.0)] * failed_before + [("done", 72.0)] * done_before
    found = (
        a_build(f"t-{number}", b.Finished(ending=ending, text="", at=NOON - timedelta(hours=hours)))
        for number, (ending, hours) in enumerate(rows, 1)
    )
    return {build.id: build for build in found}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((8, 2, 4, 40), [("errors:builds", "high")]),
        ((8, 20, 2, 60), [("errors:builds", "medium")]),
        ((8, 2, 32, 8), []),
        ((4, 0, 0, 40), []),
        ((8, 2, 1, 3), []),
        ((5, 15, 8, 40), []),
        ((0, 9, 9, 9), []),
    ],
)
def test_builds_that_fail_more_often(counts: tuple[int, int, int, int], expected: list[tuple[str, str]]) -> None:
    """More than before, from enough builds, and more than chance explains."""
    assert seen(look(a_look(builds=builds(*counts)))) == expected


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (Errors(recent=9, before=10, days=10), [("errors:engine", "medium")]),
        (Errors(recent=4, before=0, days=10), []),
        (Errors(recent=12, before=100, days=10), []),
        (Errors(recent=9, before=0, days=0.5), []),
        (None, []),
    ],
)
def test_an_engine_that_errs_more_often(errors: Errors | None, expected: list[tuple[str, str]]) -> None:
    """Than on the days before, as far as the log tells of enough of them."""
    assert seen(look(a_look(errors=errors))) == expected


def test_chance_is_fishers() -> None:
    """The lady tasting tea: three or more of four right are likely in 17 of 70 cases."""
    assert chance(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert chance(0, 5, 3, 5) == pytest.approx(1.0)
