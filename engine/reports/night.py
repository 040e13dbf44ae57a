"""What happened in a night, gathered from the record."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from engine.reports.briefings import Briefing
from engine.reports.runs import ENDINGS, Span, ending, merged_at, over_at, ran, started_between
from state.journal import Decision
from state.keeping.heads import Head
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.build import Build
from state.model.escalation import Escalation, EscalationKind
from state.model.learning.problem import Problem
from state.model.links.mail import PREFIX
from state.model.record import Noun
from state.model.view import View

STOPS = ("stop_engaged", "stop_released", "paused", "resumed", "observe_begun", "live_begun")
"""What the operator can do that keeps everything from starting."""
TROUBLES = ("daemon_crashed", "schedule_failed", "schedule_interrupted", "schedule_missed", "settings_refused")
"""What goes wrong outside of any build."""

FIXED = "problem_fixed"
"""What was wrong and is put right without the operator."""

_VERBS = {
    EscalationKind.APPROVAL_NEEDED: ("why", "approve", "deny"),
    EscalationKind.REVIEW_NEEDED: ("diff", "approve", "deny"),
    EscalationKind.UNCLEAR: ("why", "approve", "deny"),
    EscalationKind.BUILD_FAILED: ("logs", "retry", "deny"),
    EscalationKind.BUILD_STALLED: ("logs", "kill"),
    EscalationKind.BUILD_UNKNOWN: ("why", "retry", "deny"),
    EscalationKind.DELIVERY_BLOCKED: ("why", "retry", "deny"),
    EscalationKind.LIMIT_REACHED: ("approve", "raise", "deny"),
    EscalationKind.ANOMALY: ("why", "approve", "deny"),
    EscalationKind.SYSTEM_HEALTH: ("deny",),
    EscalationKind.OPPORTUNITY: ("deny",),
}


class Size(Noun, frozen=True, kw_only=True):
    """How large a diff is, in lines."""

    added: int
    removed: int


class Shipped(Noun, frozen=True, kw_only=True):
    """A build that is over and did what was asked: merged, or made where there is nothing to merge into."""

    label: str
    title: str
    build: str
    at: datetime
    merged: bool
    text: str
    files_changed: int
    size: Size | None
    """None where there is no diff, or it cannot be had any more."""


class Active(Noun, frozen=True, kw_only=True):
    """A build that is under way."""

    label: str
    title: str
    build: str
    state: str
    since: datetime
    percent: int
    step: str


class Failure(Noun, frozen=True, kw_only=True):
    """A task whose builds did not do what was asked."""

    label: str
    title: str
    ending: str
    """Of the last one: `failed`, `killed` or `unknown`."""
    text: str
    at: datetime
    builds: int
    state: str
    """What the task is now."""


class Wait(Noun, frozen=True, kw_only=True):
    """A question that waits for the operator."""

    label: str
    title: str
    kind: EscalationKind
    priority: str
    text: str
    since: datetime
    verbs: tuple[str, ...]
    """What to type, one of them."""


class Happening(Noun, frozen=True, kw_only=True):
    """Something on record that is about no build."""

    at: datetime
    actor: str
    action: str
    text: str


class Step(Noun, frozen=True, kw_only=True):
    """A task that waits in the queue: when it starts and why then, or what the operator must do first."""

    label: str
    title: str
    text: str
    at: datetime | None = None
    """When it is foreseen to start; None where that is not known, or not by itself."""


class Plan(Noun, frozen=True, kw_only=True):
    """What comes by itself, the first start first, and what does not start without the operator."""

    ahead: tuple[Step, ...] = ()
    asks: tuple[Step, ...] = ()


NO_PLAN = Plan()


class Counts(Noun, frozen=True, kw_only=True):
    """The night in figures."""

    started: int
    over: int
    merged: int
    made: int
    failed: int
    killed: int
    unknown: int
    again: int
    """Builds that began and were not their task's first."""
    added: int
    """Tasks that were put in the queue."""
    running: int
    """Builds under way at its end."""
    run_s: float
    """For how long builds ran in it, all added up, in seconds."""


