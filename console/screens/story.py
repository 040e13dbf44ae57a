"""Everything that the details say of one thing, in words."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from console.screens.subject import Kind, Subject
from console.screens.unusual import asked_about, picture
from engine.policy.bands.band import said
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.brakes import figure
from state.model.brakes.margin import margins
from state.model.build import Build
from state.model.counts.tokens import total
from state.model.money import to_dollars
from state.model.progress import Progress
from state.model.verdict import Finding, Stance, Verdict
from state.model.view import View
from state.text import reveal
from widgets import words
from widgets.builds import CLOSE, ActiveBuild
from widgets.cells import Cell, Tone

Lines = Iterator[Cell]
BLANK = Cell("")
_PICTURE = 48
"""As wide as fits beside the lists of a window of 110 columns."""


def tell(subject: Subject, view: View, build: Build | None, findings: Sequence[Finding], now: datetime) -> list[Cell]:
    """Return the lines on a subject: what it asks, its task's state and reasons, and the build that tells of it."""
    lines: list[Cell] = []
    if subject.kind is Kind.ESCALATION:
        lines += _escalation(subject, view)
    if subject.kind is Kind.ANOMALY:
        lines += _anomaly(subject, view)
    task = view.tasks.get(subject.label)
    if task is not None:
        progress = view.progress.get(build.id) if build else None
        lines += _state(task, build)
        lines += _reasons(task, findings)
        lines += _build(build, progress, now) if build else ()
        lines += _wanted(task, progress)
    return lines


def title(subject: Subject, view: View) -> str:
    """Return the details' heading."""
    task = view.tasks.get(subject.label)
    return f"{task.label} — {task.spec.title}" if task else subject.label or "The engine"


def _escalation(subject: Subject, view: View) -> Lines:
    escalation = view.escalations[subject.key]
    mark = words.urgency(escalation.priority)
    yield Cell(f"{mark.text}: {words.question(escalation.type)}", mark.tone)
    yield Cell(f"  {escalation.text}")
    anomaly = asked_about(view, escalation.build, escalation.text)
    yield from _picture(anomaly) if anomaly else ()
    times = f", {escalation.count} times" if escalation.count > 1 else ""
    yield Cell(f"  since {words.moment(escalation.created_at)}{times}", Tone.DIM)
    yield BLANK


def _anomaly(subject: Subject, view: View) -> Lines:
    anomaly = view.anomalies[subject.key]
    yield Cell(f"▲ {figure.name(anomaly.figure)}: {said(anomaly)}", Tone.WARN)
    yield Cell(f"  {anomaly.text}")
    yield from _picture(anomaly)
    yield Cell(f"  {words.moment(anomaly.created_at)} in {anomaly.build}", Tone.DIM)
    yield BLANK


def _picture(anomaly: Anomaly) -> Lines:
    for line in picture(anomaly, _PICTURE):
        yield Cell(f"  {line}", Tone.DIM)


def _state(task: t.Task, build: Build | None) -> Lines:
    mark = words.task_state(task)
    yield Cell(mark.text + _how(task), mark.tone)
    if isinstance(task.state, t.AwaitingApproval | t.Held):
        yield Cell(f"  a approves the start of exactly this task ({task.spec.digest[:10]}), d denies it", Tone.STRONG)
    if build is not None and build.hold is not None:
        yield Cell(f"  {build.hold.text}", Tone.WARN)
        yield Cell("  a lets it go on, d kills it", Tone.STRONG)
    if isinstance(task.state, t.AwaitingReview):
        approved = build is not None and build.approved
        if not approved:
            yield Cell(
                f"  a approves the merge of exactly this diff ({task.state.digest[:10]}), d denies it", Tone.STRONG
            )
    spec = task.spec
    tries = f" · {task.attempts} attempt{'s' * (task.attempts != 1)}" if task.attempts else ""
    failures = f", {task.failures} failed in a row" if task.failures else ""
    yield Cell(f"  {spec.category.replace('_', ' ')} · {spec.priority} priority{tries}{failures}", Tone.DIM)
    yield BLANK


def _how(task: t.Task) -> str:
    state = task.state
    if isinstance(state, t.Retrying):
        return f": {state.text}"
    if isinstance(state, t.Done):
        return f" at {words.moment(state.at)}{f': {state.note}' if state.note else ''}"
    if isinstance(state, t.Failed | t.Killed | t.Unknown):
        return f" at {words.moment(state.at)}: {state.text}"
    if isinstance(state, t.AwaitingReview) and state.blocked:
        return f": {state.blocked}"
    return ""


