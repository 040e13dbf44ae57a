"""Opens, repeats and closes the questions that wait for the operator."""

from datetime import datetime

import msgspec

from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.task import Priority, Task
from state.store import Store

_Key = tuple[EscalationKind, str]
_URGENCY = {Priority.HIGH: Urgency.HIGH, Priority.MEDIUM: Urgency.MEDIUM, Priority.LOW: Urgency.LOW}

_NAMED = 8
"""So many other tasks of an incident are named; the rest is counted."""


class Questions:
    """The open escalations by task: one row for one question, however often it comes up.

    Failures of a task that have different signatures are different questions.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, dict[_Key, str]] = {}
        self._failures: dict[tuple[str, str], str] = {}
        self._made = len(store.escalations)
        for escalation in store.escalations.values():
            if escalation.open:
                self._open.setdefault(escalation.label, {})[escalation.type, escalation.signature] = escalation.id
            if escalation.signature:
                self._failures[escalation.label, escalation.signature] = escalation.id

    def ask(
        self,
        kind: EscalationKind,
        task: Task | None,
        text: str,
        now: datetime,
        *,
        build: str = "",
        digest: str = "",
        urgency: Urgency | None = None,
        about: str = "",
    ) -> Escalation:
        """Return the record of a question, to be staged: a fresh one, or the open one with a higher count.

        `about` names what it concerns where that is no task, so that two of a kind are two questions.
        """
        label = task.label if task else about
        if urgency is None:
            urgency = _URGENCY[task.spec.priority] if task else Urgency.HIGH
        known = self._open.setdefault(label, {}).get((kind, ""))
        if known is not None:
            before = self._store.escalations[known]
            return msgspec.structs.replace(
                before, text=text, build=build, digest=digest, priority=urgency, count=before.count + 1
            )
        escalation = Escalation(
            id=self._fresh_id(),
            type=kind,
            priority=urgency,
            text=text,
            created_at=now,
            label=label,
            build=build,
            digest=digest,
        )
        self._open[label][kind, ""] = escalation.id
        return escalation

    def fail(
        self, task: Task, text: str, signature: str, now: datetime, *, build: str, count: int, since: datetime | None
    ) -> tuple[Escalation, ...]:
        """Return the records of the question about a task that failed `count` times with one signature, to be staged.

        The row of the same failure is opened again unless it is older than `since`. Other tasks that wait with the same
        signature are named in it, and it in the oldest of theirs.
        """
        key = task.label, signature
        known = self._failures.get(key)
        before = self._store.escalations[known] if known is not None else None
        if before is None or (since is not None and before.created_at < since):
            before = Escalation(
                id=self._fresh_id(),
                type=EscalationKind.BUILD_FAILED,
                priority=_URGENCY[task.spec.priority],
                text="",
                created_at=now,
                label=task.label,
                signature=signature,
            )
        others = self._with(signature, task.label)
        also = tuple(other.label for other in others)
        changed = [
            msgspec.structs.replace(
                before, text=text + _named(also), build=build, also=also, count=count, answered_at=None, answer=""
            )
        ]
        if others:
            oldest = others[0]
            named = tuple(dict.fromkeys((*oldest.also, task.label)))
            told = oldest.text.removesuffix(_named(oldest.also)) + _named(named)
            changed.append(msgspec.structs.replace(oldest, text=told, also=named))
        self._open.setdefault(task.label, {})[EscalationKind.BUILD_FAILED, signature] = before.id
        self._failures[key] = before.id
        return tuple(changed)

    def _with(self, signature: str, besides: str) -> list[Escalation]:
        """The open failures of other tasks with a signature, the oldest first."""
        rows = [
            self._store.escalations[known]
            for (label, told), known in self._failures.items()
            if told == signature and label != besides
        ]
        return sorted((row for row in rows if row.open), key=lambda row: (row.created_at, row.id))

    def _fresh_id(self) -> str:
        self._made += 1
        return f"e{self._made}"

    def answer(self, label: str, answer: str, now: datetime) -> tuple[Escalation, ...]:
        """Return the records that close all open questions on a task, to be staged."""
        closed = self._open.pop(label, {})
        return tuple(
            msgspec.structs.replace(self._store.escalations[known], answered_at=now, answer=answer)
            for known in closed.values()
        )

    def follow(self, escalation: Escalation) -> None:
        """Take note of a question that is staged as open or closed by whoever puts things back as they were."""
        key = escalation.type, escalation.signature
        if escalation.open:
            self._open.setdefault(escalation.label, {})[key] = escalation.id
        else:
            self._open.get(escalation.label, {}).pop(key, None)

    def open_on(self, label: str) -> tuple[Escalation, ...]:
        """The open questions on a task."""
        return tuple(self._store.escalations[known] for known in self._open.get(label, {}).values())


def _named(labels: tuple[str, ...]) -> str:
    """Name the other tasks of an incident."""
    if not labels:
        return ""
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return f"; also: {', '.join(labels[:_NAMED])}{more}"
