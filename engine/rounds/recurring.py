"""When a task that has a cron expression comes next."""

from datetime import datetime, timedelta

import msgspec

from engine.schedule.cron import next_after, parse
from state.model import task as t
from state.model.moves import move_task
from state.settings import Settings
from state.zones import zone_of

_TICK = timedelta(microseconds=1)


def first_slot(spec: t.Spec, settings: Settings, now: datetime) -> datetime | None:
    """Return the first time of a task's cron expression after now, and not before the start time that it asks for.

    None when it has no expression. Raises CronError.
    """
    if not spec.cron:
        return None
    after = max(now, spec.start_at - _TICK) if spec.start_at else now
    return next_after(parse(spec.cron), zone_of(spec.zone or settings.time.zone), after)


def again(task: t.Task, settings: Settings, now: datetime) -> t.Task:
    """Return a task that was done and has a cron expression, in the queue for its next time.

    That is after the time it was done for, whatever the clock says by now.
    """
    slot = first_slot(task.spec, settings, max(now, task.slot) if task.slot else now)
    queued = move_task(task, t.Queued(), failures=0)
    return msgspec.structs.replace(queued, slot=slot, rounds=task.rounds + 1)
