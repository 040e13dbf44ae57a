"""The story of a decision: what was known and possible, what was chosen and why, and what came of it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from state.journal import Decision, encoded
from state.keeping import search
from state.model.escalation import Escalation
from state.model.record import Noun
from state.model.view import Record

ENDS = frozenset(
    {
        "build_done", "merged", "build_killed", "build_lost", "build_given_up", "task_killed", "start_denied",
        "merge_denied",
    }
)  # fmt: skip
"""What ends a task; what it began is over with it."""
BACK = ("undo", "revert", "overrid", "veto")
"""What stands in the actions that take something back, also after its end."""
_SPANS = {
    "stop_engaged": ("stop_released", ("kill_carried_out", "build_killed", "stop_released")),
    "paused": ("resumed", ("resumed",)),
    "observe_begun": ("live_begun", ("observe_prolonged", "would_start", "live_begun")),
    "context_set": ("context_cleared", ("context_changed", "context_cleared")),
    "calendar_unreadable": ("calendar_readable", ("calendar_readable",)),
}
"""What begins something that is about no task: what ends it, and what belongs to it."""
_SCHEDULE = ("schedule_started", "schedule_run_asked")
_RAN = ("schedule_done", "schedule_failed", "schedule_interrupted", "schedule_killed")


class Fact(Noun, frozen=True, kw_only=True):
    """Something that was known."""

    name: str
    value: str


class Event(Noun, frozen=True, kw_only=True):
    """Something that came of a decision."""

    seq: int
    at: datetime
    action: str
    why: str


class Story(Noun, frozen=True, kw_only=True):
    """A decision with all that is known of it."""

    seq: int
    at: datetime
    actor: str
    action: str
    label: str
    build: str
    known: tuple[Fact, ...]
    options: tuple[str, ...]
    chosen: str
    why: str
    confidence: float | None
    """0.0 to 1.0; None where a fixed rule, or a person, decided."""
    changed: tuple[Fact, ...]
    """What it made of the records that it touched."""
    outcome: tuple[Event, ...]
    hash: str
    prev: str


def story(folder: Path, seq: int) -> Story | None:
    """Return the story of an entry; None when there is no such entry."""
    found = search.entry(folder, seq)
    if found is None:
        return None
    touched = (_made(record) for record in search.changed(folder, seq))
    changed = tuple(fact for fact in touched if fact.value)
    return told(found, tuple(map(event, came_of(folder, found))), changed)


def _made(record: Record) -> Fact:
    """Return what a record says of itself, in words, after a change."""
    if isinstance(record, Escalation):
        said = f"asked: {record.text}" if record.open else f"answered: {record.answer}"
        return Fact(name=f"question {record.id}", value=said)
    said = getattr(record, "state_name", "") or getattr(record, "text", "")
    return Fact(name=f"{type(record).__name__.lower()} {record.key}", value=said)


def told(found: Decision, outcome: tuple[Event, ...] = (), changed: tuple[Fact, ...] = ()) -> Story:
    """Return what an entry itself tells, with what came of it."""
    return Story(
        seq=found.seq,
        at=found.at,
        actor=found.actor,
        action=found.action,
        label=found.label,
        build=found.build,
        known=tuple(Fact(name=name, value=value) for name, value in found.known),
        options=found.options,
        chosen=found.options[0] if found.options else found.action.replace("_", " "),
        why=found.why,
        confidence=found.confidence,
        changed=changed,
        outcome=outcome,
        hash=found.hash,
        prev=found.prev,
    )


def event(found: Decision) -> Event:
    """Return an entry as something that came of another."""
    return Event(seq=found.seq, at=found.at, action=found.action, why=found.why)


def came_of(folder: Path, entry: Decision) -> Iterator[Decision]:
    """Yield the later entries on the same build, task or schedule up to its end, and what took it back after that."""
    if entry.build:
        yield from _on_build(folder, entry)
    elif entry.label:
        yield from _on_task(folder, entry)
    elif entry.action in _SCHEDULE:
        yield from _run_of(folder, entry)
    elif entry.action in _SPANS:
        end, belongs = _SPANS[entry.action]
        for found in search.following(folder, entry.seq):
            if found.action in belongs:
                yield found
            if found.action == end:
                return


def _on_build(folder: Path, entry: Decision) -> Iterator[Decision]:
    for found in search.following(folder, entry.seq, encoded(entry.build)):
        if found.build == entry.build:
            yield found


def _on_task(folder: Path, entry: Decision) -> Iterator[Decision]:
    over = entry.action in ENDS
    for found in search.following(folder, entry.seq, encoded(entry.label)):
        if found.label == entry.label and (not over or _takes_back(found)):
            yield found
            over = over or found.action in ENDS


def _takes_back(entry: Decision) -> bool:
    return any(word in entry.action for word in BACK)


def _run_of(folder: Path, entry: Decision) -> Iterator[Decision]:
    name = entry.why.partition(":")[0]
    for found in search.following(folder, entry.seq, b'"schedule_'):
        if found.why.partition(":")[0] == name:
            yield found
            if found.action in _RAN:
                return


def whole(folder: Path, what: str) -> list[Story]:
    """Return every entry on a task or a build of this name, oldest first."""
    found = search.following(folder, 0, encoded(what))
    return [told(entry) for entry in found if what in (entry.label, entry.build)]
