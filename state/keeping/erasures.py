"""Which entries were erased, as the record itself tells."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from state import line as lines
from state import segments
from state.files import Workspace
from state.journal import Audit, Damage
from state.model.reason import Reason
from state.model.record import Noun
from state.records import UNREADABLE

ACTION = "privacy_erased"
_MARK = b'"action":"%b"' % ACTION.encode()
_GONE = b'"body":%b}\n' % lines.ERASED
_KNOWN = "entries"


class Erasure(Noun, frozen=True, kw_only=True):
    """One erasure: when it was made, and what it took out."""

    seq: int
    at: datetime
    why: str
    entries: frozenset[int]


class Told(Noun, frozen=True, kw_only=True):
    """All erasures of a journal, and how far they have come."""

    erasures: tuple[Erasure, ...] = ()
    unfinished: frozenset[int] = frozenset()
    """Entries that an erasure names and that still have their contents."""
    unexplained: tuple[int, ...] = ()
    """Entries without contents that no erasure names: somebody else took them out."""

    @property
    def words(self) -> str:
        """How many were erased when, for the operator; empty for none."""
        days: dict[str, int] = {}
        for erasure in self.erasures:
            day = f"{erasure.at:%Y-%m-%d}"
            days[day] = days.get(day, 0) + len(erasure.entries)
        return "; ".join(
            f"{count} {'entry was' if count == 1 else 'entries were'} erased on {day}" for day, count in days.items()
        )


def mark(workspace: Workspace) -> Path:
    """Return the file that is there while an erasure that is on record may not have reached every other file."""
    return workspace.hidden / "erasing"


def under_way(workspace: Workspace) -> bool:
    """Whether an erasure was begun and not finished."""
    return mark(workspace).exists()


def reason(actor: str, why: str, entries: Iterable[int]) -> Reason:
    """Return why an erasure is made; it names the entries, and nothing that they held."""
    return Reason(
        actor=actor, action=ACTION, why=why, options=("erase them", "keep them"), known=((_KNOWN, _ranges(entries)),)
    )


def told(folder: Path) -> Told:
    """Read a journal for its erasures."""
    found, gone, there = list[Erasure](), set[int](), set[int]()
    for name in segments.names(folder):
        for raw in segments.lines(folder / name):
            seq = lines.seq_of(raw)
            (gone if raw.endswith(_GONE) else there).add(seq)
            if _MARK in raw:
                found += _erasure(raw)
    named = frozenset[int]().union(*(erasure.entries for erasure in found))
    return Told(
        erasures=tuple(found), unfinished=named & there, unexplained=tuple(sorted(gone - named))
    )  # fmt: skip


def accounted(audit: Audit, folder: Path) -> tuple[Audit, Told]:
    """Return what a walk over the chain found, with contents that no erasure explains as damage, and the erasures.

    The chain alone would not tell: it covers digests, so that contents can be erased.
    """
    if not audit.erased:
        return audit, Told()
    found = told(folder)
    damage = tuple(
        Damage(kind="changed", seq=seq, file=name, line=line, text="its contents are gone, with no erasure on record")
        for seq, name, line in _places(folder, frozenset(found.unexplained))
    )
    return msgspec.structs.replace(audit, ok=audit.ok and not damage, damage=(*audit.damage, *damage)), found


def _places(folder: Path, entries: frozenset[int]) -> Iterator[tuple[int, str, int]]:
    for name in segments.names(folder) if entries else ():
        for number, raw in enumerate(segments.lines(folder / name), 1):
            if (seq := lines.seq_of(raw)) in entries:
                yield seq, name, number


def _erasure(raw: bytes) -> Iterator[Erasure]:
    try:
        line = lines.parse(raw)
        why = lines.why_in(line)
        entries = _numbers(dict(why.known).get(_KNOWN, ""))
    except (*UNREADABLE, ValueError):
        return  # no erasure: the action stands in another's words, or the line is damaged, which `verify` tells
    if why.action == ACTION:
        yield Erasure(seq=line.seq, at=line.at, why=why.why, entries=entries)


def _ranges(entries: Iterable[int]) -> str:
    """Return `3-5,9` for 3, 4, 5 and 9."""
    spans: list[list[int]] = []
    for number in sorted(entries):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _numbers(text: str) -> frozenset[int]:
    spans = (span.partition("-") for span in text.split(",") if span)
    return frozenset(number for first, _, last in spans for number in range(int(first), int(last or first) + 1))
