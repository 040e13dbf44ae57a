"""Whether something about where a task came from is for the operator to decide."""

from state.model.task import Task
from state.model.verdict import Finding, Stance

RULE = "doubt"


def check(task: Task) -> Finding:
    """Ask where whoever queued it was not sure enough, or too much is at stake."""
    if task.doubt:
        return Finding(rule=RULE, verdict=Stance.ASK, text=task.doubt)
    return Finding(rule=RULE, verdict=Stance.ALLOW, text="nothing about where it came from is in doubt")
