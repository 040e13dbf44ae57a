"""Whether a task may spend its budget without asking."""

from state.model.money import to_dollars
from state.model.task import Spec
from state.model.verdict import Finding, Stance

RULE = "budget"


def check(spec: Spec, limit: int) -> Finding:
    """Ask when the budget is over `limit`; both in micro-dollars."""
    if spec.budget is None:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="asks for no budget")
    if spec.budget > limit:
        text = f"may spend {to_dollars(spec.budget)}, more than {to_dollars(limit)}"
        return Finding(rule=RULE, verdict=Stance.ASK, text=text)
    text = f"may spend {to_dollars(spec.budget)}, within {to_dollars(limit)}"
    return Finding(rule=RULE, verdict=Stance.ALLOW, text=text)
