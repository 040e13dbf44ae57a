"""What the reading verbs answer: plain values made from a view, the same for JSON and for people."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from engine.policy.order import order_key
from state.model import build as b
from state.model import task as t
from state.model.brakes.kill_use import last_drill, last_use
from state.model.brakes.usage import Usage
from state.model.build import Build
from state.model.control import Control
from state.model.counts.tokens import total
from state.model.money import MICRO
from state.model.task import Task
from state.model.verdict import Finding, Stance
from state.model.view import View

Value = dict[str, Any]

WAITING = (t.Queued, t.Held, t.AwaitingApproval, t.Retrying)
"""States of a task that has a place in the queue."""
ENDED = (t.Done, t.Failed, t.Killed, t.Unknown)
"""States of a task that nothing more happens to by itself."""


def queue_order(tasks: Iterable[Task]) -> list[Task]:
    """Return the waiting tasks as they will start: by the queue's order, but after what they depend on."""
    ordered = sorted((task for task in tasks if isinstance(task.state, WAITING)), key=order_key)
    waiting = {task.label: task for task in ordered}
    placed: dict[str, Task] = {}
    for first in ordered:
        # A walk with its own stack: a chain of dependencies may be longer than Python's.
        stack = [first]
        entered: set[str] = set()
        while stack:
            task = stack[-1]
            entered.add(task.label)
            before = [
                waiting[name]
                for name in task.spec.depends
                if name in waiting and name not in placed and name not in entered
            ]
            if before and task.label not in placed:
                stack.extend(sorted(before, key=order_key, reverse=True))
            else:
                placed.setdefault(task.label, task)
                stack.pop()
    return list(placed.values())


def reasons(findings: Iterable[Finding]) -> list[Value]:
    """Return findings as values, what stands against it first."""
    strict = {Stance.HOLD: 0, Stance.ASK: 1, Stance.WAIT: 2, Stance.ALLOW: 3}
    ordered = sorted(findings, key=lambda finding: strict[finding.verdict])
    return [{"rule": found.rule, "verdict": found.verdict.value, "text": found.text} for found in ordered]


def of_state(task: Task) -> list[Value]:
    """Return why a task that does not wait in the queue is where it is, in its state's own words."""
    state = task.state
    match state:
        case t.AwaitingReview(blocked=blocked):
            text = blocked or f"its diff waits for you: `midwatch diff {task.label}`, then approve or deny"
            return [
                {"rule": "delivery" if blocked else "review", "verdict": "wait" if blocked else "ask", "text": text}
            ]
        case t.Failed(text=text) | t.Killed(text=text) | t.Unknown(text=text):
            return [{"rule": "outcome", "verdict": "hold", "text": text}]
        case t.Done(note=note):
            return [{"rule": "outcome", "verdict": "allow", "text": note}]
        case t.Building(build=build) | t.Verifying(build=build):
            return [{"rule": "build", "verdict": "allow", "text": f"{build} is under way"}]
        case _:
            return []


def queue_row(task: Task, position: int | None, why: list[Value]) -> Value:
    """Return one task as `queue --json` gives it."""
    spec = task.spec
    return {
        "label": task.label,
        "title": spec.title,
        "priority": spec.priority.value,
        "category": spec.category.value,
        "state": task.state_name,
        "position": position,
        "reasons": why,
        "added_at": task.added_at,
        "build": task.build,
        "attempts": task.attempts,
        "failures": task.failures,
        "depends": spec.depends,
        "repo": spec.repo,
        "hours": spec.hours,
        "approved": task.approved or task.forced,
    }


def active_row(build: Build, view: View) -> Value:
    """Return one build that is under way as `status --json` gives it."""
    progress = view.progress.get(build.id)
    return {
        "build": build.id,
        "label": build.label,
        "attempt": build.attempt,
        "state": build.state_name if build.hold is None else "held",
        "percent": progress.percent if progress else build.percent,
        "step": progress.step if progress else build.step,
        "started_at": build.started_at,
        "files_changed": progress.files_changed if progress else build.files_changed,
        "output_bytes": progress.output_bytes if progress else 0,
        "cpu_s": progress.cpu_s if progress else build.cpu_s,
        "memory_bytes": progress.memory_bytes if progress else None,
        "disk_bytes": progress.disk_bytes if progress else None,
        "calls": progress.calls if progress else build.calls,
        "spent_micro": progress.spent if progress else build.spent,
        "tokens": total(progress.tokens if progress else build.tokens),
        "held": _held(build),
        "life_at": progress.life_at if progress else None,
        "sandboxed": build.sandboxed,
    }


