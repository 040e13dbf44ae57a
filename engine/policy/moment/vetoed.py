"""Whether the operator overruled a decision on just this task before."""

from engine.policy.times import say, who
from state.model.task import Task
from state.model.verdict import Finding, Stance

RULE = "vetoed"


def check(task: Task) -> Finding:
    """Ask where a veto stands against the spec as it is; another spec is another task."""
    veto = task.veto
    if veto is None or veto.digest != task.spec.digest:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="no decision on it was overruled")
    text = f"{who(veto.by)} overruled {veto.action} (entry {veto.seq}) at {say(veto.at)}: it goes on only with a yes"
    return Finding(rule=RULE, verdict=Stance.ASK, text=text)


def stands(task: Task) -> bool:
    """Whether a veto stands against a task that nobody has said yes to since."""
    veto = task.veto
    if veto is None or veto.digest != task.spec.digest:
        return False
    return not (task.approved and task.approval is not None and task.approval.at > veto.at)
