"""Tampers with copies of the record, each in another way."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand
from state import journal, segments
from state import line as lines
from state.files import Lock, WorkspaceBusy, atomic_write
from state.journal import Published
from state.line import Seal
from state.model import command as c
from state.settings import SettingsError, load

Lines = list[bytes]


def _changed(lines: Lines) -> Lines:
    middle = len(lines) // 2
    return [*lines[:middle], lines[middle].replace(b'"actor":"', b'"actor":"x', 1), *lines[middle + 1 :]]


def _missing(lines: Lines) -> Lines:
    middle = len(lines) // 2
    return [*lines[:middle], *lines[middle + 1 :]]


def _reordered(lines: Lines) -> Lines:
    middle = len(lines) // 2
    return [*lines[:middle], lines[middle + 1], lines[middle], *lines[middle + 2 :]]


def _truncated(lines: Lines) -> Lines:
    return lines[: len(lines) // 2]


_WAYS: dict[str, Callable[[Lines], Lines]] = {
    "changed": _changed,
    "missing": _missing,
    "reordered": _reordered,
    "truncated": _truncated,
}


def _damaged(folder: Path, way: str) -> Proof:
    """Damage a journal in one way and have it verified."""
    guard = f"record: a line that is {way}"
    last = max(path for path in folder.iterdir() if path.suffix == ".jsonl")
    atomic_write(last, b"".join(_WAYS[way](last.read_bytes().splitlines(keepends=True))))
    audit = journal.verify(folder, checkpoint=None)
    kinds = ", ".join(dict.fromkeys(damage.kind for damage in audit.damage))
    return seen(guard, not audit.ok, f"found: {kinds}" if kinds else "NOT noticed")


def _tampering(way: str) -> Trial:
    async def trial(stand: Stand) -> Proof:
        # Enough lines to damage one in the middle.
        for on in (True, False) * 4:
            await stand.ask(c.Pause(on=on))
        copy = stand.outside / f"journal-{way}"
        await asyncio.to_thread(shutil.copytree, stand.workspace.journal, copy)
        if not journal.verify(copy, checkpoint=None, in_flight=True).ok:
            return seen(f"record: a line that is {way}", False, "nothing is proven: the record was not whole before")
        return await asyncio.to_thread(_damaged, copy, way)

    return trial


def _resealed(folder: Path) -> None:
    """Compute a whole chain anew, with another actor in it, so that every hash fits again."""
    end = Seal()
    for name in segments.names(folder):
        told = []
        for raw in segments.lines(folder / name):
            line = lines.parse(raw)
            sealed, end = lines.seal(end, line.at, f"x{line.actor}", bytes(line.body))
            told.append(sealed)
        atomic_write(folder / name, b"".join(told))
    atomic_write(folder / segments.HEAD, f"{end.seq:020} {end.hash}\n")


async def rewritten(stand: Stand) -> Proof:
    """A chain that was computed anew does not fit the head that was published before."""
    guard = "record: a chain that is rewritten"
    copy = stand.outside / "journal-rewritten"
    await asyncio.to_thread(shutil.copytree, stand.workspace.journal, copy)
    whole = journal.verify(copy, checkpoint=None, in_flight=True)
    head = Published("published before", Seal(whole.first + whole.entries - 1, whole.head))
    await asyncio.to_thread(_resealed, copy)
    if not whole.ok or not journal.verify(copy, checkpoint=None).ok:
        return seen(guard, False, "nothing is proven: the record was not whole before")
    found = journal.verify(copy, checkpoint=None, heads=[head]).damage
    return seen(guard, bool(found), f"found: {found[0].kind}" if found else "NOT noticed")


async def two_engines(stand: Stand) -> Proof:
    """One workspace has one engine."""
    try:
        with Lock(stand.workspace):
            return seen("lock: one engine a workspace", False, "a second owner got the workspace")
    except WorkspaceBusy as busy:
        return seen("lock: one engine a workspace", True, str(busy))


async def bad_settings(stand: Stand) -> Proof:
    """A setting that nobody knows is refused by file, line and key."""
    path = stand.outside / "midwatch.toml"
    atomic_write(path, "[limits]\nmemroy = '1M'\n")
    try:
        load(path)
    except SettingsError as error:
        told = str(error).splitlines()[0]
        return seen("settings: unknown keys", ":2" in told and "memory" in str(error), told)
    return seen("settings: unknown keys", False, "memroy was taken")


TRIALS: tuple[Trial, ...] = (*(_tampering(way) for way in _WAYS), rewritten, two_engines, bad_settings)
