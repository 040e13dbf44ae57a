"""Whether what must come before a task is out of its way."""

from collections.abc import Mapping

from state.model.task import Done, Failed, Killed, Spec, Task, Unknown
from state.model.verdict import Finding, Stance

BLOCKERS = "blockers"
DEPENDENCIES = "dependencies"


def check(spec: Spec) -> Finding:
    """Hold a task that lists blockers: only the operator can tell when they are gone."""
    listed = [" ".join(blocker.split()) for blocker in spec.blockers if blocker.strip()]
    if listed:
        return Finding(rule=BLOCKERS, verdict=Stance.HOLD, text="blocked by: " + "; ".join(listed))
    return Finding(rule=BLOCKERS, verdict=Stance.ALLOW, text="no blockers are listed")


def dependencies(spec: Spec, tasks: Mapping[str, Task]) -> tuple[Finding, ...]:
    """Hold for each dependency that cannot be done any more, wait for those that may still be."""
    if not spec.depends:
        return (Finding(rule=DEPENDENCIES, verdict=Stance.ALLOW, text="depends on nothing"),)
    lost: list[str] = []
    awaited: list[str] = []
    for label in spec.depends:
        task = tasks.get(label)
        if task is None:
            lost.append(f"{label} does not exist")
        elif isinstance(task.state, Failed):
            lost.append(f"{label} failed")
        elif isinstance(task.state, Killed):
            lost.append(f"{label} was killed")
        elif isinstance(task.state, Unknown):
            lost.append(f"what happened to {label} is unknown")
        elif not isinstance(task.state, Done):
            awaited.append(f"{label} ({task.state_name.replace('_', ' ')})")
    findings = []
    if lost:
        findings.append(Finding(rule=DEPENDENCIES, verdict=Stance.HOLD, text="depends on: " + "; ".join(lost)))
    if awaited:
        text = "waits until done: " + ", ".join(awaited)
        findings.append(Finding(rule=DEPENDENCIES, verdict=Stance.WAIT, text=text))
    if not findings:
        findings.append(Finding(rule=DEPENDENCIES, verdict=Stance.ALLOW, text=f"done: {', '.join(spec.depends)}"))
    return tuple(findings)
