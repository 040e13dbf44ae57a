"""What an operator could add to the queue or to the settings because of a routine, ready to be used."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from engine.learning.patterns.learn import Routine
from engine.learning.patterns.likeness import ANSWERS, bare, of_task, stem
from engine.learning.patterns.predict import why
from engine.learning.patterns.rhythm import Rhythm
from state import units
from state.model.money import MICRO
from state.model.record import Noun
from state.model.task import LimitOverrides, Priority, Spec, Task, WindowUse

_SOON_MIN = 60
_BEFORE_MIN = 15
"""So long before the operator usually answers, what he answers is put together."""


class Suggestion(Noun, frozen=True, kw_only=True):
    """One thing that could be done about a pattern."""

    pattern: str
    confidence: float
    text: str
    command: str = ""
    """A command line of midwatch that does it."""
    settings: str = ""
    """Lines of midwatch.toml that do it; one of the two is there."""
    why: str


def suggest(
    routines: Iterable[Routine], tasks: Mapping[str, Task], zone: str, briefs: Sequence[str] = ()
) -> list[Suggestion]:
    """Return a suggestion for each routine that something can be done about.

    `briefs` are the cron expressions by which the brief is told already. A task that would come by a cron expression is
    offered without secrets: who grants them must name them himself.
    """
    by_itself = {of_task(task.spec) for task in tasks.values() if task.spec.cron}
    found = []
    for routine in routines:
        if routine.like == ANSWERS:
            if not any(_in_time(cron, routine) for cron in briefs):
                found.append(_awake(routine))
        elif routine.like.kind == "task" and (task := tasks.get(routine.last_label)):
            if routine.rhythm is None:
                found.append(_queue_both(routine, task.spec))
            elif routine.like not in by_itself:
                found.append(_repeat(routine, routine.rhythm, task.spec, zone, tasks))
    return found


def _repeat(routine: Routine, rhythm: Rhythm, spec: Spec, zone: str, tasks: Mapping[str, Task]) -> Suggestion:
    name = stem(spec.title)
    label = fresh_label(spec, "", tasks)
    words = ["midwatch", "add", "--label", label, "--name", name, *options(spec), "--cron", rhythm.cron, "--zone", zone]
    return Suggestion(
        pattern=routine.id,
        confidence=routine.sure.confidence,
        text=f"let it come by itself {rhythm.said().replace(' around ', ' at ')}",
        command=shlex.join(words),
        why=why(routine),
    )


def _queue_both(routine: Routine, spec: Spec) -> Suggestion:
    words = ["midwatch", "add", "--name", stem(spec.title), *options(spec)]
    return Suggestion(
        pattern=routine.id,
        confidence=routine.sure.confidence,
        text=f"queue it along with {routine.after.said() if routine.after else 'the other'}",
        command=shlex.join(words),
        why=why(routine),
    )


def _in_time(cron: str, routine: Routine) -> bool:
    """Whether an expression with one time of the day comes within the hour before a routine."""
    minute, hour, *_ = [*cron.split(), "", ""]
    if routine.rhythm is None or not (minute.isdecimal() and hour.isdecimal()):
        return False
    return (routine.rhythm.minute - int(hour) * 60 - int(minute)) % 1440 <= _SOON_MIN


def _awake(routine: Routine) -> Suggestion:
    rhythm = routine.rhythm
    minute = ((rhythm.minute if rhythm else 0) - _BEFORE_MIN) % 1440
    days = rhythm.days if rhythm else ()
    # Before midnight it would be the day before.
    early = rhythm is not None and rhythm.minute < _BEFORE_MIN
    moved = tuple(sorted((day - early) % 7 for day in days))
    cron = Rhythm(minute=minute, give_min=0, days=moved, month_day=rhythm.month_day if rhythm else 0).cron
    return Suggestion(
        pattern=routine.id,
        confidence=routine.sure.confidence,
        text="have the brief ready right before you usually answer",
        settings=f'[schedules.morning_brief]\ncron = "{cron}"\nrun = "overnight brief"',
        why=why(routine),
    )


def fresh_label(spec: Spec, mark: str, tasks: Mapping[str, Task]) -> str:
    """Return a label that no task has, made of a task's own without its numbers, with a mark behind it."""
    base = bare(spec.label).replace(" ", "-")[:40].strip("-") or "routine"
    name = f"{base}-{mark}" if mark else base
    number = 2
    found = name
    while found in tasks:
        found, number = f"{name}-{number}", number + 1
    return found


def options(spec: Spec) -> list[str]:
    """Return the options of `midwatch add` that make a like task, but for its name, its label, times and secrets."""
    told: list[tuple[str, str]] = [("--desc", spec.description), ("--category", spec.category.value.replace("_", "-"))]
    told += [("--criterion", one) for one in spec.criteria]
    told += [("--priority", spec.priority.value)] if spec.priority is not Priority.MEDIUM else []
    told += [("--time", f"{spec.hours:g}")] if spec.hours is not None else []
    told += [("--tech", ",".join(spec.tech)), ("--repo", spec.repo), ("--branch", spec.branch)]
    told += [("--command", spec.command), ("--verify", spec.verify), ("--paths", ",".join(spec.paths))]
    told += [("--value", f"{spec.value / MICRO:g}")] if spec.value else []
    told += [("--budget", f"{spec.budget / MICRO:g}")] if spec.budget is not None else []
    told += [("--effect", ",".join(effect.value for effect in spec.effects))]
    told += [("--window", spec.window.value)] if spec.window is not WindowUse.FIT else []
    told += [("--grace", f"{spec.grace_s:g}s")] if spec.grace_s else []
    told += [("--limit", limit) for limit in _limits(spec.limits)]
    return [word for name, value in told if value for word in (name, value)]


def _limits(asked: LimitOverrides) -> Iterator[str]:
    for field, value in msgspec.structs.asdict(asked).items():
        if value is not None:
            name, _, unit = field.rpartition("_")
            kind = {"bytes": units.SIZE, "s": units.LASTING}.get(unit)
            yield f"{name}={kind.show(value).strip(chr(34))}" if kind else f"{field}={value}"
