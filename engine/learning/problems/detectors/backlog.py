"""A queue that holds more than the days ahead can take."""

from datetime import timedelta

from engine.learning.problems.facts import Facts
from engine.learning.problems.words import few, many, span
from state.model import task as t
from state.model.learning.problem import Kind, Severity, Sighting


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return whether tasks wait that do not start by themselves within the time that the settings name."""
    most_s = facts.settings.problems.backlog_s
    until = facts.now + timedelta(seconds=most_s)
    late, hours = [], 0.0
    control = facts.view.control
    if control.stopped or control.paused or control.observation is not None:
        # That nothing starts now is what the operator wants, and no sign of too long a queue.
        return None
    for label, at in facts.starts.items():
        task = facts.view.tasks.get(label)
        if task is None or not isinstance(task.state, t.Queued) or (at is not None and at < until):
            continue
        asked = task.spec.start_at or task.slot
        if asked is None or asked < until:
            late.append(label)
            hours += task.spec.hours or 0.0
    if not late:
        return ()
    text = (
        f"{many(len(late), 'task')} in the queue will not start within {span(most_s)}: {few(late)}: more [queue] slots "
        "or longer [windows] take them, or `midwatch deny` takes some out; `midwatch queue` says what each waits for"
    )
    return (
        Sighting(
            kind=Kind.BACKLOG,
            subject="queue",
            severity=Severity.LOW,
            text=text,
            figures={"tasks": len(late), "hours": hours},
        ),
    )
