"""The state as of an entry: a snapshot's journal, cut there or followed by the lines that came after it."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from engine.reversal.snapshots.extract import lay_out
from engine.reversal.snapshots.history import head_line
from engine.reversal.snapshots.objects import Objects
from engine.reversal.snapshots.tree import Entry
from engine.reversal.snapshots.vault import JOURNAL, NoSnapshot
from state import journal, records, replay, segments
from state import line as lines
from state.checkpoint import Digests
from state.disk import DISK
from state.files import Workspace
from state.journal import JournalDamaged
from state.line import Line, Seal
from state.model.brakes.safekeeping import Snapshot
from state.replay import Tables

Moment = int | datetime
"""An entry, or the last one up to a time."""


class Kinship(StrEnum):
    """How the present journal stands to that of a snapshot."""

    GOES_ON = "goes on"
    """It is the same, with more behind it."""
    DAMAGED = "damaged"
    OTHER = "other"
    """It is another one, or there is none."""


def kinship(workspace: Workspace, snapshot: Snapshot) -> Kinship:
    """Compare the present journal with a snapshot's, after proving the whole of it."""
    if not segments.names(workspace.journal):
        return Kinship.OTHER
    audit = journal.verify(workspace.journal, checkpoint=workspace.checkpoint, in_flight=True)
    if not audit.ok:
        return Kinship.DAMAGED
    if snapshot.seq < audit.first:
        return Kinship.GOES_ON  # that part of it was pruned since: nothing speaks against it
    for line in _lines(workspace.journal):
        if line[1].seq == snapshot.seq:
            return Kinship.GOES_ON if line[1].hash == snapshot.head else Kinship.OTHER
    return Kinship.OTHER


def lay(objects: Objects, entries: Iterable[Entry], was: Workspace, image: Iterable[str] = ()) -> None:
    """Write a snapshot's journal into a workspace of its own, with the image that goes with it where there is one.

    Raises OSError and ObjectDamaged.
    """
    was.hidden.mkdir(mode=0o700, parents=True, exist_ok=True)
    lay_image(objects, image, was)
    lay_out(objects, [entry for entry in entries if entry.root == JOURNAL], {JOURNAL: was.journal})


def lay_image(objects: Objects, image: Iterable[str], was: Workspace) -> None:
    """Write the state that a snapshot holds apart to where a store looks for it. Raises OSError and ObjectDamaged."""
    pieces = tuple(image)
    if pieces:
        DISK.replace_with(was.checkpoint, (objects.read(name) for name in pieces), 0o600)


def bring_to(was: Workspace, present: Path | None, to: Moment) -> Seal:
    """Cut such a journal after an entry, or go on with the `present` one's up to it; returns its new end.

    Raises NoSnapshot when no journal that is kept goes so far, or what was erased from it since is missing there.
    """
    end, erased = Seal(), False
    for (name, offset), line, _ in _placed(was.journal):
        erased = erased or line.erased
        if _beyond(line, to):
            if erased and was.checkpoint.exists():
                raise NoSnapshot("entries before it were erased: only its own end is there to go back to")
            _cut(was.journal, name, offset)
            _remember(was.journal, end)
            return end
        end = Seal(line.seq, line.hash)
    for (name, _), line, raw in _placed(present) if present else ():
        if line.seq <= end.seq:
            continue
        if _beyond(line, to):
            break
        if line.prev != end.hash:
            raise NoSnapshot(f"entries {end.seq + 1} to {line.seq - 1} are pruned: choose a later snapshot")
        _append(was.journal / name, raw)
        end = Seal(line.seq, line.hash)
    if isinstance(to, int) and end.seq < to:
        raise NoSnapshot(f"the record ends at entry {end.seq}: there is no entry {to}")
    _remember(was.journal, end)
    return end


def tables(was: Workspace) -> Tables:
    """Return every record as of the end of such a journal, proven on the way. Raises NoSnapshot."""
    found: Tables = {name: {} for name in records.TABLES}
    try:
        replay.load(was, found, Digests(was.journal))
    except JournalDamaged as error:
        why = error.damage[0].text
        raise NoSnapshot(f"the record up to there does not hold: {why}: choose another snapshot or moment") from error
    return found


def _beyond(line: Line, to: Moment) -> bool:
    return line.seq > to if isinstance(to, int) else line.at > to


def _placed(folder: Path) -> Iterator[tuple[tuple[str, int], Line, bytes]]:
    for name in segments.names(folder):
        offset = 0
        for raw in segments.lines(folder / name):
            try:
                line = lines.parse(raw)
            except records.UNREADABLE:
                return  # what a writer is in the middle of, or damage: `tables` tells which
            yield (name, offset), line, raw
            offset += len(raw)


def _lines(folder: Path) -> Iterator[tuple[str, Line]]:
    return ((name, line) for (name, _), line, _ in _placed(folder))


def _cut(folder: Path, name: str, size: int) -> None:
    for later in segments.names(folder):
        if later > name:
            DISK.remove(folder / later)
    if not size:
        DISK.remove(folder / name)
        return
    fd = DISK.open(folder / name, os.O_WRONLY)
    try:
        DISK.truncate(fd, size)
        DISK.fsync(fd)
    finally:
        DISK.close(fd)


def _append(path: Path, raw: bytes) -> None:
    fd = DISK.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        DISK.write_all(fd, raw)
    finally:
        DISK.close(fd)


def _remember(folder: Path, end: Seal) -> None:
    DISK.replace_with(folder / segments.HEAD, (head_line(end),), 0o600)
