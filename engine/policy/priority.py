"""Whether a task's priority lets it start by itself."""

from state.model.task import Priority, Spec
from state.model.verdict import Finding, Stance

RULE = "priority"

_ALLOWED = {
    Priority.HIGH: "high priority may start at any time",
    Priority.MEDIUM: "medium priority may start by itself, where windows are configured in those that take it",
}


def check(spec: Spec) -> Finding:
    """Ask for whatever is not of high or medium priority."""
    text = _ALLOWED.get(spec.priority)
    if text is None:
        return Finding(rule=RULE, verdict=Stance.ASK, text=f"{spec.priority} priority never starts without approval")
    return Finding(rule=RULE, verdict=Stance.ALLOW, text=text)
