"""Keeps the record for as long as the settings say, and no longer."""

import asyncio
import logging
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from engine.clock import Clock
from engine.hall import Hall
from engine.rounds.alarm import Alarm
from state.errors import MidwatchError
from state.files import Workspace
from state.keeping import prune
from state.keeping.prune import Plan
from state.model.escalation import EscalationKind, Urgency
from state.model.reason import ENGINE, Reason
from state.settings import AuditSettings, Settings
from state.store import Store

log = logging.getLogger("midwatch.engine")

SUBJECT = "the record"
NOTHING = "no whole day of the record is that old: nothing was pruned"
_FOREVER = 'the settings keep the record for ever: name a day with --before, or set [audit] keep to less than "forever"'


class Keeping:
    """Prunes once at the engine's start and once a day after that. On the engine's loop only."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.alone = asyncio.Lock()
        """Held by whoever writes files of the journal anew or takes them away."""

    async def run(self) -> None:
        """Look whether anything is too old, now and after each midnight of UTC, at which a segment ends."""
        rang = asyncio.Event()
        alarm = Alarm(rang.set)
        try:
            while True:
                await self._look()
                now = self._hall.clock.now()
                midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
                alarm.set((midnight - now).total_seconds())
                rang.clear()
                await rang.wait()
        finally:
            alarm.close()

    async def _look(self) -> None:
        if self._hall.settings.audit.keep_s is None:
            return
        try:
            await self.prune(None, ENGINE)
        except MidwatchError as error:
            log.error("the record is not pruned: %s", error)
            await self._tell(str(error))
        else:
            await self._tell("")

    async def _tell(self, trouble: str) -> None:
        """Ask the operator once about what keeps old entries from being pruned; take it back when nothing does."""
        hall, now = self._hall, self._hall.clock.now()
        if not trouble and not hall.questions.open_on(SUBJECT):
            return
        if trouble:
            kind = EscalationKind.SYSTEM_HEALTH
            hall.store.stage(
                [hall.questions.ask(kind, None, trouble, now, urgency=Urgency.MEDIUM, about=SUBJECT)],
                Reason(actor=ENGINE, action="audit_not_pruned", why=trouble),
            )
        else:
            why = "old entries can be pruned again"
            answered = hall.questions.answer(SUBJECT, why, now)
            hall.store.stage(answered, Reason(actor=ENGINE, action="audit_pruned_again", why=why))
        hall.wake()

    async def prune(self, before: date | None, actor: str) -> str:
        """Take out what is older than a day, or than the settings allow, and return what was done, in words.

        Raises JournalDamaged, NotPruned and StoreFailed, and nothing is lost.
        """
        hall, settings = self._hall, self._hall.settings.audit
        async with self.alone:
            day = oldest_kept(settings, hall.clock.now(), before)
            found = await asyncio.to_thread(prune.plan, hall.workspace.journal, day)
            if found is None:
                return NOTHING
            return await self._take_out(found, actor)

    async def renew(self, actor: str) -> None:
        """Write anew what stands in place of pruned entries, if anything was pruned. Same errors."""
        async with self.alone:
            found = await asyncio.to_thread(prune.renewal, self._hall.workspace.journal)
            if found is not None:
                await self._take_out(found, actor)

    async def _take_out(self, found: Plan, actor: str) -> str:
        hall = self._hall
        await self._all_durable()
        pruning = prune.Pruning(hall.workspace, hall.store, found, actor, archive_of(hall.settings.audit))
        await asyncio.to_thread(pruning.keep)
        reason = pruning.reason
        hall.store.stage([], reason)
        await self._all_durable()
        pruning.begin()
        await asyncio.to_thread(pruning.remove)
        return reason.why

    async def _all_durable(self) -> None:
        while self._hall.store.pending:
            await self._hall.durable()


def prune_still(workspace: Workspace, store: Store, settings: Settings, clock: Clock, day: date | None, by: str) -> str:
    """Do the same at once, where no engine runs. Same errors."""
    found = prune.plan(workspace.journal, oldest_kept(settings.audit, clock.now(), day))
    return prune.prune(workspace, store, found, by, archive_of(settings.audit)) if found else NOTHING


def oldest_kept(settings: AuditSettings, now: datetime, before: date | None = None) -> date:
    """Return the day from which on everything is kept; raises NotPruned when neither argument nor settings name one."""
    if before is not None:
        return before
    if settings.keep_s is None:
        raise prune.NotPruned(_FOREVER)
    return (now - timedelta(seconds=settings.keep_s)).date()


def archive_of(settings: AuditSettings) -> Path | None:
    """Return the folder to which old entries go; None where they go nowhere."""
    return Path(settings.archive) if settings.archive else None
