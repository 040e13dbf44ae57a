"""Whether any window is long enough for a task, and meant for its priority."""

from engine.policy.times import lasting
from state.model.task import Priority, Spec, WindowUse
from state.model.verdict import Finding, Stance
from state.model.when.window import Window

RULE = "estimate"

ASSUMED_S = 3600.0
"""What a task without an estimate is taken to last, in seconds."""


def seconds(spec: Spec) -> float:
    """Return how long a task is taken to last, in seconds."""
    return ASSUMED_S if spec.hours is None else spec.hours * 3600.0


def said(spec: Spec) -> str:
    """Return a task's estimate in words, and whether it is one."""
    if spec.hours is None:
        return f"is taken to last {lasting(ASSUMED_S)}, for want of an estimate"
    return f"is estimated at {lasting(seconds(spec))}"


def at_any_time(spec: Spec) -> bool:
    """Whether windows do not matter to it: high priority, or told so."""
    return spec.priority is Priority.HIGH or spec.window is WindowUse.ANY


def against(spec: Spec, window: Window) -> str:
    """Return why a window is not meant for a task, in words that follow its name; empty when it is."""
    if spec.priority.rank > window.lowest.rank:
        return f"takes no {spec.priority} priority"
    if spec.window is WindowUse.FIT and window.longest_s is not None and seconds(spec) > window.longest_s:
        return f"takes tasks of at most {lasting(window.longest_s)}, and this {said(spec)}"
    return ""


def check(spec: Spec, windows: tuple[Window, ...]) -> Finding:
    """Hold what no window would ever take; without windows there is nothing to fit into."""
    if not windows:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="no windows are configured, so any length is fine")
    if at_any_time(spec):
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="needs no window")
    meant = [window for window in windows if not against(spec, window)]
    if spec.window is WindowUse.FIT:
        meant = [window for window in meant if window.length_s >= seconds(spec)]
    if meant:
        names = ", ".join(window.name for window in meant)
        return Finding(rule=RULE, verdict=Stance.ALLOW, text=f"{said(spec)}, for the windows {names}")
    if all(spec.priority.rank > window.lowest.rank for window in windows):
        text = f"no window takes {spec.priority} priority: give one a `lowest` of {spec.priority} in midwatch.toml"
        return Finding(rule=RULE, verdict=Stance.HOLD, text=text)
    text = f"{said(spec)}, and no window takes that: divide it, or add it with --window overrun"
    return Finding(rule=RULE, verdict=Stance.HOLD, text=text)
