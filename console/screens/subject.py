"""The thing that an action is about, as it was drawn."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from state.model import task as t
from state.model.build import Build
from state.model.view import View

if TYPE_CHECKING:
    from state.journal import Decision


class Kind(StrEnum):
    """In which list it stands."""

    TASK = "task"
    BUILD = "build"
    ESCALATION = "escalation"
    ANOMALY = "anomaly"
    ENTRY = "entry"
    """An entry of the record; its key is its number."""


class Subject(NamedTuple):
    """One row's identity and what an answer to it is bound to; two are equal when an action means the same on both."""

    kind: Kind
    key: str
    label: str
    """The task it is about; empty for what concerns the engine as a whole."""
    build: str
    """The build that its task is at, or that it tells of."""
    digest: str
    """The digest of the open question's spec, diff or hold; empty when nothing is asked."""
    state: str
    """The state of its task; of an entry, what was done."""
    by: str = ""
    """Who made the entry."""


def resolve(kind: Kind, key: str, view: View) -> Subject | None:
    """Return what a row stands for at this moment; None when it is gone, or not of the view but of the record."""
    if kind is Kind.TASK:
        return _of_task(kind, key, key, view) if key in view.tasks else None
    if kind is Kind.BUILD:
        build = view.builds.get(key)
        return _of_task(kind, key, build.label, view, build=build.id) if build and not build.over else None
    if kind is Kind.ESCALATION:
        escalation = view.escalations.get(key)
        if escalation is None or not escalation.open:
            return None
        subject = _of_task(kind, key, escalation.label, view, build=escalation.build)
        return subject._replace(digest=escalation.digest) if escalation.digest else subject
    if kind is Kind.ENTRY:
        return None
    anomaly = view.anomalies.get(key)
    return _of_task(kind, key, anomaly.label, view, build=anomaly.build) if anomaly else None


def entry(decision: "Decision") -> Subject:
    """Return what an entry of the record stands for, which never changes."""
    return Subject(
        kind=Kind.ENTRY,
        key=str(decision.seq),
        label=decision.label,
        build=decision.build,
        digest="",
        state=decision.action,
        by=decision.actor,
    )


def _of_task(kind: Kind, key: str, label: str, view: View, *, build: str = "") -> Subject:
    task = view.tasks.get(label)
    return Subject(
        kind=kind,
        key=key,
        label=label,
        build=(task.build if task else "") or build,
        digest=asked(task, view.builds) if task else "",
        state=task.state_name if task else "",
    )


def asked(task: t.Task, builds: Mapping[str, Build]) -> str:
    """Return the digest of what is open on a task or its build; empty when nothing is."""
    build = builds.get(task.build)
    if build is not None and build.hold is not None:
        return build.hold.digest
    if isinstance(task.state, t.AwaitingApproval | t.Held):
        return task.spec.digest
    return task.state.digest if isinstance(task.state, t.AwaitingReview) else ""


def shown_build(subject: Subject, view: View) -> Build | None:
    """Return the build whose log tells of the subject: its own, or the latest of its task."""
    if subject.build in view.builds:
        return view.builds[subject.build]
    attempts = [build for build in view.builds.values() if build.label == subject.label]
    return max(attempts, key=lambda build: build.created_at, default=None)
