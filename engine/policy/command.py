"""Whether a task has something to run."""

from state.model.task import Spec
from state.model.verdict import Finding, Stance

RULE = "command"


def check(spec: Spec) -> Finding:
    """Hold a task without a command, or with one that no shell could be given."""
    if not spec.command.strip():
        return Finding(rule=RULE, verdict=Stance.HOLD, text="no command: nothing says what to run")
    if "\0" in spec.command or "\0" in spec.verify:
        return Finding(rule=RULE, verdict=Stance.HOLD, text="its command holds a NUL character, which no shell takes")
    return Finding(rule=RULE, verdict=Stance.ALLOW, text="has a command")
