"""Whether a task's time has come."""

from datetime import datetime

from engine.policy.times import say
from state.model.task import Retrying, Task
from state.model.verdict import Finding, Stance

RULE = "timing"


def check(task: Task, now: datetime) -> Finding:
    """Wait for the latest of the start time that was asked for, its cron's time and the time of the next try."""
    due = due_at(task)
    if due is None:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="asks for no start time")
    if now < due:
        what = "tries again" if isinstance(task.state, Retrying) and due == task.state.at else "starts"
        if due == task.slot:
            what = f"comes by its cron {task.spec.cron}, {'again' if task.rounds else 'first'}"
        return Finding(rule=RULE, verdict=Stance.WAIT, text=f"{what} at {say(due)}")
    return Finding(rule=RULE, verdict=Stance.ALLOW, text=f"was due at {say(due)}")


def due_at(task: Task) -> datetime | None:
    """Return when a task may start at the earliest; None when it names no time. The engine sleeps until then."""
    times = [task.spec.start_at, task.slot, task.state.at if isinstance(task.state, Retrying) else None]
    return max((at for at in times if at is not None), default=None)