class Night(Noun, frozen=True, kw_only=True):
    """A night, or as much of it as there has been."""

    span: Span
    counts: Counts
    shipped: tuple[Shipped, ...]
    failed: tuple[Failure, ...]
    waits: tuple[Wait, ...]
    anomalies: tuple[Anomaly, ...]
    stops: tuple[Happening, ...]
    troubles: tuple[Happening, ...]
    plan: Plan
    standing: tuple[str, ...]
    """What keeps everything from starting now, in words."""
    fixed: tuple[Happening, ...] = ()
    """The problems that were fixed in it."""
    problems: tuple[Problem, ...] = ()
    """Those that were there at the last look, the worst first."""
    briefings: tuple[Briefing, ...] = ()
    """What was found out about the operator's goals."""
    head: Head | None = None
    """The record's last entry and its hash, which stand for all before; kept in a report, it betrays a rewriting."""

    @property
    def quiet(self) -> bool:
        """Whether no build began, ran or ended in it."""
        counts = self.counts
        return not (counts.started or counts.over or counts.running or counts.run_s)


def tell(
    view: View,
    decisions: Iterable[Decision],
    span: Span,
    *,
    plan: Plan = NO_PLAN,
    sizes: Mapping[str, Size] | None = None,
    briefings: tuple[Briefing, ...] = (),
    head: Head | None = None,
) -> Night:
    """Return what a span of time was, for a view of its end. `sizes` are those of diffs, by build."""
    told = [entry for entry in decisions if span.holds(entry.at)]
    return Night(
        span=span,
        counts=_count(view, span),
        shipped=_shipped(view, span, sizes or {}),
        failed=_failed(view, span),
        waits=tuple(_wait(view, asked) for asked in _open(view)),
        anomalies=tuple(
            sorted(
                (found for found in view.anomalies.values() if span.holds(found.created_at)),
                key=lambda found: (found.created_at, found.id),
            )
        ),
        stops=_happenings(told, STOPS),
        troubles=_happenings(told, TROUBLES),
        fixed=_happenings(told, (FIXED,)),
        problems=tuple(
            sorted(
                (row for row in view.problems.values() if row.open), key=lambda row: (row.seen.severity.rank, row.id)
            )
        ),
        plan=plan,
        standing=standing(view),
        briefings=briefings,
        head=head,
    )


def shipped_builds(view: View, span: Span) -> tuple[Build, ...]:
    """Return the builds that did in a span what was asked, the first one first."""
    found = [build for build in view.builds.values() if ending(build) == "done" and span.holds(over_at(build))]
    return tuple(sorted(found, key=lambda build: (over_at(build) or build.created_at, build.id)))


def active(view: View) -> tuple[Active, ...]:
    """Return the builds that are under way, the one that began first, first."""
    found = sorted((build for build in view.builds.values() if build.occupies), key=lambda build: build.created_at)
    return tuple(
        Active(
            label=build.label,
            title=title_of(view, build.label),
            build=build.id,
            state=build.state_name if build.hold is None else "held",
            since=build.started_at or build.created_at,
            percent=progress.percent if (progress := view.progress.get(build.id)) else build.percent,
            step=progress.step if progress else build.step,
        )
        for build in found
    )


def measure(diff: str) -> Size:
    """Return how many lines a unified diff adds and removes."""
    added = removed = 0
    within = False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            within = False
        elif line.startswith("@@"):
            within = True
        elif within:
            added += line.startswith("+")
            removed += line.startswith("-")
    return Size(added=added, removed=removed)


def _count(view: View, span: Span) -> Counts:
    builds = view.builds.values()
    over = [build for build in builds if span.holds(over_at(build))]
    endings = {name: sum(ending(build) == name for build in over) for name in ENDINGS}
    merged = sum(merged_at(build) is not None for build in over)
    began = [build for build in builds if started_between(build, span)]
    stretches = [stretch for build in builds if (stretch := ran(build, view.at))]
    return Counts(
        started=len(began),
        over=len(over),
        merged=merged,
        made=sum(ending(build) == "done" for build in over) - merged,
        **endings,
        again=sum(build.attempt > 1 for build in began),
        added=sum(span.holds(task.added_at) for task in view.tasks.values()),
        running=_running(view, span, stretches),
        run_s=sum(span.shared_s(*stretch) for stretch in stretches),
    )


