"""Observing: decisions are made and written down as if they were carried out, and nothing executes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from engine.policy.estimate import seconds
from engine.policy.facts import Active
from engine.policy.moment import rates
from state.model.brakes.usage import Amount, Usage
from state.model.control import Control
from state.model.mode import Observation, Would
from state.model.task import Task

NOTHING = Amount()


def begun(control: Control, by: str, now: datetime, live_after_s: float | None = None) -> Control:
    """Return the record of an engine that observes from now on, for so many seconds or until it is told otherwise."""
    live_at = None if live_after_s is None else now + timedelta(seconds=live_after_s)
    return msgspec.structs.replace(control, observation=Observation(since=now, by=by, live_at=live_at))


def ended(control: Control) -> Control:
    """Return the record of an engine that is live."""
    return msgspec.structs.replace(control, observation=None)


def noted(control: Control, task: Task, now: datetime, need: Amount = NOTHING) -> Control:
    """Return the record with a start that was decided, and what its build was taken to use.

    A decision on an older spec of the task is replaced.
    """
    observation = control.observation
    assert observation is not None, "a start is only noted while it observes"
    until = now + timedelta(seconds=seconds(task.spec))
    would = Would(label=task.label, digest=task.spec.digest, at=now, until=until, need=need)
    others = tuple(known for known in observation.would if known.label != task.label)
    return msgspec.structs.replace(control, observation=msgspec.structs.replace(observation, would=(*others, would)))


def agreed(control: Control, label: str) -> tuple[Control, ...]:
    """Return the record with a yes that is not to outlast the observing, to be written with it; none while live."""
    observation = control.observation
    if observation is None:
        return ()
    labels = tuple(dict.fromkeys((*observation.agreed, label)))
    return (msgspec.structs.replace(control, observation=msgspec.structs.replace(observation, agreed=labels)),)


def decided(control: Control) -> Mapping[str, str]:
    """Return the label of each task whose start was noted, with the digest of the spec that it was decided on."""
    return {} if control.observation is None else {would.label: would.digest for would in control.observation.would}


def occupied(control: Control, tasks: Mapping[str, Task], now: datetime) -> tuple[Active, ...]:
    """Return what the builds that would be running now would occupy."""
    if control.observation is None:
        return ()
    running = [would for would in control.observation.would if would.until > now and would.label in tasks]
    specs = ((would, tasks[would.label].spec) for would in running)
    return tuple(
        Active(label=would.label, build="", repo=spec.repo, paths=spec.paths, category=spec.category, rest=would.need)
        for would, spec in specs
    )


def taken(
    control: Control,
    tasks: Mapping[str, Task],
    usage: Sequence[Usage],
    now: datetime,
    night: tuple[datetime, ...] = (),
) -> tuple[Usage, ...]:
    """Return how much of each limit would be taken if what was decided had been carried out.

    A build that would be over by now counts as if it had used at its end what it was taken to need, `night` from when
    to when the present one lasts. In a single minute a build makes only some of its calls, so nothing counts there.
    """
    if control.observation is None:
        return tuple(usage)
    over = [would for would in control.observation.would if would.until <= now and would.label in tasks]
    return tuple(_with(one, over, tasks, now, night) for one in usage)


def _with(
    one: Usage,
    over: Sequence[Would],
    tasks: Mapping[str, Task],
    now: datetime,
    night: tuple[datetime, ...],
) -> Usage:
    frees = list[tuple[datetime, int]]()
    for would in over:
        amount = one.of(would.need)
        if not amount or one.brief or not rates.counts(one.scope, would.label, tasks[would.label].spec.category):
            continue
        if one.window_s:
            frees.append((would.until + timedelta(seconds=one.window_s), amount))
        elif night and would.until >= night[0]:
            frees.append((night[1], amount))
    more = [(at, amount) for at, amount in frees if at > now]
    used = one.used + sum(amount for _, amount in more)
    return msgspec.structs.replace(one, used=used, frees=tuple(sorted((*one.frees, *more))))


def next_change(control: Control, now: datetime) -> datetime | None:
    """Return when a build that would be running would end, or observing ends; None when nothing is foreseen."""
    observation = control.observation
    if observation is None:
        return None
    moments = [would.until for would in observation.would if would.until > now]
    return min([*moments, *([observation.live_at] if observation.live_at else [])], default=None)
