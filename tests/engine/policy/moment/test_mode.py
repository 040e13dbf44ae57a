"""Tests of the rule on the mode."""

from datetime import timedelta

from engine.policy import observing
from engine.policy.moment import mode
from state.model.control import Control
from state.model.verdict import Stance
from tests.making import NOON, a_task

OBSERVING = observing.begun(Control(), "operator:ann", NOON)


def test_live_lets_start_what_may() -> None:
    """The mode stands against nothing while it is live."""
    assert mode.check(a_task(), Control()).verdict is Stance.ALLOW


def test_observing_lets_nothing_start() -> None:
    """It waits, and the words leave no doubt that nothing executes, nor how that ends."""
    finding = mode.check(a_task(), OBSERVING)
    assert finding.verdict is Stance.WAIT
    assert finding.text == "observe mode: nothing executes until `midwatch mode live`"


def test_says_when_it_would_have_started() -> None:
    """A start that was decided is told with its time, and only to its own task."""
    known = observing.noted(OBSERVING, a_task("tidy"), NOON + timedelta(hours=1))
    assert mode.check(a_task("tidy"), known).text.endswith("; it would have started at 2026-03-04 13:00 UTC")
    assert "would" not in mode.check(a_task("other"), known).text
