"""Finds decisions in the record by time, actor, task, build, action and words."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from state import journal, records, segments
from state import line as lines
from state.journal import Decision
from state.model.record import Noun
from state.model.view import Record

UNREADABLE = "unreadable"
"""The action of a line that cannot be read: only a search for anything, or for this, finds it."""


class Query(Noun, frozen=True, kw_only=True):
    """What is looked for; None does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    """In full, or without the kind that stands before the colon."""
    task: str | None = None
    build: str | None = None
    action: str | None = None
    text: str | None = None
    """Anywhere in what a decision tells, whatever the case of its letters."""


def search(folder: Path, query: Query) -> Iterator[Decision]:
    """Yield the decisions that fit, newest first. Files of days before `since` are not opened."""
    needles = _needles(query)
    for name in reversed(segments.names(folder)):
        if query.since is not None and _ended(name) <= query.since:
            return
        for raw in segments.lines_backwards(folder / name):
            if all(needle in raw for needle in needles):
                found = journal.decision(name, raw)
                if _fits(found, query):
                    yield found


def _ended(name: str) -> datetime:
    """When the day of a segment is over: a line never stands in the segment of a day before its own."""
    day = datetime.fromisoformat(name.removesuffix(segments.SUFFIX)).date()
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _needles(query: Query) -> list[bytes]:
    """What must stand in the bytes of a line that fits; most lines need not be taken apart."""
    told = {"label": query.task, "build": query.build, "action": query.action}
    told = {name: value for name, value in told.items() if value != UNREADABLE}
    return [_field(name, value) for name, value in told.items() if value is not None]


def _field(name: str, value: str) -> bytes:
    return b'"%b":%b' % (name.encode(), journal.encoded(value))


def _fits(found: Decision, query: Query) -> bool:
    if found.action == UNREADABLE:
        wanted = (query.actor, query.task, query.build, query.text, query.since, query.until)
        return query.action in (None, UNREADABLE) and all(value is None for value in wanted)
    return (
        (query.since is None or found.at >= query.since)
        and (query.until is None or found.at < query.until)
        and (query.actor is None or query.actor in (found.actor, found.actor.partition(":")[2]))
        and (query.task is None or found.label == query.task)
        and (query.build is None or found.build == query.build)
        and (query.action is None or found.action == query.action)
        and (query.text is None or query.text.casefold() in _told(found))
    )


def _told(found: Decision) -> str:
    words = [found.actor, found.action, found.why, found.label, found.build, *found.options]
    return "\n".join([*words, *(f"{name} {value}" for name, value in found.known)]).casefold()


def entry(folder: Path, seq: int) -> Decision | None:
    """Return the entry of a number; None when it is not there."""
    found = _entry(folder, seq)
    return journal.decision(*found) if found else None


def changed(folder: Path, seq: int) -> tuple[Record, ...]:
    """Return the records that an entry changed, as it left them; none where they were erased or cannot be read."""
    found = _entry(folder, seq)
    if found is None:
        return ()
    try:
        line = lines.parse(found[1])
        return () if line.erased else tuple(records.decode(*change) for change in lines.body_in(line).changes)
    except (*records.UNREADABLE, KeyError):
        return ()


def _entry(folder: Path, seq: int) -> tuple[str, bytes] | None:
    start = lines.opening(seq)
    for name in _from(folder, seq):
        for raw in segments.lines(folder / name):
            if raw.startswith(start) and raw.endswith(b"\n"):
                return name, raw
    return None


def following(folder: Path, seq: int, needle: bytes = b"") -> Iterator[Decision]:
    """Yield the decisions after entry `seq`, oldest first, in whose lines `needle` stands."""
    for name in _from(folder, seq + 1):
        for raw in segments.lines(folder / name):
            if needle in raw and raw.endswith(b"\n"):
                found = journal.decision(name, raw)
                if found.seq > seq:
                    yield found


def _from(folder: Path, seq: int) -> list[str]:
    """Return the segments that may hold an entry or what follows it."""
    names = segments.names(folder)
    begins = [_first(folder / name) for name in names]
    while len(names) > 1 and begins[1] and begins[1] <= seq:
        del names[0], begins[0]
    return names


def _first(path: Path) -> int:
    """Return the number of a segment's first entry; 0 when it cannot be told."""
    head = b""
    with suppress(FileNotFoundError), path.open("rb") as file:
        head = os.pread(file.fileno(), 32, 0)
    start = lines.opening(0).partition(b"0")[0]
    digits = head.removeprefix(start).partition(b",")[0]
    return int(digits) if head.startswith(start) and digits.isdigit() else 0
