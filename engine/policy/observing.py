"""Observing: decisions are made and written down as if they were carried out, and nothing executes."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from engine.policy.estimate import seconds
from engine.policy.facts import Active
from state.model.control import Control
from state.model.mode import Observation, Would
from state.model.task import Task


def begun(control: Control, by: str, now: datetime, live_after_s: float | None = None) -> Control:
    """Return the record of an engine that observes from now on, for so many seconds or until it is told otherwise."""
    live_at = None if live_after_s is None else now + timedelta(seconds=live_after_s)
    return msgspec.structs.replace(control, observation=Observation(since=now, by=by, live_at=live_at))


def ended(control: Control) -> Control:
    """Return the record of an engine that is live."""
    return msgspec.structs.replace(control, observation=None)


def noted(control: Control, task: Task, now: datetime) -> Control:
    """Return the record with a start that was decided; a decision on an older spec of the task is replaced."""
    observation = control.observation
    assert observation is not None, "a start is only noted while it observes"
    until = now + timedelta(seconds=seconds(task.spec))
    would = Would(label=task.label, digest=task.spec.digest, at=now, until=until)
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
    running = (would.label for would in control.observation.would if would.until > now and would.label in tasks)
    return tuple(
        Active(label=label, build="", repo=tasks[label].spec.repo, paths=tasks[label].spec.paths) for label in running
    )


def next_change(control: Control, now: datetime) -> datetime | None:
    """Return when a build that would be running would end, or observing ends; None when nothing is foreseen."""
    observation = control.observation
    if observation is None:
        return None
    moments = [would.until for would in observation.would if would.until > now]
    return min([*moments, *([observation.live_at] if observation.live_at else [])], default=None)
