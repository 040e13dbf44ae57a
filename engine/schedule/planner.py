"""The plan: which intents follow from a view, the moment's facts and the operator's rules."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import msgspec

from engine.policy import observing
from engine.policy.facts import Active, Facts, Rules
from engine.policy.gate import judge
from engine.policy.moment import breaker, mode, rates, slots, window
from state.model import task as t
from state.model.brakes.usage import Amount
from state.model.build import Build
from state.model.mode import Mode
from state.model.progress import Progress
from state.model.record import Tagged
from state.model.verdict import Stance, Verdict
from state.model.view import View

NOTHING = Amount()
NOTHING_USUAL: Mapping[t.Category, Amount] = MappingProxyType({})


class Start(Tagged, frozen=True, kw_only=True, tag="start"):
    """Begin a build of this task."""

    label: str
    verdict: Verdict


class WouldStart(Tagged, frozen=True, kw_only=True, tag="would_start"):
    """Write down that a build of this task would begin, and begin none: it observes."""

    label: str
    verdict: Verdict
    need: Amount = Amount()
    """What its build is taken to use."""


class Ask(Tagged, frozen=True, kw_only=True, tag="ask"):
    """Ask the operator to approve a start."""

    label: str
    verdict: Verdict


class Hold(Tagged, frozen=True, kw_only=True, tag="hold"):
    """Keep it from starting until something is mended."""

    label: str
    verdict: Verdict


class Release(Tagged, frozen=True, kw_only=True, tag="release"):
    """Put it back in the queue: nothing stands against it but waiting."""

    label: str
    verdict: Verdict


class Deliver(Tagged, frozen=True, kw_only=True, tag="deliver"):
    """Try to merge a build."""

    build: str


Intent = Start | WouldStart | Ask | Hold | Release | Deliver


def plan(
    view: View,
    facts: Facts,
    rules: Rules,
    *,
    waiting: Iterable[str],
    again: Iterable[str] = (),
    deliverable: Iterable[str] = (),
) -> tuple[Intent, ...]:
    """Decide what should happen now; pure: no clock, no disk, no await.

    `waiting` are the labels that may start, in queue order; it is read only as far as slots are free.
    `again` are the labels whose verdict may have changed; `deliverable` the builds whose merge may be tried.
    """
    intents: list[Intent] = []
    for label in again:
        task = view.tasks[label]
        if isinstance(task.state, t.Queued | t.Held | t.AwaitingApproval):
            intent = _settle(task, judge(task, view, facts, rules))
            if intent is not None:
                intents.append(intent)
    if facts.stopped or facts.paused:
        return tuple(intents)
    settled = {intent.label for intent in intents if isinstance(intent, Ask | Hold)}
    observes = view.control.mode is Mode.OBSERVE
    if observes:
        would_run = observing.occupied(view.control, view.tasks, facts.now)
        usage = observing.taken(view.control, view.tasks, facts.usage, facts.now, facts.night)
        facts = msgspec.structs.replace(facts, active=(*facts.active, *would_run), usage=usage)
    else:
        intents += [Deliver(build=build_id) for build_id in deliverable]
    known = observing.decided(view.control)
    free = facts.slots - slots.taken(facts.active)
    closed, shut = _closed_to(facts, rules), _shut_to(view, facts)
    for label in waiting:
        if free <= 0:
            break
        if label in settled:
            continue
        task = view.tasks[label]
        if closed(task) or shut(task) or (label in known and known[label] == task.spec.digest):
            continue
        verdict = judge(task, view, facts, rules)
        if verdict.stance is Stance.ALLOW or (observes and _only_observed(verdict)):
            claimed = claim(task, "", facts.usual)
            if observes:
                intents.append(WouldStart(label=label, verdict=verdict, need=claimed.rest))
            else:
                intents.append(Start(label=label, verdict=verdict))
            facts = msgspec.structs.replace(facts, active=(*facts.active, claimed))
            shut = _shut_to(view, facts)
            free -= 1
        elif verdict.stance is not Stance.WAIT:
            intent = _settle(task, verdict)
            if intent is not None:
                intents.append(intent)
    return tuple(intents)


def _only_observed(verdict: Verdict) -> bool:
    """Whether nothing but the mode stands against a start."""
    return all(finding.rule == mode.RULE for finding in verdict.against)


def _closed_to(facts: Facts, rules: Rules) -> Callable[[t.Task], bool]:
    """Return a quick look at the windows alone, so that a long queue costs little while none is open to it.

    Where there is no sandbox every task is looked at in full: it must be held before its window opens, not then.
    """
    if not rules.windows or facts.spans is None or facts.sandbox_trouble != "":
        return lambda task: False
    now = facts.now
    span = next((span for span in facts.spans if span.opens_at <= now < span.closes_at), None)
    return lambda task: not (task.forced or window.takes(task.spec, span, now))


def _shut_to(view: View, facts: Facts) -> Callable[[t.Task], bool]:
    """Return a quick look at the brakes on all builds together, for the same reason."""
    if not any(one.limit for one in facts.usage or ()) and not view.breakers:
        return lambda task: False
    usage, active, usual, now = facts.usage or (), facts.active, facts.usual, facts.now
    known: dict[tuple[object, ...], bool] = {}

    def shut(task: t.Task) -> bool:
        spec = task.spec
        key = (spec.repo, *rates.alike(spec, usage))
        if key not in known:
            known[key] = not (
                breaker.lets(spec, view.breakers, active, now) and rates.fits(spec, usage, active, usual, now)
            )
        return known[key]

    return shut


def claim(
    task: t.Task,
    build: str,
    usual: Mapping[t.Category, Amount] = NOTHING_USUAL,
    used: Amount = NOTHING,
    *,
    held: bool = False,
) -> Active:
    """What a build of this task occupies, and what of its reservation is left once it has `used` so much."""
    spec = task.spec
    rest = rates.need(spec, usual).beyond(used)
    return Active(
        label=task.label,
        build=build,
        repo=spec.repo,
        paths=spec.paths,
        category=spec.category,
        rest=rest,
        held=held,
    )


def claims(
    tasks: Iterable[tuple[t.Task, Build]], usual: Mapping[t.Category, Amount], progress: Mapping[str, Progress]
) -> tuple[Active, ...]:
    """What the builds that are under way occupy."""
    return tuple(
        claim(task, build.id, usual, _used(build, progress.get(build.id)), held=build.hold is not None)
        for task, build in tasks
    )


def _used(build: Build, progress: Progress | None) -> Amount:
    on_record = Amount(calls=build.calls, spent=build.spent, files=build.files_changed)
    if progress is None:
        return on_record
    seen = Amount(calls=progress.calls, spent=progress.spent, files=progress.files_changed)
    return on_record + seen.beyond(on_record)


def _settle(task: t.Task, verdict: Verdict) -> Intent | None:
    """Return what brings a waiting task's state in line with its verdict, or None when it is."""
    stance = verdict.stance
    state = task.state
    if stance is Stance.HOLD:
        if isinstance(state, t.Held) and state.findings == verdict.against:
            return None
        return None if isinstance(state, t.Retrying) else Hold(label=task.label, verdict=verdict)
    if stance is Stance.ASK:
        if isinstance(state, t.AwaitingApproval):
            return None
        return None if isinstance(state, t.Retrying) else Ask(label=task.label, verdict=verdict)
    if isinstance(state, t.Held | t.AwaitingApproval):
        return Release(label=task.label, verdict=verdict)
    return None
