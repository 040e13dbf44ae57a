"""Lets schedules run when they are due, never the same slot twice, whatever ends in between."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from engine.hall import Hall
from engine.nursery import Nursery
from engine.rounds.firing import Ending, fire
from engine.rounds.observed import let_pass
from engine.schedule import timetable
from engine.schedule.timetable import Timetable
from state.journal import Entry
from state.model.escalation import EscalationKind, Urgency
from state.model.mode import Mode
from state.model.reason import ENGINE, POSSIBLE, Reason
from state.model.view import Record
from state.model.when.schedule import Ran, Run, Schedule, ScheduleState, subject
from state.store import StoreFailed

AT_ONCE = 8
"""Commands at the same time. What is due beyond that stays due until one of them has ended."""


class Rounds:
    """Runs the commands of schedules. On the engine's loop only."""

    def __init__(self, hall: Hall, nursery: Nursery, command: Sequence[str]) -> None:
        self._hall = hall
        self._nursery = nursery
        self._command = tuple(command)
        """What a command line of midwatch's own is put behind."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[str] = set()
        self._killed = False
        self.rebuild()

    @property
    def _schedules(self) -> Mapping[str, Schedule]:
        return self._hall.settings.schedules

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return bool(self._running)

    def rebuild(self) -> None:
        """Forget everything and read the settings and the records again."""
        self._timetable = Timetable(self._schedules, self._hall.store.schedules)

    def note(self, entry: Entry) -> None:
        """Follow a change."""
        for record in entry.records:
            if isinstance(record, ScheduleState):
                self._timetable.update(record)

    def begin(self) -> None:
        """Say what an engine before this one left in the middle, and go by the settings."""
        text = "the engine ended while it ran: what it had done by then is not known, and it is not run again"
        for state in tuple(self._hall.store.schedules.values()):
            if state.running is not None:
                self._end(state.name, Ending(Ran.INTERRUPTED, text))
        self.take_settings()

    def take_settings(self) -> None:
        """Bring the records in line with the settings; those of schedules whose times are the same stay as they are."""
        self.rebuild()
        states, now = self._hall.store.schedules, self._hall.clock.now()
        enabled = {name: schedule for name, schedule in self._schedules.items() if schedule.enabled}
        changed: list[Record] = [
            timetable.set_out(schedule, states.get(name), now)
            for name, schedule in enabled.items()
            if name not in states or states[name].timing != schedule.timing
        ]
        changed += [timetable.shelved(state) for state in states.values() if state.timing and state.name not in enabled]
        if changed:
            why = f"the settings changed the times of {len(changed)} schedules"
            self._hall.store.stage(changed, Reason(actor=ENGINE, action="schedules_set", why=why))
        self._hall.wake()

    def next_due(self) -> datetime | None:
        """The moment at which the next command can start; it may have passed. None while no more can be started."""
        return None if len(self._running) >= AT_ONCE else self._timetable.next_due()

    def decide(self) -> Iterator[str]:
        """Stage what is due; yield each schedule to start once that is durable."""
        now = self._hall.clock.now()
        for name in self._timetable.due(now, AT_ONCE - len(self._running)):
            observes = self._hall.store.control.mode is Mode.OBSERVE
            take_turn = let_pass if observes else timetable.take_turn
            state, why = take_turn(self._schedules[name], self._hall.store.schedules[name], now)
            action, actor = "schedule_would_run" if observes else "schedule_missed", ENGINE
            if state.running is not None:
                action, actor = "schedule_started", state.running.by
            reason = Reason(actor=actor, action=action, why=f"{name}: {why}", options=POSSIBLE[action])
            self._hall.store.stage([state], reason)
            if state.running is not None:
                yield name

    def start(self, name: str) -> None:
        """Run a schedule's command, whose start is on record."""
        self._killed = False
        self._running[name] = self._nursery.start(self._run(self._schedules[name]), f"schedule {name}")

    def kill(self) -> None:
        """End every command that runs, for the kill switch."""
        if not self._killed:
            self._killed = True
            for task in self._running.values():
                task.cancel()

    def stop(self, name: str) -> bool:
        """End one command that runs; False when it does not."""
        task = self._running.get(name)
        if task is None:
            return False
        self._stopped.add(name)
        return task.cancel()

    async def _run(self, schedule: Schedule) -> None:
        try:
            ending = await fire(self._command, schedule.run, self._hall.workspace.root, schedule.time_limit_s)
            await self._record(schedule.name, ending)
        except asyncio.CancelledError:
            if schedule.name in self._stopped:
                self._end(schedule.name, Ending(Ran.KILLED, "ended by the operator"))
            elif self._killed:
                self._end(schedule.name, Ending(Ran.KILLED, "ended by the kill switch"))
            else:
                self._end(schedule.name, Ending(Ran.INTERRUPTED, "the engine left while it ran, and ended it"))
            raise
        finally:
            self._running.pop(schedule.name, None)
            self._stopped.discard(schedule.name)
            self._hall.wake()

    async def _record(self, name: str, ending: Ending) -> None:
        """Write down how a run ended, however long the store cannot take it."""
        while True:
            try:
                self._end(name, ending)
                await self._hall.durable()
            except StoreFailed:
                if not self._hall.trouble:
                    raise
                await self._hall.healthy()
            else:
                return

    def _end(self, name: str, ending: Ending) -> None:
        """Stage the end of a run, unless that is on record; what went wrong becomes a question."""
        store, now = self._hall.store, self._hall.clock.now()
        run = store.schedules[name].running
        if run is None:
            return
        outcome, text, code = ending
        records: list[Record] = [timetable.ended(store.schedules[name], outcome, text, now, code)]
        if outcome is Ran.DONE:
            records += self._hall.questions.answer(subject(name), "it ran well again", now)
        elif outcome is not Ran.KILLED:
            how = f"schedule {name} {_HOW[outcome]}" + (f" with code {code}" if code else "")
            told = f"{how}: {text or 'it printed nothing'}; `midwatch schedules why {name}` tells more"
            kind = EscalationKind.SYSTEM_HEALTH
            records.append(self._hall.questions.ask(kind, None, told, now, urgency=Urgency.HIGH, about=subject(name)))
        why = f"{name}: {_told(run)}" + (f": {text}" if text else "")
        store.stage(records, Reason(actor=ENGINE, action=f"schedule_{outcome.value}", why=why))
        self._hall.wake()


_HOW = {Ran.FAILED: "failed", Ran.INTERRUPTED: "was interrupted"}


def _told(run: Run) -> str:
    return f"the run for {run.slot.isoformat()}" if run.slot else f"the run that {run.by} asked for"
