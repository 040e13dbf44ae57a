"""Acts on the operator's answers to drafted replies, with the engine at work or without one."""

import asyncio
from datetime import datetime

from engine.hall import Hall
from engine.links.mail import answered
from state.settings import Settings
from state.store import Store


class Letters:
    """On the engine's loop only."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def known(self, label: str) -> bool:
        """Whether a label is that of a conversation."""
        return label in self._hall.store.mails

    async def answered(self, label: str, actor: str, text: str) -> str:
        """Carry out what was answered about a conversation; `text` is what was said so far. Raises MidwatchError."""
        of_it, store = self._hall.store.mails[label], self._hall.store
        if said := answered.observed(store, of_it):
            return f"{text}; {said}"
        done = await asyncio.to_thread(answered.carry_out, self._hall.workspace, self._hall.settings, of_it)
        if not done:
            return text
        answered.stage(store, of_it, actor, done, self._hall.clock.now())
        await self._hall.durable()
        return f"{text}; {done}"


def answered_still(store: Store, settings: Settings, label: str, actor: str, text: str, now: datetime) -> str:
    """Do the same at once, where no engine runs. Same errors."""
    of_it = store.mails[label]
    if why := answered.observed(store, of_it):
        return f"{text}; {why}"
    done = answered.carry_out(store.workspace, settings, of_it)
    if not done:
        return text
    answered.stage(store, of_it, actor, done, now)
    store.flush()
    return f"{text}; {done}"
