"""Tests of the rule on windows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.policy.moment import window
from state.model.task import Priority, WindowUse
from state.model.verdict import Stance
from state.model.when.window import Span, Window
from tests.making import a_spec

CHICAGO = ZoneInfo("America/Chicago")
EVENING = Window(name="evening", start_min=19 * 60, end_min=23 * 60, longest_s=7200)
NIGHT = Window(name="night", start_min=23 * 60, end_min=7 * 60)
WORK = Window(name="work", start_min=9 * 60, end_min=17 * 60, lowest=Priority.HIGH)
MIDNIGHT = datetime(2026, 2, 9, tzinfo=CHICAGO).astimezone(UTC)


def at(hour: float) -> datetime:
    """A time on Monday, 9 February 2026, or in the days after it, in Chicago."""
    return MIDNIGHT + timedelta(hours=hour)


def span(of: Window, opens: float, closes: float, **more: Any) -> Span:
    return Span(window=of, opens_at=at(opens), closes_at=at(closes), **more)


SPANS = (
    span(WORK, 9, 17),
    span(EVENING, 19, 23),
    span(NIGHT, 23, 31),
    span(WORK, 33, 41),
    span(EVENING, 43, 47),
    span(NIGHT, 47, 55),
)
A, W = Stance.ALLOW, Stance.WAIT
NIGHT_TODAY = "waits for the night window, which opens 23:00"


@pytest.mark.parametrize(
    ("spec", "hour", "stance", "text"),
    [
        ({}, 12, W, "the work window takes no medium priority; waits for the evening window, which opens 19:00"),
        ({"hours": 4}, 12, W, f"the work window takes no medium priority; {NIGHT_TODAY}"),
        ({"hours": 4}, 18, W, f"no window is open; {NIGHT_TODAY}"),
        ({"hours": 2}, 20, A, "the evening window is open until 23:00; is estimated at 2 h"),
        ({"hours": 2}, 21, A, "the evening window is open until 23:00; is estimated at 2 h"),
        ({"hours": 2}, 22, W, f"1 h are left of the evening window, and it is estimated at 2 h; {NIGHT_TODAY}"),
        (
            {"hours": 3},
            20,
            W,
            f"the evening window takes tasks of at most 2 h, and this is estimated at 3 h; {NIGHT_TODAY}",
        ),
        ({"hours": 8}, 23, A, "the night window is open until Tue 07:00; is estimated at 8 h"),
        ({"hours": 8}, 24, W, f"7 h are left of the night window, and it is estimated at 8 h; {NIGHT_TODAY}"),
        ({"hours": 9}, 24, W, "7 h are left of the night window, and it is estimated at 9 h; no window that takes it "
         "opens within two weeks"),
        ({}, 30.5, W, "30 min are left of the night window, and it is taken to last 1 h, for want of an estimate; "
         "waits for the evening window, which opens 19:00"),
        ({"priority": Priority.HIGH, "hours": 99}, 12, A, "high priority needs no window"),
        ({"priority": Priority.LOW}, 12, W, "the work window takes no low priority; waits for the evening window, "
         "which opens 19:00"),
        ({"window": WindowUse.ANY}, 12, A, "is told to start in any window and outside of them"),
        ({"window": WindowUse.OVERRUN, "hours": 20}, 22.9, A, "the evening window is open until 23:00; is estimated "
         "at 20 h"),
        ({"window": WindowUse.STOP, "hours": 20}, 12, W, "the work window takes no medium priority; waits for the "
         "evening window, which opens 19:00"),
        ({}, 56, W, "no window is open; no window that takes it opens within two weeks"),
    ],
)  # fmt: skip
def test_each_task_has_its_windows(spec: dict[str, Any], hour: float, stance: Stance, text: str) -> None:
    """What waits says why not now and which window it waits for, by the operator's clock."""
    finding = window.check(a_spec(**spec), SPANS, True, at(hour), CHICAGO)
    assert (finding.verdict, finding.text) == (stance, text)


def test_without_windows_every_time_is_fine() -> None:
    """A workspace that configures no window builds at any time."""
    assert window.check(a_spec(), (), False, at(12), CHICAGO).verdict is Stance.ALLOW


def test_a_window_that_never_closes_takes_any_length() -> None:
    """Where no end is foreseen there is nothing to fit into."""
    always = span(NIGHT, 0, 1, endless=True)
    finding = window.check(a_spec(hours=999), (always,), True, at(0.5), CHICAGO)
    assert (finding.verdict, finding.text) == (A, "the night window is open; is estimated at 999 h")


@pytest.mark.parametrize(
    ("spec", "hour", "expected"),
    [
        ({"hours": 2}, 12, 19),
        ({"hours": 2}, 20, 20),
        ({"hours": 2}, 21.5, 23),
        ({"hours": 8}, 23.5, 47),
        ({"priority": Priority.HIGH}, 12, 12),
        ({"hours": 2}, 60, None),
        ({"hours": 20}, 12, None),
    ],
)
def test_the_first_moment_that_takes_it(spec: dict[str, Any], hour: float, expected: float | None) -> None:
    """The moment that a forecast begins with is the one that the rule will allow."""
    found = window.opens_at(a_spec(**spec), SPANS, at(hour))
    assert found == (None if expected is None else at(expected))
    if found is not None:
        assert window.check(a_spec(**spec), SPANS, True, found, CHICAGO).verdict is A
