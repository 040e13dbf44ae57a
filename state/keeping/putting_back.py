"""Which changes bring back what was wanted at an earlier moment."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.record import Noun
from state.model.task import Task

UNDER_WAY = (t.Building, t.Verifying, t.AwaitingReview)
_WAITING = (t.Queued, t.Held, t.AwaitingApproval, t.Retrying)


class PutBack(Noun, frozen=True, kw_only=True):
    """The tasks to write down anew, and what became of each, by label."""

    tasks: tuple[Task, ...] = ()
    back: tuple[str, ...] = ()
    """They are as they were."""
    out: tuple[str, ...] = ()
    """They came later, and are out of the queue."""
    left: tuple[str, ...] = ()
    """They stay as they are: done by now, being built, or waiting for a look at their diff."""


def put_back(
    now: Mapping[str, Task], then: Iterable[Task], later: Iterable[str], at: datetime, snapshot: str
) -> PutBack:
    """Return what to change about tasks so that they are as they were `then`.

    What has happened is not undone: a task that is done by now stays done, and what is being built or waits for review
    is left. One that was being built then, and is not any more, waits in the queue. `later` came after and are killed,
    unless they have ended; `midwatch retry` queues them again. A count of attempts never falls, so that no build
    gets the name of one that there was.
    """
    changed: list[Task] = []
    back, out, left = list[str](), list[str](), list[str]()
    for old in then:
        task = now.get(old.label)
        if task == old:
            continue
        if task is not None and (isinstance(task.state, UNDER_WAY) or _done_since(task, old)):
            left.append(old.label)
            continue
        state = t.Queued() if isinstance(old.state, UNDER_WAY) else old.state
        attempts = max(old.attempts, task.attempts if task else 0)
        restored = msgspec.structs.replace(old, state=state, attempts=attempts)
        if restored != task:
            changed.append(restored)
            back.append(old.label)
    for label in later:
        task = now.get(label)
        if task is not None and isinstance(task.state, _WAITING):
            text = f"it came after {snapshot}, which was restored: `midwatch retry {label}` queues it again"
            changed.append(msgspec.structs.replace(task, state=t.Killed(build="", text=text, at=at)))
            out.append(label)
        elif task is not None and isinstance(task.state, UNDER_WAY):
            left.append(label)
    return PutBack(tasks=tuple(changed), back=tuple(back), out=tuple(out), left=tuple(left))


def _done_since(task: Task, old: Task) -> bool:
    return isinstance(task.state, t.Done) and not isinstance(old.state, t.Done)


def questions(
    now: Iterable[Escalation], then: Iterable[Escalation], touched: Iterable[str], at: datetime
) -> tuple[Escalation, ...]:
    """Return the questions on tasks that are put back: those of then are open again, those since are closed."""
    labels = set(touched)
    open_then = {question.id: question for question in then if question.open and question.label in labels}
    changed: list[Escalation] = []
    for question in now:
        if question.id in open_then:
            if question != open_then[question.id]:
                changed.append(open_then[question.id])
        elif question.open and question.label in labels:
            changed.append(msgspec.structs.replace(question, answered_at=at, answer="restored"))
    return tuple(changed)


def control(now: Control, then: Control | None) -> Control:
    """Return what the operator had said then, with every brake that is on now, and paused: nothing starts unseen."""
    if then is None:
        return msgspec.structs.replace(now, paused=True)
    return msgspec.structs.replace(
        then,
        paused=True,
        stopped=now.stopped,
        stopped_at=now.stopped_at,
        stopped_by=now.stopped_by,
        fault=now.fault,
        context=now.context,
        observation=then.observation or now.observation,
    )
