"""One entry of the journal with the form of each record before it."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from state import line as lines
from state import records, segments
from state.journal import Entry
from state.line import Line
from state.model.record import Noun
from state.model.view import Record

Place = tuple[str, str]
"""A record's table and its key in it."""
Changes = tuple[tuple[str, msgspec.Raw], ...]


class Past(Noun, frozen=True, kw_only=True):
    """What an entry changed, from what, and who changed it again."""

    entry: Entry
    before: dict[Place, Record]
    """The form before the entry of each of its records that was there then."""
    unknown: tuple[Place, ...] = ()
    """Records that may have been there before, in lines that are no longer kept."""
    later: dict[Place, int]
    """The first entry after it that wrote a record anew."""


def place_of(record: Record) -> Place:
    """Return where a record lives."""
    return records.TABLE_OF[type(record)], record.key


def look(folder: Path, seq: int) -> Past | None:
    """Read an entry and what came before and after it; None when it is not there, or its contents were erased.

    Walks backwards as far as needed, at worst over the whole journal: never on a loop.
    """
    entry: Entry | None = None
    wanted: set[Place] = set()
    before: dict[Place, Record] = {}
    first = seq
    after: list[tuple[int, Changes]] = []
    for line in _backwards(folder):
        first = line.seq
        if line.seq > seq:
            after.append((line.seq, _changes(line)))
            continue
        if line.seq == seq:
            if line.erased:
                return None
            body = lines.body_in(line)
            found = tuple(records.decode(table, raw) for table, raw in body.changes)
            entry = Entry(seq=seq, at=line.at, reason=body.reason, records=found)
            wanted = {place_of(record) for record in found}
        elif entry is None:
            return None
        else:
            for place, record in _among(_changes(line), wanted):
                before[place] = record
                wanted.discard(place)
        if not wanted:
            break
    if entry is None:
        return None
    places = {place_of(record) for record in entry.records}
    later = {place: number for number, changes in after for place, _ in _among(changes, places)}
    return Past(entry=entry, before=before, unknown=tuple(sorted(wanted)) if first > 1 else (), later=later)


def _backwards(folder: Path) -> Iterator[Line]:
    for name in sorted(segments.names(folder), reverse=True):
        for raw in segments.lines_backwards(folder / name):
            try:
                yield lines.parse(raw)
            except records.UNREADABLE:
                return  # what lies beyond damage proves nothing


def _changes(line: Line) -> Changes:
    return () if line.erased else lines.body_in(line).changes


def _among(changes: Changes, wanted: AbstractSet[Place]) -> list[tuple[Place, Record]]:
    """Return those records of an entry that are wanted."""
    tables = {table for table, _ in wanted}
    found = [records.decode(table, raw) for table, raw in changes if table in tables]
    return [(place, record) for record in found if (place := place_of(record)) in wanted]