def _held(build: Build) -> Value | None:
    hold = build.hold
    if hold is None:
        return None
    return {
        "figure": hold.figure,
        "used": hold.used,
        "limit": hold.limit,
        "anomaly": hold.anomaly,
        "since": hold.since,
        "text": hold.text,
        "digest": hold.digest,
    }


def status(view: View) -> Value:
    """Return the whole situation as `status --json` gives it."""
    info = view.engine
    stopped = view.control.stopped or info.stop_file
    waiting = sorted(
        (escalation for escalation in view.escalations.values() if escalation.open),
        key=lambda escalation: (escalation.priority.rank, escalation.created_at, escalation.id),
    )
    return {
        "engine": {
            "running": info.mode != "stopped",
            "pid": info.pid,
            "mode": info.mode,
            "started_at": info.started_at,
            "slots": info.slots,
            "sandbox": info.sandbox,
            "trouble": info.trouble,
        },
        "active": [active_row(build, view) for build in active(view)],
        "escalations": [
            {
                "id": escalation.id,
                "kind": escalation.type.value,
                "label": escalation.label,
                "build": escalation.build,
                "priority": escalation.priority.value,
                "text": escalation.text,
                "created_at": escalation.created_at,
                "count": escalation.count,
                "signature": escalation.signature,
                "also": escalation.also,
            }
            for escalation in waiting
        ],
        "limits": [_limit(usage) for usage in info.limits if usage.limit],
        "anomalies": sorted(view.anomalies.values(), key=lambda anomaly: (anomaly.created_at, anomaly.id)),
        "stop": {"engaged": stopped, "since": view.control.stopped_at, "by": view.control.stopped_by},
        "kill_switch": {
            "last_use": last_use(view.kill_uses.values()),
            "last_drill": last_drill(view.kill_uses.values()),
        },
        "paused": view.control.paused,
        "fault": fault(view.control),
        "mode": mode(view.control),
        "counts": _counts(view.tasks),
        "problems": dict(Counter(row.seen.severity.value for row in view.problems.values() if row.open)),
    }


def fault(control: Control) -> Value | None:
    """Return why nothing is decided, as `status --json` gives it; None while deciding works."""
    found = control.fault if control.manual else None
    return {"text": found.text, "since": found.since, "count": found.count} if found else None


def _limit(usage: Usage) -> Value:
    """How much of a limit on what all builds use together is taken, money in dollars."""
    money = usage.figure.startswith("usd_")
    return {
        "figure": usage.figure,
        "used": usage.used / MICRO if money else usage.used,
        "limit": usage.limit / MICRO if money else usage.limit,
        "window_s": usage.window_s,
        "scope": usage.scope,
    }


def mode(control: Control) -> Value:
    """Return the mode as `mode --json` gives it."""
    observation = control.observation
    would = observation.would if observation else ()
    return {
        "mode": control.mode.value,
        "since": observation.since if observation else None,
        "by": observation.by if observation else "",
        "live_at": observation.live_at if observation else None,
        "would_start": [{"label": start.label, "at": start.at} for start in would],
    }


def active(view: View) -> list[Build]:
    """Return the builds that are under way, the oldest first; one that waits for the operator is not."""
    found = (build for build in view.builds.values() if not isinstance(build.state, b.Reviewing | b.Finished))
    return sorted(found, key=lambda build: (build.created_at, build.id))


def ended(view: View) -> list[Task]:
    """Return the tasks that have ended, the last one first."""
    found = [(task.state.at, task.label, task) for task in view.tasks.values() if isinstance(task.state, ENDED)]
    return [task for _, _, task in sorted(found, key=lambda entry: entry[:2], reverse=True)]


def last_build(view: View, label: str) -> Build | None:
    """Return a task's present build, or else its latest."""
    task = view.tasks.get(label)
    if task is not None and task.build in view.builds:
        return view.builds[task.build]
    made = [build for build in view.builds.values() if build.label == label]
    return max(made, key=lambda build: (build.created_at, build.attempt), default=None)


def _counts(tasks: Mapping[str, Task]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for task in tasks.values():
        counts[task.state_name] = counts.get(task.state_name, 0) + 1
    return counts
