"""Erases what is known of a person, with the engine at work or without one."""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec

from engine.around.keeping import Keeping, archive_of
from engine.hall import Hall
from engine.reversal.snapshots import forgetting
from engine.reversal.snapshots.objects import NotKept, ObjectDamaged
from engine.reversal.snapshots.vault import Vault
from engine.safety.privacy import erasing
from engine.safety.privacy.erasing import Done, Found
from engine.safety.privacy.subject import Subject
from state.errors import MidwatchError
from state.files import Workspace
from state.journal import JournalDamaged
from state.model.reason import ENGINE
from state.store import Store

NOTHING = "nothing that could be erased holds it"
_TAKE_BACK = "`midwatch snapshot forget --before TIME` removes restore points for good"


class NotErased(MidwatchError):
    """Not everything was erased; its text says what to do."""


def search(workspace: Workspace, subject: Subject, archive: Path | None) -> Found:
    """Look through everything that is kept, restore points and an `archive` of the record too. Nothing is changed."""
    found = erasing.search(workspace, subject, archive)
    try:
        return msgspec.structs.replace(found, points=forgetting.holding(Vault(workspace), subject))
    except ObjectDamaged as error:
        return msgspec.structs.replace(found, unread=(*found.unread, f"restore points: {error}"))


class Erasure:
    """One erasure at a time. On the engine's loop only."""

    def __init__(self, hall: Hall, keeping: Keeping) -> None:
        self._hall = hall
        self._keeping = keeping
        self._one = asyncio.Lock()

    async def erase(self, said: str, actor: str) -> str:
        """Take a subject out of everything, and return what was done, in words.

        All that takes time is done aside, and the engine goes on meanwhile. Raises NotErased, SnapshotsBusy, NotPruned
        and StoreFailed, and can be asked for again.
        """
        workspace, store, subject = self._hall.workspace, self._hall.store, Subject(said)
        archive = archive_of(self._hall.settings.audit)
        async with self._one:
            found = await asyncio.to_thread(search, workspace, subject, archive)
            if found.nothing:
                return NOTHING
            done = await asyncio.to_thread(_forget, workspace, subject, self._hall.clock.now())
            held = await asyncio.to_thread(erasing.holding, tuple(store.records()), subject)
            numbers = erasing.stage(store, subject, found, actor, done, held)
            while store.pending:
                await self._hall.durable()
            async with self._keeping.alone:
                await self._take_out(numbers)
            await asyncio.to_thread(erasing.forget_archived, archive, numbers)
            await self._keeping.renew(actor)
            await asyncio.to_thread(erasing.settle, store)
            return erasing.told(store, subject, numbers, found, done)

    async def _take_out(self, numbers: frozenset[int]) -> None:
        """Write the files of the journal anew that hold these entries: only putting them in place stops the loop."""
        store = self._hall.store
        for name in await asyncio.to_thread(store.holding, numbers):
            rewriting = store.erasing(name, numbers)
            await asyncio.to_thread(rewriting.write)
            while store.pending:
                await self._hall.durable()
            # A checkpoint that is being written reads the same file.
            await asyncio.to_thread(store.settled)
            store.take(rewriting)
        await asyncio.to_thread(store.settled)
        store.checkpoint(wait=False)


def erase_still(store: Store, said: str, actor: str, archive: Path | None, now: datetime) -> str:
    """Do the same at once, where no engine runs. Same errors."""
    workspace, subject = store.workspace, Subject(said)
    found = search(workspace, subject, archive)
    if found.nothing:
        return NOTHING
    done = _forget(workspace, subject, now)
    numbers = erasing.stage(store, subject, found, actor, done)
    store.flush()
    erasing.carry_out(store, numbers, actor, archive=archive)
    return erasing.told(store, subject, numbers, found, done)


def finish(store: Store, archive: Path | None) -> None:
    """Carry out what an engine or a verb before this one recorded and did not come to do. Same errors."""
    vault = Vault(store.workspace)
    if vault.folder.is_dir():
        with vault.locked():
            vault.sweep()
    erasing.carry_out(store, erasing.unfinished(store), ENGINE, archive=archive)


def _forget(workspace: Workspace, subject: Subject, now: datetime) -> Done:
    """Take it out of all but the journal. First of all, because nothing but the subject tells where it stands."""
    try:
        erasing.begin(workspace)
        in_points, points = _forget_points(workspace, subject, now)
        words, files = erasing.forget_words(workspace, subject), erasing.blot_files(workspace, subject)
        return Done(words=words, files=files, points=points, in_points=in_points)
    except OSError as error:
        raise NotErased(
            f"{error.filename or workspace.hidden}: {error.strerror or error}: mend it, and ask again"
        ) from error


def _forget_points(workspace: Workspace, subject: Subject, now: datetime) -> tuple[int, int]:
    vault = Vault(workspace)
    if not vault.folder.is_dir():
        return 0, 0
    try:
        with vault.locked():
            done = forgetting.forget(vault, subject, now)
            # Until then the words are still on the disk, in pieces that none needs any more.
            vault.sweep()
    except (ObjectDamaged, NotKept, JournalDamaged) as error:
        raise NotErased(f"restore points cannot be cleaned: {error}; or {_TAKE_BACK}; then ask again") from error
    return done
