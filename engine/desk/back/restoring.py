"""Puts records back to their form before one entry, as a change of its own."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from engine.desk.common import Common, Refused
from state.keeping.past import Past, Place, place_of
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.moves import move_task
from state.model.record import Noun
from state.model.view import Record
from state.model.when.schedule import ScheduleState
from state.records import TABLE_OF

RESTORABLE: Mapping[str, str] = MappingProxyType(
    {
        "paused": "things start again",
        "resumed": "nothing more starts",
        "context_set": "the context is what it was before",
        "context_cleared": "the context is what it was before",
        "schedule_paused": "its times count again",
        "schedule_resumed": "its times pass",
        "task_added": "what was added is taken out of the queue",
        "task_spawned": "what was spawned is taken out of the queue",
        "start_approved": "the start waits for an approval again",
        "merge_approved": "the merge waits for an approval again",
        "start_denied": "the start is asked about again",
        "merge_denied": "the diff waits for review again",
        "question_dismissed": "the question is open again",
        "task_killed": "the task is where it was before",
        "task_retried": "the task is where it was before",
        "change_undone": "what was undone is done again",
    }
)
"""The entries that changed nothing but records, and what it means to put those back."""

FINAL: Mapping[str, str] = MappingProxyType(
    {
        "kill_asked": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "kill_carried_out": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "build_killed": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "hold_denied": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "fail_asked": "the build was ended: `midwatch retry {label}` builds it anew",
        "build_decided": "the build has begun: `midwatch kill {label}` ends it, `midwatch captain-override {seq}` too",
        "build_started": "what ran has run: `midwatch kill {label}` ends it",
        "merge_started": "name the build itself: `midwatch undo {build}`",
        "stop_engaged": "what it killed is gone: `midwatch arm` lets things start again",
        "stop_released": "`midwatch kill --all` engages the switch again",
        "observe_begun": "`midwatch mode live` ends it",
        "live_begun": "`midwatch mode observe` begins it again",
        "undone": "`midwatch retry {label}` builds it anew",
        "hold_approved": "it went on, and what it did since is done: `midwatch kill {label}` ends it",
        "limit_raised": "it went on, and what it did since is done: `midwatch kill {label}` ends it",
        "schedule_run_asked": "the run cannot be made unseen",
        "restored": "`midwatch audit show {seq}` names the snapshot before it: `midwatch snapshot restore` goes back",
    }
)
"""What cannot be taken back, and what to do instead."""


class Restored(Noun, frozen=True, kw_only=True):
    """The records to stage, and what that means."""

    records: tuple[Record, ...]
    text: str


class Restoring:
    """Finds the inverse of one entry, as long as nobody has built upon it. Changes nothing itself."""

    def __init__(self, at: Common) -> None:
        self.at = at

    def inverse(self, past: Past) -> Restored:
        """Return what puts the records of an entry back; raises Refused with what is in the way, before anything."""
        reason = past.entry.reason
        seq = past.entry.seq
        if reason.action not in RESTORABLE:
            way = FINAL.get(reason.action, "it changed nothing that can be put back")
            named = way.format(label=reason.label or "LABEL", build=reason.build or "BUILD", seq=seq)
            raise Refused(f"entry {seq} ({reason.action}) cannot be undone: {named}")
        records: list[Record] = []
        obstacles: list[str] = []
        for after in past.entry.records:
            try:
                records.append(self._back(after, past))
            except Refused as obstacle:
                obstacles.append(str(obstacle))
        if obstacles:
            raise Refused(f"entry {seq} ({reason.action}) cannot be undone: {'; '.join(obstacles)}")
        about = f" of {reason.label}" if reason.label else ""
        return Restored(records=tuple(records), text=f"entry {seq}{about}: {RESTORABLE[reason.action]}")

    def stage(self, restored: Restored, past: Past, actor: str, why: str) -> None:
        """Write the inverse down as a change of its own."""
        reason = past.entry.reason
        told = f"undoes entry {past.entry.seq} ({reason.action})" + (f": {why}" if why else "")
        for record in restored.records:
            if isinstance(record, Escalation):
                self.at.questions.follow(record)
        self.at.stage(restored.records, actor, "change_undone", told, label=reason.label, build=reason.build)

    def _back(self, after: Record, past: Past) -> Record:
        place = place_of(after)
        now = self._now(place)
        if place in past.unknown:
            raise Refused(f"what {_called(place)} was before is no longer on record")
        if now is None:
            raise Refused(f"{_called(place)} is not there any more")
        before = past.before.get(place) or (Control() if isinstance(after, Control) else None)
        if isinstance(after, ScheduleState):
            return self._schedule(after)
        if before is None:
            return self._unmade(after, now, past)
        changed = _differing(before, after)
        watched = {*changed, "state"} & set(_fields(after))
        if _differing(now, after) & watched:
            by = past.later.get(place)
            raise Refused(f"{_called(place)} was changed since" + (f", by entry {by}" if by else "") + _advice(now))
        return msgspec.structs.replace(now, **{name: getattr(before, name) for name in changed})

    def _unmade(self, after: Record, now: Record, past: Past) -> Record:
        """Return what stands for a record that the entry made: records are never removed."""
        at = self.at.clock.now()
        if isinstance(now, Escalation):
            return now if not now.open else msgspec.structs.replace(now, answered_at=at, answer="undone")
        if isinstance(now, t.Task) and isinstance(now.state, t.Queued | t.Held | t.AwaitingApproval | t.Retrying):
            return move_task(now, t.Killed(build="", text=f"undone: entry {past.entry.seq} added it", at=at))
        if isinstance(now, t.Task):
            raise Refused(f"{now.label} is {now.state_name} by now{_advice(now)}")
        raise Refused(f"{_called(place_of(now))} was made by it and is in use")

    def _schedule(self, after: ScheduleState) -> Record:
        """The other way round than the entry left it, from now on: times that passed meanwhile are not made up."""
        order = c.PauseSchedule(name=after.name, on=not after.paused)
        state, _ = self.at.orders.pause(order, self.at.clock.now())
        return state

    def _now(self, place: Place) -> Record | None:
        table, key = place
        return self.at.store.control if table == TABLE_OF[Control] else self.at.store.record(table, key)


def _fields(record: Record) -> tuple[str, ...]:
    return record.__struct_fields__


def _differing(one: Record, other: Record) -> set[str]:
    return {name for name in _fields(one) if getattr(one, name) != getattr(other, name)}


def _called(place: Place) -> str:
    table, key = place
    return (
        key if table == "tasks" else "what the operator said of the engine" if table == "control" else f"{table} {key}"
    )


def _advice(now: Record) -> str:
    if isinstance(now, b.Build) and now.over:
        return f": `midwatch undo {now.id}` takes the build back"
    if isinstance(now, t.Task) and isinstance(now.state, t.Building | t.Verifying):
        return f": `midwatch kill {now.label}` ends its build"
    if isinstance(now, t.Task) and isinstance(now.state, t.Done):
        return f": `midwatch undo {now.label}` takes its build back"
    return ""


def told(records: Sequence[Record]) -> list[str]:
    """Return which records are put back, for a preview."""
    return [_called(place_of(record)) for record in records if not isinstance(record, Escalation)]
