"""Whether a task stands where a start is possible at all."""

from state.model.task import AwaitingApproval, AwaitingReview, Building, Done, Held, Queued, Retrying, Task, Verifying
from state.model.verdict import Finding, Stance

RULE = "standing"


def check(task: Task) -> Finding:
    """Hold whatever is being built, or is over: a start there would run it twice."""
    match task.state:
        case Queued() | Held() | AwaitingApproval() | Retrying():
            return Finding(rule=RULE, verdict=Stance.ALLOW, text="is in the queue")
        case Building() | Verifying():
            return Finding(rule=RULE, verdict=Stance.HOLD, text="is being built")
        case AwaitingReview():
            return Finding(rule=RULE, verdict=Stance.HOLD, text="is built and waits for review")
        case Done():
            return Finding(rule=RULE, verdict=Stance.HOLD, text="is done")
        case _:
            text = f"is {task.state_name}: `midwatch retry {task.label}` queues it again"
            return Finding(rule=RULE, verdict=Stance.HOLD, text=text)
