"""Whether what a task may use still fits into what all builds may use in an hour and in a night."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from engine.policy.facts import Active
from engine.policy.times import say_here
from state.model.brakes import figure as figures
from state.model.brakes.usage import Amount, Usage
from state.model.task import Category, Spec
from state.model.verdict import Finding, Stance

RULE = "rates"


def need(spec: Spec, usual: Mapping[Category, Amount]) -> Amount:
    """Return what a build of a task is taken to use: its budget, else what is usual in its category, else nothing."""
    known = usual.get(spec.category, Amount())
    spent = known.spent if spec.budget is None else spec.budget
    return Amount(calls=known.calls, spent=spent, files=known.files)


def check(
    spec: Spec,
    usage: Sequence[Usage],
    active: Sequence[Active],
    usual: Mapping[Category, Amount],
    now: datetime,
    zone: tzinfo,
) -> Finding:
    """Wait where a limit is used up, or where its rest does not cover the task besides the builds under way."""
    tight = list(_tight(spec, usage, active, usual, now))
    if not tight:
        text = "within what all builds may use" if usage else "no limit on what all builds use"
        return Finding(rule=RULE, verdict=Stance.ALLOW, text=text)
    text = "; ".join(_told(one, reserved, wanted, now, zone) for one, reserved, wanted in tight)
    return Finding(rule=RULE, verdict=Stance.WAIT, text=text)


def alike(spec: Spec, usage: Sequence[Usage]) -> tuple[object, ...]:
    """Return what the answers to a task depend on: they need not be sought again for another one that is alike."""
    alone = f"task:{spec.label}"
    own = alone if any(one.scope == alone for one in usage) else ""
    return spec.category, spec.budget, own


def fits(
    spec: Spec, usage: Sequence[Usage], active: Sequence[Active], usual: Mapping[Category, Amount], now: datetime
) -> bool:
    """Whether nothing is tight for a task; the same as what `check` says, without words."""
    return next(_tight(spec, usage, active, usual, now), None) is None


def free_at(
    spec: Spec, usage: Sequence[Usage], active: Sequence[Active], usual: Mapping[Category, Amount], now: datetime
) -> datetime | None:
    """Return when time alone will have made room for a task; None when there is room, or other builds take it."""
    moments = [_free_at(one, reserved, wanted) for one, reserved, wanted in _tight(spec, usage, active, usual, now)]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def counts(scope: str, label: str, category: Category | None) -> bool:
    """Whether builds of a task count in a scope."""
    return scope in ("", f"task:{label}", f"category:{category}")


def _tight(
    spec: Spec, usage: Sequence[Usage], active: Sequence[Active], usual: Mapping[Category, Amount], now: datetime
) -> Iterator[tuple[Usage, int, int]]:
    """Yield each limit without room for a task, what builds under way have reserved of it and what the task needs."""
    for one in usage:
        if not one.limit or not counts(one.scope, spec.label, spec.category):
            continue
        # In a single minute a build makes only some of its calls, so that nothing is reserved there.
        # What needs more than the limit by itself starts when all of it is free.
        wanted = 0 if one.brief else min(one.of(need(spec, usual)), one.limit)
        others = () if one.brief else (build for build in active if counts(one.scope, build.label, build.category))
        reserved = sum(one.of(build.rest) for build in others)
        used = one.at(now)
        if used >= one.limit or (wanted and used + reserved + wanted > one.limit):
            yield one, reserved, wanted


def _free_at(one: Usage, reserved: int, wanted: int) -> datetime | None:
    used = one.used
    for at, amount in one.frees:
        used -= amount
        if used < one.limit and (not wanted or used + reserved + wanted <= one.limit):
            return at
    return None


def _told(one: Usage, reserved: int, wanted: int, now: datetime, zone: tzinfo) -> str:
    text = f"{figures.of(one.name, one.at(now), one.limit)} are used"
    if reserved:
        text += f", {figures.said(one.figure, reserved)} more are reserved for what is being built"
    if wanted:
        text += f", and it may need {figures.said(one.figure, wanted)}"
    at = _free_at(one, reserved, wanted)
    return f"{text}; free again at {say_here(at, now, zone)}" if at else f"{text}; waits for what is being built"
