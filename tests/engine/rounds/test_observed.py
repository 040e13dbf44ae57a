"""Schedules that are due while nothing executes."""

from datetime import timedelta
from typing import Any

import pytest

from engine.rounds.observed import WHY, let_pass
from engine.schedule import timetable
from state.model.when.schedule import Misfire, Schedule, ScheduleState
from tests.making import NOON

HOUR = timedelta(hours=1)


def hourly(**changes: Any) -> Schedule:
    return Schedule(**{"name": "hourly", "cron": "0 * * * *", "run": "status", **changes})


def begun(schedule: Schedule) -> ScheduleState:
    """Its record after it was configured at half past eleven."""
    return timetable.set_out(schedule, None, NOON - timedelta(minutes=30))


@pytest.mark.parametrize("misfire", Misfire)
def test_what_is_due_passes_and_is_not_made_up(misfire: Misfire) -> None:
    """Whatever the policy, no run is begun or owed, each slot is on record, and only later ones are left."""
    schedule = hourly(misfire=misfire)
    state, why = let_pass(schedule, begun(schedule), NOON + 3 * HOUR)
    assert state.running is None
    assert state.owed == ()
    assert [missed.slot for missed in state.missed] == [NOON + number * HOUR for number in range(4)]
    assert state.missed_count == 4
    assert state.next_slot == NOON + 4 * HOUR
    assert why


def test_says_that_it_would_have_run() -> None:
    """A slot that is due on time is told as a run that was not made."""
    schedule = hourly()
    state, why = let_pass(schedule, begun(schedule), NOON)
    assert why == f"{WHY}; it would have run: due at 2026-03-04 12:00 UTC"
    assert [missed.why for missed in state.missed] == [WHY]


def test_an_order_to_run_passes_too() -> None:
    """What the operator ordered before does not run when it is live again."""
    schedule = hourly()
    asked = timetable.set_out(schedule, ScheduleState(name="hourly", asked_by="operator:ann"), NOON)
    state, _ = let_pass(schedule, asked, NOON)
    assert (state.asked_by, state.running, state.missed) == ("", None, ())
