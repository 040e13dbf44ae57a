"""How a store comes back: the checkpoint, then the journal's lines after it, each proven on the way."""

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from state import checkpoint, journal, records, segments
from state import line as lines
from state.checkpoint import Mark
from state.files import Workspace
from state.line import Line, Seal
from state.model.view import Record
from state.segments import Span

Tables = dict[str, dict[str, Record]]


@dataclass(slots=True)
class Past:
    """How far the journal goes, and where its writer goes on."""

    end: Seal = field(default_factory=Seal)
    name: str = ""
    size: int = 0
    sha: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    closed: dict[str, Span] = field(default_factory=dict)
    checkpoint: int = 0
    """The entry that the usable checkpoint stands for; 0 without one."""
    grown: int = 0
    """Bytes that were read again because no checkpoint covered them."""
    recovered: str = ""


class _Broken(Exception):
    """The journal does not follow from its witnesses."""


def load(workspace: Workspace, tables: Tables) -> Past:
    """Fill `tables` and return how far the journal goes; raises JournalDamaged."""
    for unfinished in workspace.hidden.glob(f".{workspace.checkpoint.name}.*.tmp"):
        unfinished.unlink(missing_ok=True)
    head = segments.read_head(workspace.journal)
    with _no_collections():
        image, trouble = checkpoint.load(workspace.checkpoint)
        try:
            past = _follow(workspace.journal, image, head, tables)
        except (_Broken, msgspec.DecodeError, KeyError) as error:
            audit = journal.verify(workspace.journal, checkpoint=workspace.checkpoint)
            damage = audit.damage or (_unexplained(error),)
            raise journal.JournalDamaged(workspace.journal, damage) from None
    past.recovered = "; ".join(filter(None, (trouble, past.recovered)))
    return past


def _unexplained(error: Exception) -> journal.Damage:
    text = f"its chain is whole, but it cannot be applied: {error}"
    return journal.Damage(kind="unreadable", seq=0, file="", line=0, text=text)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Hundreds of thousands of records that all stay make every pass of the collector a waste."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _follow(folder: Path, image: checkpoint.Image | None, head: Seal, tables: Tables) -> Past:
    past, offset = Past(), 0
    skip = Seal()
    if image is not None:
        for name, table in tables.items():
            table.update((record.key, record) for record in image.table(name))
        past.checkpoint = image.mark.seq
        if not _resume(folder, image.mark, past):
            past.end, skip = Seal(), image.mark.seal
        offset = past.size
    acknowledged = max(head.seq, past.checkpoint)
    if head.seq == past.end.seq and head != past.end:
        raise _Broken("HEAD")
    names = segments.names(folder)
    for name in names:
        if name < past.name:
            continue
        if name > past.name:
            past.closed |= {past.name: Span(past.size, past.sha.hexdigest())} if past.name else {}
            past.name, past.size, past.sha, offset = name, 0, hashlib.sha256(), 0
        for raw in segments.lines(folder / name, offset):
            if name == names[-1] and journal.is_torn(raw, past.end.seq + 1, acknowledged):
                cut = (folder / name).stat().st_size - past.size
                past.recovered = journal.torn_text(folder / name, cut)
                break
            line = _next(raw, past.end)
            past.end = Seal(line.seq, line.hash)
            if line.seq in (head.seq, skip.seq) and line.hash not in (head.hash, skip.hash):
                raise _Broken("a witness")
            past.size += len(raw)
            past.sha.update(raw)
            past.grown += len(raw)
            if line.seq > skip.seq:
                _apply(line, tables)
    if past.end.seq < acknowledged:
        raise _Broken("too short")
    return past


def _resume(folder: Path, mark: Mark, past: Past) -> bool:
    """Move `past` to where a checkpoint stands, if the journal up to there is byte for byte what it was then."""
    covered = sorted(mark.segments)
    if segments.names(folder)[: len(covered)] != covered:
        return False
    for name in covered:
        span = mark.segments[name]
        sha = segments.digest(folder / name, span.bytes)
        if sha.hexdigest() != span.sha256:
            return False
        if name != covered[-1] and (folder / name).stat().st_size != span.bytes:
            return False
        past.closed[name] = span
        past.sha = sha
    if covered:
        past.name = covered[-1]
        past.size = past.closed.pop(past.name).bytes
    past.end = mark.seal
    return True


def _next(raw: bytes, end: Seal) -> Line:
    line = lines.parse(raw)
    if line.seq != end.seq + 1 or line.prev != end.hash or lines.flaw(raw, line):
        raise _Broken(f"entry {end.seq + 1}")
    return line


def _apply(line: Line, tables: Tables) -> None:
    if line.erased:
        return
    for name, data in lines.body_in(line).changes:
        record = records.decode(name, data)
        tables[name][record.key] = record
