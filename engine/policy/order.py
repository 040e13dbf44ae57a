"""The queue's order: priority, then expected return, then age."""

from datetime import datetime

from engine.policy.times import say
from state.model.money import to_dollars
from state.model.task import Task

Key = tuple[int, float, datetime, str]
"""Priority's rank, expected return negated, when it was added, label: smaller comes first."""


def order_key(task: Task) -> Key:
    """Return what a queue is sorted by; no two tasks have the same."""
    spec = task.spec
    return spec.priority.rank, -expected_return(task), task.added_at, spec.label


def expected_return(task: Task) -> float:
    """Return value over cost (2.0 pays twice its budget); 0.0 when either is not known."""
    spec = task.spec
    if not spec.value or spec.budget is None:
        return 0.0
    return spec.value / spec.budget if spec.budget > 0 else float("inf")


def why_here(task: Task, ahead: Task | None) -> str:
    """Return why a task stands where it does, given the one just ahead of it in the queue; None for the first."""
    if ahead is None:
        return "first: nothing that waits comes before it"
    return f"after {ahead.label}, {_why_after(task, ahead)}"


def _why_after(task: Task, ahead: Task) -> str:
    mine, other = task.spec, ahead.spec
    if ahead.label in mine.depends:
        return "on which it depends"
    if order_key(ahead) > order_key(task):
        return "which something further ahead depends on"
    if mine.priority is not other.priority:
        return f"which has {other.priority} priority where this has {mine.priority}"
    if expected_return(ahead) > expected_return(task):
        return f"which promises {_return(ahead)} where this promises {_return(task)}"
    if ahead.added_at < task.added_at:
        return f"which has waited longer (since {say(ahead.added_at)})"
    return "which was added at the same time and comes first by name"


def _return(task: Task) -> str:
    spec = task.spec
    if not spec.value or spec.budget is None:
        return "no known return"
    return f"{to_dollars(spec.value)} for {to_dollars(spec.budget)}"
