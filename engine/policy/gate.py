"""The gate: every rule's finding on one task, gathered into a verdict."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from engine.policy import approvals, blockers, budget, clarity, command, estimate, priority, risk
from engine.policy.facts import Facts, Rules
from engine.policy.limits import doubt, grants, legal
from engine.policy.moment import (
    breaker,
    conflicts,
    mode,
    rates,
    sandbox,
    slots,
    standing,
    switch,
    timing,
    vetoed,
    window,
)
from engine.policy.rollout.version import version_of
from engine.policy.times import who
from state.model.task import Task
from state.model.verdict import Finding, Stance, Verdict
from state.model.view import View

APPROVABLE = frozenset(
    {
        clarity.RULE,
        blockers.BLOCKERS,
        priority.RULE,
        risk.RULE,
        approvals.RULE,
        budget.RULE,
        grants.RULE,
        vetoed.RULE,
        doubt.RULE,
    },
)
"""The rules that the operator's yes answers. Whatever the others say, no approval makes it allowed."""
SPAWNED = APPROVABLE | {estimate.RULE, window.RULE}
"""The rules that are answered by asking for a build now: that yes is to the moment as well."""


class _Moment(NamedTuple):
    """A rule about the moment: the facts that it cannot do without, and its question."""

    rule: str
    needs: tuple[str, ...]
    check: Callable[[Task, View, Facts, Rules], tuple[Finding, ...]]


_MOMENT = (
    _Moment(standing.RULE, (), lambda t, v, f, r: (standing.check(t),)),
    _Moment(blockers.DEPENDENCIES, (), lambda t, v, f, r: blockers.dependencies(t.spec, v.tasks)),
    _Moment(conflicts.RULE, ("active",), lambda t, v, f, r: (conflicts.check(t.spec, f.active),)),
    _Moment(
        slots.RULE, ("slots", "active", "slots_why"), lambda t, v, f, r: (slots.check(f.slots, f.active, f.slots_why),)
    ),
    _Moment(
        switch.KILL_SWITCH,
        ("stopped",),
        lambda t, v, f, r: (switch.stop(v.control, f.stopped or v.engine.stop_file),),
    ),
    _Moment(switch.PAUSE, ("paused",), lambda t, v, f, r: (switch.pause(v.control, f.paused),)),
    _Moment(mode.RULE, (), lambda t, v, f, r: (mode.check(t, v.control),)),
    _Moment(timing.RULE, ("now",), lambda t, v, f, r: (timing.check(t, f.now),)),
    _Moment(
        window.RULE,
        ("spans", "now"),
        lambda t, v, f, r: _answered(t, (window.check(t.spec, f.spans, bool(r.windows), f.now, r.zone),)),
    ),
    _Moment(
        breaker.RULE,
        ("active", "now"),
        lambda t, v, f, r: (breaker.check(t.spec, v.breakers, f.active, f.now, r.zone),),
    ),
    _Moment(
        rates.RULE,
        ("usage", "night", "usual", "active", "now"),
        lambda t, v, f, r: (rates.check(t.spec, f.usage, f.active, f.usual, f.now, r.zone),),
    ),
    _Moment(sandbox.RULE, (), lambda t, v, f, r: (sandbox.check(t.label, f.sandbox_trouble, r.unsandboxed),)),
)


def judge_spec(task: Task, rules: Rules) -> Verdict:
    """Return what the rules on the task alone say: they choose between queued, held and awaiting approval."""
    return Verdict(findings=_of_spec(task, rules))


def judge(task: Task, view: View, facts: Facts, rules: Rules) -> Verdict:
    """Return what every rule says at this moment. A fact that a rule needs and that is None holds."""
    rules = version_of(task.label, rules, view.control.rollout)
    findings = list(_of_spec(task, rules))
    for rule, needs, check in _MOMENT:
        missing = [name for name in needs if getattr(facts, name) is None]
        if missing:
            text = f"not known: {', '.join(missing)}"
            findings.append(Finding(rule=rule, verdict=Stance.HOLD, text=text))
        else:
            findings.extend(check(task, view, facts, rules))
    return Verdict(findings=tuple(findings))


def _of_spec(task: Task, rules: Rules) -> tuple[Finding, ...]:
    spec = task.spec
    findings = (
        clarity.check(spec),
        blockers.check(spec),
        priority.check(spec),
        *risk.check(spec),
        approvals.check(spec, rules.self_starting),
        budget.check(spec, rules.budget_over),
        legal.check(spec, rules.ruled),
        grants.check(spec, rules.secrets, rules.granted, sandboxed=spec.label not in rules.unsandboxed),
        command.check(spec),
        estimate.check(spec, rules.windows),
        vetoed.check(task),
        doubt.check(task),
    )
    return _answered(task, findings)


def _answered(task: Task, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings with those allowed that the operator has said yes to."""
    by = _agreed_by(task)
    if not by:
        return findings
    answered = SPAWNED if task.forced else APPROVABLE
    return tuple(
        msgspec.structs.replace(finding, verdict=Stance.ALLOW, text=f"{by}: {finding.text}")
        if finding.verdict is not Stance.ALLOW and finding.rule in answered
        else finding
        for finding in findings
    )


def _agreed_by(task: Task) -> str:
    by = who(task.approval.by) if task.approval is not None and task.approved else ""
    if task.forced:
        return f"spawned by {by or 'the operator'}"
    return f"approved by {by}" if by else ""
