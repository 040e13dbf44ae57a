"""What each task's builds came to, gathered by what they have in common."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from engine.policy.bands.kinds import runner
from engine.telemetry.measures import ran_s
from state.model.build import Build, Finished, Result
from state.model.escalation import Escalation, EscalationKind
from state.model.task import Task
from state.model.view import View

_KEPT_BY = "anomaly:"
_program = lru_cache(maxsize=4096)(runner)


class Run(NamedTuple):
    """One build that is over, with its task and what was asked about it."""

    build: Build
    task: Task
    ending: str
    held_for: frozenset[str]
    """The figures at whose limit it stood still."""
    hours: float
    """For how long its command ran, without the time for which it stood still."""


class Group(NamedTuple):
    """The builds and tasks that share a category, a repository or the program that their command begins with."""

    by: str
    """`category`, `repository` or `runner`."""
    name: str
    runs: list[Run]
    asked: dict[EscalationKind, set[str]]
    """By kind of question, the tasks that it was asked about."""
    tasks: set[str]
    """Those that have come so far as to be built or asked about."""

    @property
    def said(self) -> str:
        """Return it in words: `category documentation`."""
        return f"{self.by} {self.name}"


def gather(view: View, since: datetime) -> list[Group]:
    """Return every group of which something is known from a moment on, by kind and name."""
    held = _held(view.escalations.values())
    groups: dict[tuple[str, str], Group] = {}
    for build in view.builds.values():
        task = view.tasks.get(build.label)
        if task is None or not isinstance(build.state, Finished) or build.state.at < since:
            continue
        run = Run(build, task, build.state.ending, _figures(build, held), _hours(build))
        for group in _groups(groups, task):
            group.runs.append(run)
            group.tasks.add(task.label)
    for asked in view.escalations.values():
        task = view.tasks.get(asked.label)
        if task is not None and asked.created_at >= since:
            for group in _groups(groups, task):
                group.asked.setdefault(asked.type, set()).add(task.label)
                group.tasks.add(task.label)
    return [groups[key] for key in sorted(groups)]


def _groups(groups: dict[tuple[str, str], Group], task: Task) -> Iterable[Group]:
    spec = task.spec
    for by, name in (("category", spec.category.value), ("repository", spec.repo), ("runner", _program(spec.command))):
        if name:
            if (by, name) not in groups:
                groups[by, name] = Group(by, name, [], {}, set())
            yield groups[by, name]


def _held(escalations: Iterable[Escalation]) -> Mapping[str, bool]:
    return {asked.build: True for asked in escalations if asked.type is EscalationKind.LIMIT_REACHED and asked.build}


def _figures(build: Build, held: Mapping[str, bool]) -> frozenset[str]:
    """Return at which limits a build was held: where the operator let it go on it says so, else it died there."""
    figures = {figure for figure in build.allowed if not figure.startswith(_KEPT_BY)}
    if build.hold is not None and not build.hold.anomaly:
        figures.add(build.hold.figure)
    if not figures and build.id in held:
        figures.add("")
    return frozenset(figures)


def failed_check(run: Run) -> bool:
    """Whether its command ended well and its result was found wanting."""
    return run.build.executed.result is Result.YES and run.build.verified.result is Result.NO


def checked(run: Run) -> bool:
    """Whether its result was verified one way or the other."""
    return run.build.verified.result in (Result.YES, Result.NO)


def _hours(build: Build) -> float:
    end = build.ended_at or build.started_at
    return ran_s(build, end) / 3600 if end is not None else 0.0
