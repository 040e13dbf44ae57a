"""The story of a task in words: where it stands, what each rule says of it, what the operator can do."""

from engine.policy.gate import APPROVABLE
from engine.policy.times import say, who
from state.model import task as t
from state.model.verdict import Finding, Stance, Verdict
from state.model.view import View

WAITING = (t.Queued, t.Held, t.AwaitingApproval, t.Retrying)
"""The states of which the gate decides."""

STANCES = {
    Stance.HOLD: "held",
    Stance.ASK: "needs approval",
    Stance.WAIT: "waits",
    Stance.ALLOW: "fine",
}
"""What a finding's stance is called in a list."""

_WIDTH = max(map(len, STANCES.values()))


def explain(task: t.Task, verdict: Verdict, view: View) -> list[str]:
    """Return the lines that `midwatch why` prints, strictest findings first. Foreign text in them is not cleaned."""
    lines = [f"{task.label}: {task.spec.title}", f"It {_stands(task, view)}."]
    if isinstance(task.state, WAITING):
        lines.append(f"May it start now? {_ANSWERS[verdict.stance]}")
        fine = [finding for finding in verdict.findings if finding.verdict is Stance.ALLOW]
        lines += [_line(finding) for finding in (*verdict.against, *fine)]
    return lines + _advice(task, verdict)


_ANSWERS = {
    Stance.HOLD: "No: something is missing or wrong.",
    Stance.ASK: "Only when you approve.",
    Stance.WAIT: "Not yet; it starts by itself once this has passed.",
    Stance.ALLOW: "Yes: nothing stands against it.",
}


def _line(finding: Finding) -> str:
    return f"  {STANCES[finding.verdict]:{_WIDTH}}  {finding.rule}: {finding.text}"


def _stands(task: t.Task, view: View) -> str:
    state = task.state
    since = f"since {say(task.added_at)}" + (f", added by {who(task.spec.source)}" if task.spec.source else "")
    match state:
        case t.Queued():
            return f"is in the queue {since}"
        case t.Held():
            return f"is held; in the queue {since}"
        case t.AwaitingApproval():
            return f"waits for your approval to start; in the queue {since}"
        case t.Building():
            return f"is being built{_build(state.build, view)}"
        case t.Verifying():
            return f"is built and its result is being verified or merged{_build(state.build, view)}"
        case t.AwaitingReview():
            blocked = f"; it cannot be merged yet: {state.blocked}" if state.blocked else ""
            return f"is built, verified and waits for your review{_build(state.build, view)}{blocked}"
        case t.Retrying():
            times = "once" if task.failures == 1 else f"{task.failures} times"
            return f"failed {times} and tries again at {say(state.at)}: {state.text}"
        case t.Done():
            return f"is done since {say(state.at)}{f': {state.note}' if state.note else ''}"
        case _:
            ended = "ended nobody knows how" if isinstance(state, t.Unknown) else _PAST[type(state)]
            return f"{ended} at {say(state.at)}: {state.text}"


_PAST = {t.Failed: "failed", t.Killed: "was killed"}


def _build(build_id: str, view: View) -> str:
    build = view.builds.get(build_id)
    if build is None:
        return f" ({build_id})"
    progress = view.progress.get(build_id)
    percent, step = (progress.percent, progress.step) if progress else (build.percent, build.step)
    if build.hold is not None:
        return f" and stands still ({build_id}, attempt {build.attempt}): {build.hold.text}"
    told = f" ({build_id}, attempt {build.attempt}, {percent} %"
    return told + (f": {step})" if step else ")")


def _advice(task: t.Task, verdict: Verdict) -> list[str]:
    label = task.label
    match task.state:
        case t.Queued() | t.Held() | t.AwaitingApproval() | t.Retrying():
            return _advice_to_start(label, verdict)
        case t.Building() | t.Verifying():
            return [f"`midwatch logs {label}` shows its output, `midwatch kill {label}` ends it."]
        case t.AwaitingReview():
            return [
                f"`midwatch diff {label}` shows what it changed, `midwatch approve {label}` merges it, "
                f"`midwatch deny {label}` refuses it."
            ]
        case t.Done():
            return []
        case _:
            return [f"`midwatch logs {label}` shows its output, `midwatch retry {label}` tries it again."]


def _advice_to_start(label: str, verdict: Verdict) -> list[str]:
    asked = [f for f in verdict.against if f.rule in APPROVABLE]
    firm = dict.fromkeys(f.rule for f in verdict.against if f.verdict is Stance.HOLD and f.rule not in APPROVABLE)
    advice = []
    if asked:
        advice.append(f"`midwatch approve {label}` says yes to it as it is, `midwatch deny {label}` refuses it.")
    if firm:
        advice.append(f"No approval helps against: {', '.join(firm)}.")
    return advice
