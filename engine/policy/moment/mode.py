"""Whether decisions are carried out at all."""

from engine.policy.times import say
from state.model.control import Control
from state.model.task import Task
from state.model.verdict import Finding, Stance

RULE = "mode"


def check(task: Task, control: Control) -> Finding:
    """Wait while it observes, whatever else is said: no approval and no spawn makes anything execute then."""
    observation = control.observation
    if observation is None:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="live: what may start, starts")
    would = next((would for would in observation.would if would.label == task.label), None)
    then = "" if would is None else f"; it would have started at {say(would.at)}"
    text = f"observe mode: nothing executes until `midwatch mode live`{then}"
    return Finding(rule=RULE, verdict=Stance.WAIT, text=text)
