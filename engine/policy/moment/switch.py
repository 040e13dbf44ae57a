"""Whether the operator lets anything start at all."""

from engine.policy.times import say, who
from state.model.control import Control
from state.model.verdict import Finding, Stance

KILL_SWITCH = "kill_switch"
PAUSE = "pause"


def stop(control: Control, stopped: bool) -> Finding:
    """Wait while the kill switch is engaged, whichever of fact and record says so."""
    if control.stopped:
        by = f" by {who(control.stopped_by)}"
        since = f" since {say(control.stopped_at)}" if control.stopped_at else ""
        text = f"the kill switch is engaged{by}{since}: `midwatch arm` releases it"
    elif stopped:
        text = "the STOP file is there: `midwatch arm` removes it"
    else:
        return Finding(rule=KILL_SWITCH, verdict=Stance.ALLOW, text="the kill switch is off")
    return Finding(rule=KILL_SWITCH, verdict=Stance.WAIT, text=text)


def pause(control: Control, paused: bool) -> Finding:
    """Wait while the queue is paused, whichever of fact and record says so."""
    if control.manual:
        text = f"deciding failed at {say(control.fault.since) if control.fault else ''}: `midwatch resume` tries again"
        return Finding(rule=PAUSE, verdict=Stance.WAIT, text=text)
    if paused or control.paused:
        return Finding(rule=PAUSE, verdict=Stance.WAIT, text="the queue is paused: `p` in the console goes on")
    return Finding(rule=PAUSE, verdict=Stance.ALLOW, text="the queue is not paused")
