"""What becomes of a schedule that is due while the engine observes."""

from datetime import datetime

import msgspec

from engine.schedule import timetable
from state.model.when.schedule import Missed, Schedule, ScheduleState

WHY = "observe mode: nothing executes"


def let_pass(schedule: Schedule, state: ScheduleState, now: datetime) -> tuple[ScheduleState, str]:
    """Return the record of a schedule whose due slots pass without a run, now and later, and what would have been done.

    An order to run it out of turn passes too.
    """
    turned, why = timetable.take_turn(schedule, state, now)
    run = turned.running
    slots = [slot for slot in (run.slot if run else None, *turned.owed) if slot is not None]
    missed = (*turned.missed, *(Missed(slot=slot, why=WHY, noted_at=now) for slot in slots))[-timetable.KEPT :]
    counted = turned.missed_count + len(slots)
    turned = msgspec.structs.replace(turned, running=None, owed=(), missed=missed, missed_count=counted)
    return turned, f"{WHY}; it would have run: {why}" if run else why
