"""What is told of the kill switch's uses."""

from datetime import timedelta
from typing import Any

import pytest

from engine.reports.switch import drill_words, passed, use_words
from state.model.brakes.kill_use import KillUse, Means
from tests.making import NOON


def used(**changes: Any) -> KillUse:
    """One use at noon, or what is changed of it."""
    fields: dict[str, Any] = {
        "id": "one", "at": NOON, "by": "operator:ada", "means": Means.KEY, "ms": 412.0, "builds": 2, "processes": 9,
    }  # fmt: skip
    return KillUse(**{**fields, **changes})


def test_the_last_use_is_told_with_who_how_and_how_long():
    """One line says all that was measured, and loudly what did not die."""
    later = NOON + timedelta(days=3)
    assert use_words([used()], later) == "last used: 3 days ago by ada (key), 2 builds dead in 0.41 s"
    assert "1 PROCESSES SURVIVED" in use_words([used(survivors=(4711,))], later)
    assert use_words([used(drill="d")], later) == "never used"


def test_the_last_drill_is_told_by_its_slowest_means():
    """A rehearsal is as slow as its slowest part, and failed when a part of it did."""
    parts = [used(drill="d"), used(id="two", ms=80.0, drill="d")]
    assert drill_words(parts, NOON + timedelta(hours=5)) == "last drill: 0.41 s, 5 h ago"
    assert drill_words([*parts, used(id="three", ms=6000.0, drill="d")], NOON).endswith("just now, FAILED")
    assert "midwatch drill" in drill_words([used()], NOON)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"ms": 5000.0}, False), ({"survivors": (7,)}, False), ({"builds": 0}, False)],
    ids=["all dead", "too late", "survivors", "nothing was there to kill"],
)
def test_what_counts_as_passed(changes: dict[str, Any], expected: bool):
    """All dead, in time, and there was something to kill."""
    assert passed([used(), used(**changes)]) is expected
    assert not passed([])
