"""What must be out of a task's way before it can start."""

from collections.abc import Mapping, Sequence

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
    """Hold for dependencies that cannot be done any more, wait for those that still may be."""
    if not spec.depends:
        return (Finding(rule=DEPENDENCIES, verdict=Stance.ALLOW, text="depends on nothing"),)
    lost: list[str] = []
    awaited: list[str] = []
    for label in spec.depends:
        task = tasks.get(label)
        if task is None:
            lost.append(f"{label} does not exist")
        elif isinstance(task.state, Failed | Killed | Unknown):
            lost.append(f"{label} {_LOST[type(task.state)]}: `midwatch retry {label}` tries it again")
        elif not isinstance(task.state, Done) and not task.rounds:
            awaited.append(f"{label} ({task.state_name.replace('_', ' ')})")
    findings = []
    if lost:
        findings.append(Finding(rule=DEPENDENCIES, verdict=Stance.HOLD, text="depends on: " + "; ".join(lost)))
    if awaited:
        text = "waits until these are done: " + ", ".join(awaited)
        findings.append(Finding(rule=DEPENDENCIES, verdict=Stance.WAIT, text=text))
    if not findings:
        text = f"all that it depends on is done: {', '.join(spec.depends)}"
        findings.append(Finding(rule=DEPENDENCIES, verdict=Stance.ALLOW, text=text))
    return tuple(findings)


_LOST = {Failed: "failed", Killed: "was killed", Unknown: "ended nobody knows how"}


def unknown(specs: Sequence[Spec], tasks: Mapping[str, Task]) -> tuple[tuple[str, str], ...]:
    """Return each (label, dependency) of the specs whose dependency is neither among them nor among the tasks."""
    known = {spec.label for spec in specs} | tasks.keys()
    return tuple((spec.label, name) for spec in specs for name in spec.depends if name not in known)


def cycle(specs: Sequence[Spec], tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """Return one circle of dependencies that adding the specs would close, first label again at the end; or nothing."""
    depends = {spec.label: spec.depends for spec in specs}

    def below(label: str) -> tuple[str, ...]:
        if label in depends:
            return depends[label]
        task = tasks.get(label)
        return task.spec.depends if task else ()

    # Depth first without recursion: a chain may be longer than Python's stack.
    cleared: set[str] = set()
    for start in depends:
        path = {start: iter(below(start))}
        while path:
            label = next(reversed(path))
            name = next((name for name in path[label] if name not in cleared), None)
            if name is None:
                cleared.add(label)
                del path[label]
            elif name in path:
                trail = list(path)
                return (*trail[trail.index(name) :], name)
            else:
                path[name] = iter(below(name))
    return ()
