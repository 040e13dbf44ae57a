"""How a store comes back: the checkpoint, then the journal's lines after it, each proven on the way."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from state import checkpoint, journal, records, segments
from state import line as lines
from state.checkpoint import Digests, Mark
from state.files import Workspace
from state.keeping import anchors, walk
from state.line import Line, Seal
from state.model.view import Record

Tables = dict[str, dict[str, Record]]


@dataclass(slots=True)
class Past:
    """From where to where the journal goes, and where its writer goes on."""

    start: Seal = field(default_factory=Seal)
    end: Seal = field(default_factory=Seal)
    sizes: dict[str, int] = field(default_factory=dict)
    """The good bytes of each segment."""
    checkpoint: int = 0
    """The entry that the usable checkpoint stands for; 0 without one."""
    grown: int = 0
    """Bytes that were read again because no checkpoint covered them."""
    recovered: str = ""


class _Broken(Exception):
    """The journal does not follow from its witnesses."""


def load(workspace: Workspace, tables: Tables, digests: Digests) -> Past:
    """Fill `tables` and return how far the journal goes; raises JournalDamaged."""
    for unfinished in workspace.hidden.glob(f".{workspace.checkpoint.name}.*.tmp"):
        unfinished.unlink(missing_ok=True)
    head = segments.read_head(workspace.journal)
    unwitnessed = head is None and bool(segments.names(workspace.journal))
    with _no_collections():
        image, trouble = checkpoint.load(workspace.checkpoint)
        base = None if image else _base(workspace.journal)
        try:
            past = _follow(workspace.journal, image or base, head or Seal(), tables, digests)
            if image is None:
                past.checkpoint = 0
        except (_Broken, *records.UNREADABLE, KeyError) as error:
            audit = journal.verify(workspace.journal, checkpoint=workspace.checkpoint)
            damage = audit.damage or (_unexplained(error),)
            raise journal.JournalDamaged(workspace.journal, damage) from None
    lost = f"{workspace.journal / segments.HEAD} was lost: whether the journal's end is whole could not be checked"
    past.recovered = "; ".join(filter(None, (trouble, lost if unwitnessed else "", past.recovered)))
    return past


def _unexplained(error: Exception) -> journal.Damage:
    text = f"its chain is whole, but it cannot be applied: {error}"
    return journal.Damage(kind="unreadable", seq=0, file="", line=0, text=text)


def _base(folder: Path) -> checkpoint.Image | None:
    """What a pruned journal stands on when the checkpoint is lost; None where nothing was pruned."""
    for name in anchors.bases(folder):
        image, _ = checkpoint.load(folder / name)
        if image is not None:
            return image
    return None


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


def _follow(folder: Path, image: checkpoint.Image | None, head: Seal, tables: Tables, digests: Digests) -> Past:
    past, skip = Past(), Seal()
    names = segments.names(folder)
    if image is not None:
        for name, table in tables.items():
            table.update((record.key, record) for record in image.table(name))
        past.checkpoint, past.start = image.mark.seq, image.mark.start
        names = _kept(names, image.mark)
        if _stands(folder, names, image.mark, digests):
            past.end, past.sizes = image.mark.seal, {name: span.bytes for name, span in image.mark.segments.items()}
        else:
            past.end, skip = past.start, image.mark.seal
    acknowledged = max(head.seq, past.checkpoint)
    witnesses = {head.seq: head.hash, skip.seq: skip.hash}
    if witnesses.get(past.end.seq, past.end.hash) != past.end.hash:
        raise _Broken("a witness")
    for name in names:
        if name < max(past.sizes, default=""):
            continue
        size = past.sizes.get(name, 0)
        for raw in segments.lines(folder / name, size):
            if name == names[-1] and walk.is_torn(raw, past.end.seq + 1, acknowledged):
                past.recovered = walk.torn_text(folder / name, (folder / name).stat().st_size - size)
                break
            line = _next(raw, past.end)
            past.end = Seal(line.seq, line.hash)
            if witnesses.get(line.seq, line.hash) != line.hash:
                raise _Broken("a witness")
            size += len(raw)
            past.grown += len(raw)
            if line.seq > skip.seq:
                _apply(line, tables)
        past.sizes[name] = size
    if past.end.seq < acknowledged:
        raise _Broken("too short")
    return past


def _kept(names: list[str], mark: Mark) -> list[str]:
    """Leave out what a pruning that was cut short has not removed yet."""
    first = min(mark.segments, default="") if mark.start.seq else ""
    return [name for name in names if name >= first]


def _stands(folder: Path, names: list[str], mark: Mark, digests: Digests) -> bool:
    """Say whether the journal up to a checkpoint is byte for byte what it was then."""
    covered = sorted(mark.segments)
    if names[: len(covered)] != covered:
        return False
    for name in covered:
        span = mark.segments[name]
        if digests.span(name, span.bytes) != span:
            return False
        if name != covered[-1] and (folder / name).stat().st_size != span.bytes:
            return False
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