def _reasons(task: t.Task, findings: Sequence[Finding]) -> Lines:
    if isinstance(task.state, t.Held | t.AwaitingApproval) and not findings:
        findings = task.state.findings
    if not findings:
        return
    yield Cell("Why it does not start" if _held_back(findings) else "Why it may start", Tone.STRONG)
    # What stands in the way comes first; that the rest allows it is told after it, in order of the rules.
    for finding in (*Verdict(findings=tuple(findings)).against, *(f for f in findings if f.verdict is Stance.ALLOW)):
        mark = words.stance(finding.verdict)
        yield Cell(f"  {mark.text}  {finding.rule.replace('_', ' ')}: {finding.text}", mark.tone)
    yield BLANK


def _held_back(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict != "allow" for finding in findings)


def _build(build: Build, progress: Progress | None, now: datetime) -> Lines:
    active = ActiveBuild(build, progress)
    mark = words.build_state(build)
    yield Cell(f"Build {build.id}", Tone.STRONG)
    if not build.sandboxed:
        yield Cell("  NO SANDBOX: it can do all that you can", Tone.BAD)
    yield Cell(f"  {mark.text}  {words.bar(active.percent, 20)} {active.percent} %  {active.step}", mark.tone)
    if build.started_at:
        took = f", took {_span(build.ended_at - build.started_at)}" if build.ended_at else ""
        yield Cell(f"  started {words.moment(build.started_at)}{took}", Tone.DIM)
    yield Cell(f"  {_figures(build, active.live)}", Tone.DIM)
    yield from _margins(active, now)
    checks = (("executed", build.executed), ("verified", build.verified), ("delivered", build.delivered))
    for name, check in checks:
        mark = words.check(check.result)
        yield Cell(f"  {name:<10}{mark.text}{f'  {check.text}' if check.text else ''}", mark.tone)
    for note in build.notes:
        yield Cell(f"  note: {note}", Tone.WARN)
    for commit in progress.commits if progress else ():
        yield Cell(f"  commit: {commit}", Tone.DIM)
    yield BLANK


def _margins(active: ActiveBuild, now: datetime) -> Lines:
    """How much of each limit is taken, the nearest first; what nothing was taken of is not told."""
    live = active.live
    if live is None or live.life_at is None:
        return
    told = [margin for margin in margins(active.build, live, now) if margin.used]
    name = max((len(figure.name(margin.figure)) for margin in told), default=0)
    for margin in told:
        tone = Tone.BAD if margin.share >= 1 else Tone.WARN if margin.share >= CLOSE else Tone.DIM
        yield Cell(f"  {words.margin(margin, 10, name=name)}", tone)


def _figures(build: Build, live: Progress | None) -> str:
    files, cpu_s = (live.files_changed, live.cpu_s) if live else (build.files_changed, build.cpu_s)
    told = f"{files} file{'s' * (files != 1)} changed · {cpu_s:.1f} s of CPU"
    if live is not None:
        told += f" · {_size(live.memory_bytes)} of memory · {_size(live.disk_bytes)} on disk"
    calls, spent = (live.calls, live.spent) if live else (build.calls, build.spent)
    if calls or spent:
        told += f" · {calls:,} calls · {to_dollars(spent)}"
    if tokens := total(live.tokens if live else build.tokens):
        told += f" · {tokens:,} tokens"
    if live is None:
        return told
    life = f" · last sign of life {words.clock(live.life_at, seconds=True)}" if live.life_at else ""
    return f"{told} · {_size(live.output_bytes)} of output{life}"


def _wanted(task: t.Task, progress: Progress | None) -> Lines:
    spec = task.spec
    yield Cell("What is wanted", Tone.STRONG)
    for line in (spec.description or "No description.").splitlines():
        yield Cell(f"  {line}")
    ticked = progress.criteria if progress else ()
    for index, criterion in enumerate(spec.criteria):
        done = isinstance(task.state, t.Done) or (index < len(ticked) and ticked[index])
        yield Cell(f"  [{'x' if done else ' '}] {criterion}", Tone.GOOD if done else Tone.PLAIN)
    yield BLANK
    facts = (
        ("command", spec.command),
        ("verify", spec.verify),
        ("repository", spec.repo),
        ("branch", spec.branch),
        ("paths", ", ".join(spec.paths)),
        ("depends", ", ".join(spec.depends)),
        ("blockers", "; ".join(spec.blockers)),
        ("effects", ", ".join(spec.effects)),
        ("budget", to_dollars(spec.budget) if spec.budget is not None else ""),
        ("value", to_dollars(spec.value) if spec.value else ""),
        ("added", f"{words.moment(task.added_at)}{f' by {spec.source}' if spec.source else ''}"),
    )
    for name, value in facts:
        if value:
            first, *more = reveal(value.strip("\n")).split("\n")
            yield Cell(f"  {name:<11}{first}", Tone.DIM)
            yield from (Cell(f"  {'':<11}{line}", Tone.DIM) for line in more)


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))


def _size(count: int) -> str:
    if count < 1 << 10:
        return f"{count} bytes"
    return f"{count / (1 << 10):.1f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"
