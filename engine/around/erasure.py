"""Erases what is known of a person, with the engine at work or without one."""

import asyncio

from engine.around.keeping import Keeping
from engine.hall import Hall
from engine.safety.privacy import erasing
from engine.safety.privacy.subject import Subject
from state.errors import MidwatchError
from state.files import Workspace
from state.model.reason import ENGINE
from state.store import Store

NOTHING = "nothing that could be erased holds it"


class NotErased(MidwatchError):
    """Not everything was erased; its text says what to do."""


class Erasure:
    """One erasure at a time. On the engine's loop only."""

    def __init__(self, hall: Hall, keeping: Keeping) -> None:
        self._hall = hall
        self._keeping = keeping
        self._one = asyncio.Lock()

    async def erase(self, said: str, actor: str) -> str:
        """Take a subject out of everything, and return what was done, in words.

        What is looked through is looked through aside; for as long as the days concerned are written anew, the loop
        waits. Raises NotErased, NotPruned and StoreFailed, and can be asked for again.
        """
        workspace, store, subject = self._hall.workspace, self._hall.store, Subject(said)
        async with self._one:
            found = await asyncio.to_thread(erasing.search, workspace, subject)
            if found.nothing:
                return NOTHING
            words, files = await asyncio.to_thread(_forget, workspace, subject)
            numbers = erasing.stage(store, subject, found, actor, words, files)
            while store.pending:
                await self._hall.durable()
            store.erase(numbers)
            await self._keeping.renew(actor)
            await asyncio.to_thread(erasing.settle, store)
            return erasing.told(store, subject, numbers, words, files)


def erase_still(store: Store, said: str, actor: str) -> str:
    """Do the same at once, where no engine runs. Same errors."""
    workspace, subject = store.workspace, Subject(said)
    found = erasing.search(workspace, subject)
    if found.nothing:
        return NOTHING
    words, files = _forget(workspace, subject)
    numbers = erasing.stage(store, subject, found, actor, words, files)
    store.flush()
    erasing.carry_out(store, numbers, actor)
    return erasing.told(store, subject, numbers, words, files)


def finish(store: Store) -> None:
    """Carry out what an engine or a verb before this one recorded and did not come to do. Same errors."""
    erasing.carry_out(store, erasing.unfinished(store), ENGINE)


def _forget(workspace: Workspace, subject: Subject) -> tuple[int, int]:
    """Take it out of all but the journal. First of all, because nothing but the subject tells where it stands."""
    try:
        erasing.begin(workspace)
        return erasing.forget_words(workspace, subject), erasing.blot_files(workspace, subject)
    except OSError as error:
        raise NotErased(
            f"{error.filename or workspace.hidden}: {error.strerror or error}: mend it, and ask again"
        ) from error
