"""What is good only until a moment that is near."""

from collections.abc import Iterator
from datetime import timedelta

from engine.learning.problems.facts import Expiry, Facts
from engine.learning.problems.words import span
from engine.policy.times import say_here
from state.model import task as t
from state.model.brakes import figure
from state.model.learning.problem import Kind, Outlook, Severity, Sighting
from state.model.moves import held_s
from state.zones import zone_of

_SOON = timedelta(days=3)
_DUE = timedelta(days=1)
_TONIGHT = timedelta(hours=6)
_LATE_S = 3600.0
"""A build that stands still and has less than this left, or a quarter of its time, is about to be killed."""


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return what expires: certificates, secrets, the patience with builds, approvals that are due, raised limits."""
    found = [sighting for expiry in facts.expiries if (sighting := _judge(expiry, facts)) is not None]
    return (*found, *_standing(facts), *_due(facts), *_raised(facts))


def _judge(expiry: Expiry, facts: Facts) -> Sighting | None:
    if expiry.at is None:
        return Sighting(
            kind=Kind.EXPIRING,
            subject=expiry.subject,
            severity=Severity.MEDIUM,
            text=f"until when {expiry.name} is good cannot be told: {expiry.trouble}",
        )
    left = expiry.at - facts.now
    if left.total_seconds() > facts.settings.problems.expiring_s:
        return None
    when = say_here(expiry.at, facts.now, zone_of(facts.settings.time.zone))
    if left <= timedelta():
        severity, text = Severity.CRITICAL, f"{expiry.name} expired, {when}"
    else:
        severity = Severity.HIGH if left <= _SOON else Severity.MEDIUM
        text = f"{expiry.name} expires in {span(left.total_seconds())}, {when}"
    return Sighting(
        kind=Kind.EXPIRING,
        subject=expiry.subject,
        severity=severity,
        text=f"{text}: {expiry.remedy}",
        figures={"left_s": round(left.total_seconds())},
        outlook=Outlook(at=expiry.at, earliest=expiry.at, latest=expiry.at),
    )


def _standing(facts: Facts) -> Iterator[Sighting]:
    for build in facts.view.builds.values():
        if build.hold is None or build.over:
            continue
        left_s = build.limits.hold_s - held_s(build, facts.now)
        if left_s > max(_LATE_S, build.limits.hold_s / 4):
            continue
        at = facts.now + timedelta(seconds=max(left_s, 0.0))
        yield Sighting(
            kind=Kind.EXPIRING,
            subject=build.id,
            severity=Severity.HIGH,
            text=f"{build.id} stands still and is killed in {span(max(left_s, 0.0))}: `midwatch approve {build.label}` "
            f"lets it go on, `midwatch deny {build.label}` ends it now",
            figures={"left_s": round(left_s)},
            outlook=Outlook(at=at, earliest=at, latest=at),
        )


def _due(facts: Facts) -> Iterator[Sighting]:
    for task in facts.view.tasks.values():
        at = task.spec.start_at or task.slot
        if not isinstance(task.state, t.AwaitingApproval) or at is None or at - facts.now > _DUE:
            continue
        zone = zone_of(facts.settings.time.zone)
        when = f"is to start {say_here(at, facts.now, zone)}" if at > facts.now else "was to start already"
        yield Sighting(
            kind=Kind.EXPIRING,
            subject=f"approval:{task.label}",
            severity=Severity.MEDIUM,
            text=f"{task.label} {when} and waits for your approval: `midwatch approve {task.label}` or deny it",
            figures={"left_s": round((at - facts.now).total_seconds())},
        )


def _raised(facts: Facts) -> Iterator[Sighting]:
    zone = zone_of(facts.settings.time.zone)
    for row in facts.view.raised.values():
        task = facts.view.tasks.get(row.label)
        left = row.until - facts.now
        if task is None or isinstance(task.state, t.Done) or not timedelta() < left <= _TONIGHT:
            continue
        yield Sighting(
            kind=Kind.EXPIRING,
            subject=f"raised:{row.key}",
            severity=Severity.LOW,
            text=f"the raised limit of {row.label}, {figure.name(row.figure)} {figure.said(row.figure, row.limit)}, "
            f"ends {say_here(row.until, facts.now, zone)}: what starts later has the settings' limit again; "
            f"[tasks.{row.label}.limits] raises it for good",
            figures={"left_s": round(left.total_seconds())},
        )
