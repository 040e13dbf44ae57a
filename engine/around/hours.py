"""Keeps the engine in line with the kind of time it is: its slots, the context on record, what ends with its window."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from engine.builds.outcome import CLOSED
from engine.facts import gather, rules_of
from engine.hall import Hall
from engine.nursery import Nursery
from engine.policy.estimate import against, at_any_time
from engine.policy.gate import judge
from engine.policy.moment import slots, window
from engine.schedule.almanac import Almanac
from engine.schedule.context import Presence
from engine.signals.watch import FileWatch
from state.model import build as b
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.reason import ENGINE, POSSIBLE, Reason
from state.model.task import WindowUse
from state.model.verdict import Stance
from state.model.view import View
from state.model.when.context import Situation
from state.model.when.window import Span
from state.settings import Settings

PRESENT = timedelta(minutes=10)
"""How long after his last key the operator counts as present."""
SUBJECT = "context:calendar"
"""What a question about the calendar is filed under."""


class Hours:
    """On the engine's loop only. `set_info` changes what viewers are told of the engine."""

    def __init__(self, hall: Hall, nursery: Nursery, set_info: Callable[..., None]) -> None:
        self._hall = hall
        self._nursery = nursery
        self._set_info = set_info
        self._presence: Presence | None = None
        self._almanac = Almanac(hall.settings)
        self._reading = False
        self._watch: asyncio.Task[None] | None = None
        self._asked = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The windows that are open now and in the time to come."""
        return self._almanac.spans(self._hall.clock.now())

    async def begin(self) -> None:
        """Read the calendar before anything is decided, and keep an eye on it from then on."""
        self._follow()
        if self._almanac.calendar.files:
            await self._read()

    def apply(self, settings: Settings) -> None:
        """Go by settings that were saved while it ran."""
        self._almanac = Almanac(settings)
        self._follow()

    def touched(self) -> None:
        """The operator has touched a key in the console."""
        if not self._almanac.varies:
            return
        now = self._hall.clock.now()
        since = now if self._presence is None or self._presence.until <= now else self._presence.since
        self._presence = Presence(since, now + PRESENT)
        self._hall.wake()

    def look(self) -> None:
        """Bring records and viewers in line with the moment; to be done before anything is decided."""
        now = self._hall.clock.now()
        control = self._hall.store.control
        if self._almanac.calendar.stale(now):
            self._refresh()
        situation = self._almanac.situation(now, control, self._presence)
        self._set_info(situation=situation, slots=situation.slots)
        self._record(situation, control, now)
        self._ask_about(situation.trouble, now)
        self._end_with_window(now)

    def next_change(self) -> datetime | None:
        """The next moment at which something may start, or must end, because the time is another."""
        return self._almanac.next_change(self._hall.clock.now(), self._hall.store.control, self._presence)

    def awaited(self, view: View) -> bool:
        """Whether a task waits for nothing but another time, so that there is more to come."""
        if not self._almanac.varies:
            return False
        rules = rules_of(self._hall.settings)
        facts = gather(view, self._hall.settings, view.at, self._hall.ledger.occupying(), self.spans)
        times = {window.RULE, slots.RULE} if facts.slots_why else {window.RULE}
        for label in self._hall.ledger.waiting:
            verdict = judge(view.tasks[label], view, facts, rules)
            if verdict.stance is Stance.WAIT and all(finding.rule in times for finding in verdict.against):
                return True
        return False

    def _record(self, situation: Situation, control: Control, now: datetime) -> None:
        """Write down a context that is not the one on record, and the end of the operator's word on it."""
        override = control.override
        ended = override is not None and override.until is not None and override.until <= now
        if situation.context is control.context and not ended:
            return
        changed = msgspec.structs.replace(control, context=situation.context, override=None if ended else override)
        why = f"{control.context} -> {situation.context}: {situation.why}; builds at the same time: {situation.slots}"
        action = "context_changed"
        self._hall.store.stage([changed], Reason(actor=ENGINE, action=action, why=why, options=POSSIBLE[action]))

    def _ask_about(self, trouble: str, now: datetime) -> None:
        """Tell the operator once of a calendar that cannot be read, and take the question back when it can."""
        if trouble == self._asked or self._reading:
            return
        records: tuple[Escalation, ...]
        if trouble:
            kind = EscalationKind.SYSTEM_HEALTH
            records = (self._hall.questions.ask(kind, None, trouble, now, urgency=Urgency.HIGH, about=SUBJECT),)
        else:
            records = self._hall.questions.answer(SUBJECT, "it can be read again", now)
        self._asked = trouble
        action = "calendar_unreadable" if trouble else "calendar_readable"
        self._hall.store.stage(records, Reason(actor=ENGINE, action=action, why=trouble or "it can be read again"))

    def _end_with_window(self, now: datetime) -> None:
        """Stop the builds of tasks that are to end with their window."""
        if not self._almanac.week.windows:
            return
        span = self._almanac.week.at(now)
        for build in self._hall.ledger.occupying():
            task = self._hall.task(build.label)
            spec = task.spec
            if spec.window is not WindowUse.STOP or task.forced or at_any_time(spec) or build.kill_by:
                continue
            if isinstance(build.state, b.Running | b.Starting | b.Preparing) and (
                span is None or against(spec, span.window)
            ):
                why = "its window has closed: it starts anew in the next"
                ending = msgspec.structs.replace(build, kill_by=CLOSED)
                self._hall.stage([ending], "window_closed", why, build)

    def _refresh(self) -> None:
        if not self._reading:
            self._reading = True
            self._nursery.start(self._read(), "reading the calendar")

    async def _read(self) -> None:
        almanac = self._almanac
        almanac.take(await asyncio.to_thread(almanac.calendar.read, self._hall.clock.now()))
        self._reading = False
        self._hall.wake()

    def _follow(self) -> None:
        """Be told of changes in the calendar's files."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        folders: dict[Path, set[str]] = {}
        for file in self._almanac.calendar.files:
            folders.setdefault(file.parent, set()).add(file.name)
        if folders:
            names = {folder: frozenset(found) for folder, found in folders.items()}
            watch = FileWatch(names, lambda paths: self._hall.wake())
            self._watch = self._nursery.start(watch.run(), "the watch on the calendar")
