"""Opens, repeats and closes the questions that wait for the operator."""

from datetime import datetime

import msgspec

from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.task import Priority, Task
from state.store import Store

_URGENCY = {Priority.HIGH: Urgency.HIGH, Priority.MEDIUM: Urgency.MEDIUM, Priority.LOW: Urgency.LOW}


class Questions:
    """The open escalations by task: one row for one question, however often it comes up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, dict[EscalationKind, str]] = {}
        self._made = len(store.escalations)
        for escalation in store.escalations.values():
            if escalation.open:
                self._open.setdefault(escalation.label, {})[escalation.type] = escalation.id

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
        known = self._open.setdefault(label, {}).get(kind)
        if known is not None:
            before = self._store.escalations[known]
            return msgspec.structs.replace(
                before, text=text, build=build, digest=digest, priority=urgency, count=before.count + 1
            )
        self._made += 1
        escalation = Escalation(
            id=f"e{self._made}",
            type=kind,
            priority=urgency,
            text=text,
            created_at=now,
            label=label,
            build=build,
            digest=digest,
        )
        self._open[label][kind] = escalation.id
        return escalation

    def answer(self, label: str, answer: str, now: datetime) -> tuple[Escalation, ...]:
        """Return the records that close all open questions on a task, to be staged."""
        closed = self._open.pop(label, {})
        return tuple(
            msgspec.structs.replace(self._store.escalations[known], answered_at=now, answer=answer)
            for known in closed.values()
        )

    def open_on(self, label: str) -> tuple[Escalation, ...]:
        """The open questions on a task."""
        return tuple(self._store.escalations[known] for known in self._open.get(label, {}).values())