def _running(view: View, span: Span, stretches: list[tuple[datetime, datetime]]) -> int:
    if span.holds(view.at):
        return sum(build.occupies for build in view.builds.values())
    return sum(start < span.ends_at < end for start, end in stretches)


def _shipped(view: View, span: Span, sizes: Mapping[str, Size]) -> tuple[Shipped, ...]:
    return tuple(
        Shipped(
            label=build.label,
            title=title_of(view, build.label),
            build=build.id,
            at=over_at(build) or view.at,
            merged=merged_at(build) is not None,
            text=getattr(build.state, "text", ""),
            files_changed=build.files_changed,
            size=sizes.get(build.id),
        )
        for build in shipped_builds(view, span)
    )


def _failed(view: View, span: Span) -> tuple[Failure, ...]:
    by_task: dict[str, list[Build]] = {}
    for build in view.builds.values():
        if ending(build) in ENDINGS and span.holds(over_at(build)):
            by_task.setdefault(build.label, []).append(build)
    found = []
    for label, builds in by_task.items():
        last = max(builds, key=lambda build: (over_at(build) or build.created_at, build.attempt))
        task = view.tasks.get(label)
        found.append(
            Failure(
                label=label,
                title=title_of(view, label),
                ending=ending(last),
                text=getattr(last.state, "text", ""),
                at=over_at(last) or view.at,
                builds=len(builds),
                state=task.state_name if task else "",
            )
        )
    return tuple(sorted(found, key=lambda failure: (failure.at, failure.label)))


def _open(view: View) -> list[Escalation]:
    found = [asked for asked in view.escalations.values() if asked.open]
    return sorted(found, key=lambda asked: (asked.priority.rank, asked.created_at, asked.id))


def _wait(view: View, asked: Escalation) -> Wait:
    return Wait(
        label=asked.label,
        title=title_of(view, asked.label),
        kind=asked.type,
        priority=asked.priority.value,
        text=asked.text,
        since=asked.created_at,
        verbs=tuple(f"midwatch {verb} {asked.label}" for verb in _verbs(asked)) if asked.label else (),
    )


def _verbs(asked: Escalation) -> tuple[str, ...]:
    return ("email show", "approve", "deny") if asked.label.startswith(PREFIX) else _VERBS[asked.type]


def _happenings(told: Iterable[Decision], actions: tuple[str, ...]) -> tuple[Happening, ...]:
    found = [
        Happening(at=entry.at, actor=entry.actor, action=entry.action, text=entry.why)
        for entry in told
        if entry.action in actions
    ]
    return tuple(sorted(found, key=lambda happening: happening.at))


def standing(view: View) -> tuple[str, ...]:
    """Return what keeps everything from starting, in words."""
    control, info = view.control, view.engine
    found = []
    if control.stopped or info.stop_file:
        found.append("the kill switch is engaged: `midwatch arm` releases it")
    if control.paused:
        found.append("everything is paused: `midwatch resume` goes on")
    if control.observation is not None:
        found.append("observe mode: nothing executes until `midwatch mode live`")
    if info.mode == "stopped":
        found.append("no engine runs: `midwatch` or `midwatch engine` starts one")
    found += [text for text in (info.sandbox or "", info.trouble) if text]
    waiting = (t.Queued, t.Retrying, t.Held, t.AwaitingApproval)
    if not any(isinstance(task.state, waiting) for task in view.tasks.values()):
        found.append("the queue is empty: `midwatch add` puts something in it")
    return tuple(found)


def title_of(view: View, label: str) -> str:
    """Return a task's title; nothing for what is no task."""
    task = view.tasks.get(label)
    return task.spec.title if task else ""
