"""Which schedules are due, and what becomes of the slots that passed while nothing could run."""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo

import msgspec

from engine.policy.times import say
from engine.schedule.cron import Cron, jitter_s, next_after, parse, slots
from state.model.reason import ENGINE
from state.model.when.schedule import Misfire, Missed, Ran, Run, Schedule, ScheduleState
from state.zones import zone_of

COUNTED = 1000
"""After an absence at most so many slots are counted; the ones before them are not looked at."""
KEPT = 10
"""Missed slots that stay on a schedule's record."""
_TICK = timedelta(microseconds=1)


def cron_of(schedule: Schedule) -> tuple[Cron, tzinfo]:
    """Return a schedule's parsed expression and its zone; raises CronError and ValueError."""
    return parse(schedule.cron, seconds=schedule.seconds), zone_of(schedule.zone)


def coming(schedule: Schedule, state: ScheduleState, now: datetime, count: int) -> tuple[datetime, ...]:
    """Return the next slots that lie ahead; none while it is paused or switched off."""
    if state.paused or not schedule.enabled:
        return ()
    cron, zone = cron_of(schedule)
    known = state.next_slot if state.timing == schedule.timing else None
    found = [known if known and known > now else next_after(cron, zone, now)]
    while len(found) < count:
        found.append(next_after(cron, zone, found[-1]))
    return tuple(found)


def delay(schedule: Schedule) -> timedelta:
    """Return how much later than its slots a schedule starts."""
    return timedelta(seconds=jitter_s(schedule.name, schedule.jitter_s))


def set_out(schedule: Schedule, state: ScheduleState | None, now: datetime) -> ScheduleState:
    """Return the record of a schedule whose timing is new: its first slot lies ahead, whatever was owed before.

    Raises CronError.
    """
    state = state or ScheduleState(name=schedule.name)
    cron, zone = cron_of(schedule)
    after = max(now, state.last.slot) if state.last and state.last.slot else now
    return msgspec.structs.replace(state, timing=schedule.timing, next_slot=next_after(cron, zone, after), owed=())


def shelved(state: ScheduleState) -> ScheduleState:
    """Return the record of a schedule that is configured no more."""
    return msgspec.structs.replace(state, timing="", next_slot=None, owed=(), asked_by="")


def take_turn(schedule: Schedule, state: ScheduleState, now: datetime) -> tuple[ScheduleState, str]:
    """Decide about everything that is due: return the record to write before anything is done, and why.

    The record's `running` says what to start; it stays None when all that was due is missed. Only for a schedule that
    does not run. Slots are decided once: the record's `next_slot` only ever moves on.
    """
    if state.asked_by:
        run = Run(slot=None, by=state.asked_by, started_at=now)
        return msgspec.structs.replace(state, asked_by="", running=run), "asked for out of turn"
    if not state.owed:
        state, why = _passed(schedule, state, now)
        if not state.owed:
            return state, why
    else:
        why = f"made up for the slot of {say(state.owed[0])}"
    run = Run(slot=state.owed[0], by=ENGINE, started_at=now)
    return msgspec.structs.replace(state, owed=state.owed[1:], running=run), why


def _passed(schedule: Schedule, state: ScheduleState, now: datetime) -> tuple[ScheduleState, str]:
    """Decide about the slots that have passed: which are owed and which are missed."""
    assert state.next_slot is not None
    late = delay(schedule)
    cron, zone = cron_of(schedule)
    passed, more = slots(cron, zone, state.next_slot - _TICK, now - late, COUNTED)
    if not passed:
        return state, ""
    latest = passed[-1]
    after_s = (now - latest - late).total_seconds()
    on_time = after_s <= schedule.grace_s
    if schedule.misfire is Misfire.ALL:
        owed = passed[-schedule.at_most :]
    elif schedule.misfire is Misfire.ONCE or on_time:
        owed = passed[-1:]
    else:
        owed = ()
    missed = passed[: len(passed) - len(owed)]
    why = f"due at {say(latest)}"
    if not on_time:
        why += f", {after_s:,.0f} s ago"
    if missed:
        count = f"{'more than ' if more else ''}{len(missed)}"
        why += f"; missed: {count}, the last of {say(missed[-1])} (misfire = {schedule.misfire.value})"
    return (
        msgspec.structs.replace(
            _note_missed(state, missed, "nothing could run at its time", now),
            owed=owed,
            next_slot=next_after(cron, zone, latest),
        ),
        why,
    )


def _note_missed(state: ScheduleState, missed: Iterable[datetime], why: str, now: datetime) -> ScheduleState:
    noted = [Missed(slot=slot, why=why, noted_at=now) for slot in missed]
    kept = (*state.missed, *noted)[-KEPT:]
    return msgspec.structs.replace(state, missed=kept, missed_count=state.missed_count + len(noted))


def ended(state: ScheduleState, outcome: Ran, text: str, now: datetime, exit_code: int | None = None) -> ScheduleState:
    """Return the record of a schedule whose run is over."""
    assert state.running is not None
    last = msgspec.structs.replace(state.running, ended_at=now, outcome=outcome, exit_code=exit_code, text=text)
    return msgspec.structs.replace(state, running=None, last=last, runs=state.runs + 1)


def paused(schedule: Schedule, state: ScheduleState, on: bool, now: datetime) -> ScheduleState:
    """Return the record of a schedule that is paused, or goes on with the slots that lie ahead.

    What passed while it was paused was not missed: the operator did not want it.
    """
    changed = msgspec.structs.replace(state, paused=on, owed=(), asked_by="")
    if on or changed.next_slot is None or changed.timing != schedule.timing:
        return changed
    cron, zone = cron_of(schedule)
    ahead = next_after(cron, zone, max(now, changed.next_slot - _TICK))
    return msgspec.structs.replace(changed, next_slot=ahead)


class Timetable:
    """An index over schedules: which may start now, and when the next one may."""

    def __init__(self, schedules: Mapping[str, Schedule], states: Mapping[str, ScheduleState]) -> None:
        self._schedules = schedules
        self._due: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []
        for name in schedules:
            if name in states:
                self._index(states[name])
        self._heap = [(due, name) for name, due in self._due.items()]
        heapq.heapify(self._heap)

    def update(self, state: ScheduleState) -> None:
        """Take note of a record's new form."""
        before = self._due.pop(state.name, None)
        self._index(state)
        due = self._due.get(state.name)
        if due is not None and due != before:
            heapq.heappush(self._heap, (due, state.name))

    def _index(self, state: ScheduleState) -> None:
        schedule = self._schedules.get(state.name)
        if schedule is None or state.running is not None:
            return
        if state.asked_by or state.owed:
            self._due[state.name] = _LONG_AGO
        elif schedule.enabled and not state.paused and state.next_slot and state.timing == schedule.timing:
            self._due[state.name] = state.next_slot + delay(schedule) if schedule.jitter_s else state.next_slot

    def next_due(self) -> datetime | None:
        """The moment at which the next schedule is due; it may have passed."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime, most: int) -> tuple[str, ...]:
        """At most so many of the schedules that are due, the first first. Each stays so until its record changes."""
        found: list[tuple[datetime, str]] = []
        while len(found) < most and (at := self.next_due()) is not None and at <= now:
            entry = heapq.heappop(self._heap)
            if entry not in found:
                found.append(entry)
        for entry in found:
            heapq.heappush(self._heap, entry)
        return tuple(name for _, name in found)


_LONG_AGO = datetime.min.replace(tzinfo=zone_of("UTC"))
