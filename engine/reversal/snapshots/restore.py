"""Brings a snapshot's files back: everything is prepared beside its place, then put there by renames alone."""

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.reversal.snapshots.extract import Extractor
from engine.reversal.snapshots.tree import FILE, FOLDER, Entry
from engine.reversal.snapshots.vault import JOURNAL, WORKSPACE, Manifest, Vault
from state.disk import DISK, Disk
from state.errors import MidwatchError
from state.files import Workspace
from state.keeping import heads
from state.keeping.exchange import STAGE
from state.model.command import Reply
from state.model.record import Noun
from state.records import UNREADABLE
from state.text import clean

_PLAN = "plan"
_WITNESS = os.fsencode(f"{heads.FOLDER}/{heads.FILE}")
"""Only ever added to: an older one must not hide what was published since."""
_SHOWN = 5


class NotRestored(MidwatchError):
    """A restore was refused, or could not be carried out; its text says how far it came."""


class Move(msgspec.Struct, frozen=True, array_like=True):
    """One thing to put in its place."""

    kind: str
    target: bytes
    staged: bytes = b""
    """Where it lies ready; empty for a folder."""
    mode: int = 0


class Plan(Noun, frozen=True, kw_only=True):
    """A restore of files that is ready to be carried out."""

    mark: str
    moves: tuple[Move, ...]
    stages: tuple[bytes, ...]
    """The folders in which things lie ready, besides that in `.midwatch`."""
    newer: tuple[str, ...] = ()
    """Files that came after the snapshot and stay, as far as they are named."""
    newer_count: int = 0

    @property
    def files(self) -> int:
        """How many files and links are put back."""
        return sum(move.kind != FOLDER for move in self.moves)


class Done(Noun, frozen=True, kw_only=True):
    """What came of it."""

    aside: tuple[str, ...] = ()
    """What stood in the way and lies beside its place now, under another name."""
    troubles: tuple[str, ...] = ()


_decoder = msgspec.msgpack.Decoder(Plan)


def stage_of(workspace: Workspace) -> Path:
    """Return the folder in which a restore prepares everything."""
    return workspace.hidden / STAGE


def fresh_mark() -> str:
    """Return the name of a restore."""
    return secrets.token_hex(8)


def prepare(
    vault: Vault,
    mark: str,
    wanted: Manifest,
    before: Manifest,
    entries: Iterable[Entry],
    present: Iterable[Entry],
    disk: Disk = DISK,
) -> Plan:
    """Write every file that differs from what is there beside its place, and the plan. Changes nothing else.

    `present` are the entries of the snapshot `before` the restore. Raises NotRestored and ObjectDamaged.
    """
    workspace = vault.workspace
    there = {(before.roots[entry.root], entry.name): entry for entry in present}
    tops = {number: workspace.root / root for number, root in enumerate(wanted.roots) if number != JOURNAL}
    stages: dict[int, Path] = {}
    moves: list[Move] = []
    try:
        with Extractor(vault.objects, disk) as extractor:
            for entry in sorted(entries, key=lambda entry: entry.place):
                known = there.get((wanted.roots[entry.root], entry.name)) if entry.root in tops else entry
                if entry.same(known) or (entry.root == WORKSPACE and entry.name == _WITNESS and known is not None):
                    continue
                top = tops[entry.root]
                target = os.path.join(os.fsencode(top), entry.name) if entry.name else os.fsencode(top)
                if entry.kind == FOLDER:
                    moves.append(Move(FOLDER, target, mode=entry.mode))
                    continue
                if entry.root not in stages:
                    stages[entry.root] = _stage_for(top, stage_of(workspace), mark)
                staged = stages[entry.root] / str(len(moves))
                extractor.put(entry, staged)
                moves.append(Move(entry.kind, target, os.fsencode(staged)))
        for folder in set(stages.values()):
            disk.sync_folder(folder)
        held = {(wanted.roots[entry.root], entry.name) for entry in entries}
        roots = {root for number, root in enumerate(wanted.roots) if number != JOURNAL}
        newer = [
            place for place, entry in there.items() if entry.kind == FILE and place[0] in roots and place not in held
        ]
        named = tuple(clean(os.fsdecode(os.path.join(os.fsencode(root), name))) for root, name in newer[:_SHOWN])
        plan = Plan(
            mark=mark,
            moves=tuple(moves),
            stages=tuple({os.fsencode(path) for path in stages.values()}),
            newer=tuple(name.removeprefix("./") for name in named),
            newer_count=len(newer),
        )
        disk.replace_with(stage_of(workspace) / _PLAN, (msgspec.msgpack.encode(plan),), 0o600)
    except BaseException as error:
        for folder in stages.values():
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        place = f"{error.filename}: " if error.filename else ""
        raise NotRestored(f"nothing was restored: {place}{error.strerror or error}: mend it and try again") from error
    return plan


