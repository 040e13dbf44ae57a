"""Tests of the rule on estimates."""

from typing import Any

import pytest

from engine.policy import estimate
from state.model.task import Priority, WindowUse
from state.model.verdict import Stance
from state.model.when.window import Window
from tests.making import a_spec

EVENING = Window(name="evening", start_min=19 * 60, end_min=23 * 60, longest_s=7200)
NIGHT = Window(name="night", start_min=23 * 60, end_min=7 * 60)
WORK = Window(name="work", start_min=9 * 60, end_min=17 * 60, lowest=Priority.HIGH)
WINDOWS = (EVENING, NIGHT, WORK)


@pytest.mark.parametrize(
    ("spec", "windows", "stance", "text"),
    [
        ({"hours": 99}, (), Stance.ALLOW, "no windows are configured, so any length is fine"),
        ({"hours": 2}, WINDOWS, Stance.ALLOW, "is estimated at 2 h, for the windows evening, night"),
        ({"hours": 8}, WINDOWS, Stance.ALLOW, "is estimated at 8 h, for the windows night"),
        ({}, WINDOWS, Stance.ALLOW, "is taken to last 1 h, for want of an estimate, for the windows evening, night"),
        (
            {"hours": 8.5},
            WINDOWS,
            Stance.HOLD,
            "is estimated at 8 h 30 min, and no window takes that: divide it, or add it with --window overrun",
        ),
        ({"hours": 20, "priority": Priority.HIGH}, WINDOWS, Stance.ALLOW, "needs no window"),
        ({"hours": 20, "window": WindowUse.ANY}, WINDOWS, Stance.ALLOW, "needs no window"),
        (
            {"hours": 20, "window": WindowUse.OVERRUN},
            WINDOWS,
            Stance.ALLOW,
            "is estimated at 20 h, for the windows evening, night",
        ),
        (
            {"hours": 20, "window": WindowUse.STOP},
            (NIGHT,),
            Stance.ALLOW,
            "is estimated at 20 h, for the windows night",
        ),
        (
            {"hours": 1},
            (WORK,),
            Stance.HOLD,
            "no window takes medium priority: give one a `lowest` of medium in midwatch.toml",
        ),
        ({"hours": 1, "priority": Priority.HIGH}, (WORK,), Stance.ALLOW, "needs no window"),
    ],
)
def test_what_no_window_could_ever_take_is_held(
    spec: dict[str, Any], windows: tuple[Window, ...], stance: Stance, text: str
) -> None:
    """A task that would wait for ever is told so when it is added, with what to do."""
    finding = estimate.check(a_spec(**spec), windows)
    assert (finding.verdict, finding.text) == (stance, text)
