"""Tests of the rules on the kill switch and the pause."""

import pytest

from engine.policy.moment import switch
from state.model.control import Control
from state.model.verdict import Stance
from tests.making import NOON


@pytest.mark.parametrize(
    ("control", "stopped", "stance", "text"),
    [
        (Control(), False, Stance.ALLOW, "the kill switch is off"),
        (Control(), True, Stance.WAIT, "the STOP file is there: `midwatch arm` removes it"),
        (
            Control(stopped=True),
            False,
            Stance.WAIT,
            "the kill switch is engaged by the operator: `midwatch arm` releases it",
        ),
        (
            Control(stopped=True, stopped_at=NOON, stopped_by="operator:ann"),
            True,
            Stance.WAIT,
            "the kill switch is engaged by ann since 2026-03-04 12:00 UTC: `midwatch arm` releases it",
        ),
    ],
)
def test_nothing_starts_while_stopped(control: Control, stopped: bool, stance: Stance, text: str) -> None:
    """Fact or record, either is enough to wait."""
    finding = switch.stop(control, stopped)
    assert (finding.verdict, finding.text) == (stance, text)


@pytest.mark.parametrize(
    ("control", "paused", "stance"),
    [
        (Control(), False, Stance.ALLOW),
        (Control(), True, Stance.WAIT),
        (Control(paused=True), False, Stance.WAIT),
    ],
)
def test_nothing_starts_while_paused(control: Control, paused: bool, stance: Stance) -> None:
    """Fact or record, either is enough to wait."""
    assert switch.pause(control, paused).verdict is stance