def _stage_for(top: Path, stage: Path, mark: str) -> Path:
    """Return a folder from which a rename reaches the root's files."""
    near = top
    while not near.is_dir():
        near = near.parent
    if near.stat().st_dev == stage.stat().st_dev:
        folder = stage / "files"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
    folder = near / f".midwatch-restoring-{mark}"
    folder.mkdir(mode=0o700)
    return folder


def finish(workspace: Workspace, mark: str, disk: Disk = DISK) -> Done:
    """Put everything in its place, or what a crash left of that; nothing happens when it is done already.

    To be called once the restore of this mark is on record. A thing that cannot be put in its place is told, and the
    rest goes on; what is prepared stays then, so that the next call tries again.
    """
    plan = _read(workspace)
    if plan is None or plan.mark != mark:
        return Done()
    aside: list[str] = []
    troubles: list[str] = []
    touched: set[bytes] = set()
    for move in plan.moves:
        try:
            _carry_out(move, mark, aside, disk)
            touched.add(os.path.dirname(move.target))
        except OSError as error:
            troubles.append(f"{clean(os.fsdecode(move.target))}: {error.strerror or error}")
    for move in reversed(plan.moves):
        if move.kind == FOLDER:
            with contextlib.suppress(OSError):
                Path(os.fsdecode(move.target)).chmod(move.mode)
    for folder in touched:
        with contextlib.suppress(FileNotFoundError):
            disk.sync_folder(Path(os.fsdecode(folder)))
    if not troubles:
        drop(workspace)
    return Done(aside=tuple(aside), troubles=tuple(troubles))


def _carry_out(move: Move, mark: str, aside: list[str], disk: Disk) -> None:
    target = Path(os.fsdecode(move.target))
    try:
        there = os.lstat(target)
    except FileNotFoundError:
        there = None
    if move.kind == FOLDER:
        if there is not None and not stat.S_ISDIR(there.st_mode):
            _set_aside(target, mark, aside, disk)
            there = None
        if there is None:
            target.mkdir(mode=0o700, parents=True)
        elif stat.S_IMODE(there.st_mode) & 0o300 != 0o300:
            target.chmod(0o700)  # until all is in it
        return
    staged = Path(os.fsdecode(move.staged))
    if not os.path.lexists(staged):
        return
    if there is not None and stat.S_ISDIR(there.st_mode):
        _set_aside(target, mark, aside, disk)
    disk.replace(staged, target)


def _set_aside(path: Path, mark: str, aside: list[str], disk: Disk) -> None:
    name = path.with_name(f"{path.name}.before-{mark}")
    disk.replace(path, name)
    aside.append(clean(str(name)))


def _read(workspace: Workspace) -> Plan | None:
    try:
        return _decoder.decode((stage_of(workspace) / _PLAN).read_bytes())
    except (FileNotFoundError, *UNREADABLE):
        return None


def drop(workspace: Workspace) -> None:
    """Remove what was prepared."""
    plan = _read(workspace)
    stages = [Path(os.fsdecode(folder)) for folder in plan.stages] if plan else []
    for folder in (*stages, stage_of(workspace)):
        shutil.rmtree(folder, ignore_errors=True)


def settle(workspace: Workspace, restored: str) -> Done:
    """Finish the restore that is on record under the mark `restored`; drop one that never came so far."""
    plan = _read(workspace)
    if plan is not None and plan.mark == restored:
        return finish(workspace, restored)
    drop(workspace)
    return Done()


def told(done: Done, reply: Reply) -> Reply:
    """Return the answer to a restore, with what came of its files."""
    text = reply.text
    if done.aside:
        text += f"; set aside, because it stood in the way: {', '.join(done.aside)}"
    if not done.troubles:
        return msgspec.structs.replace(reply, text=text)
    text += f"; but NOT put back: {'; '.join(done.troubles)}: mend it, and the next start tries again"
    return msgspec.structs.replace(reply, ok=False, code=1, text=text)
