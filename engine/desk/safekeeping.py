"""Commands about restore points."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from state.keeping import putting_back
from state.model import command as c
from state.model.brakes.safekeeping import Snapshot
from state.model.build import Build
from state.model.reason import Reason
from state.model.view import Record


class Safekeeper:
    """Puts snapshots and rehearsals on record, and brings an earlier state back as a change of its own."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.RecordSnapshot: self._record, c.Restore: self._restore}

    def _record(self, command: c.RecordSnapshot, actor: str) -> str:
        known = self.at.store.safekeeping
        told = []
        if (snapshot := command.snapshot) is not None:
            known = msgspec.structs.replace(known, snapshot=snapshot)
            words = f"{snapshot.id}: {_came_to(snapshot)}" + (f"; {snapshot.why}" if snapshot.why else "")
            self.at.stage([known], actor, "snapshot_made", words)
            told.append(words)
        if (rehearsal := command.rehearsal) is not None:
            known = msgspec.structs.replace(known, rehearsal=rehearsal)
            how = "came back whole" if rehearsal.ok else f"did NOT come back whole: {'; '.join(rehearsal.troubles)}"
            words = f"{rehearsal.snapshot} {how}, in {rehearsal.took_s:.1f} s"
            self.at.stage([known], actor, "restore_rehearsed" if rehearsal.ok else "rehearsal_failed", words)
            told.append(words)
        return "; ".join(told)

    def _restore(self, command: c.Restore, actor: str) -> str:
        store, now = self.at.store, self.at.clock.now()
        running = sorted(build.id for build in store.builds.values() if _runs(build))
        if running:
            raise Refused(f"nothing was restored: {', '.join(running)} still run: wait for them, or add --stop-builds")
        mark = msgspec.structs.replace(store.safekeeping, restored=command.mark)
        records: list[Record] = [mark]
        words = f"the files of {command.snapshot}"
        if command.seq:
            found = putting_back.put_back(store.tasks, command.tasks, command.later, now, command.snapshot)
            touched = (*found.back, *found.out)
            questions = putting_back.questions(store.escalations.values(), command.questions, touched, now)
            for question in questions:
                self.at.questions.follow(question)
            schedules = (
                msgspec.structs.replace(state, paused=state.name in command.paused)
                for state in store.schedules.values()
                if state.paused is not (state.name in command.paused)
            )
            records += found.tasks
            records += questions
            records += schedules
            records.append(putting_back.control(store.control, command.control))
            counts = (
                f"{len(found.back)} put back, {len(found.out)} out of the queue, {len(found.left)} left as they are"
            )
            words = f"{words}, and the state as of entry {command.seq}: tasks: {counts}; paused until `midwatch resume`"
        known = (
            ("snapshot", command.snapshot),
            ("before it", command.before),
            ("state as of entry", str(command.seq)),
            ("the record's end", f"{store.number}:{store.head}"),
        )
        why = f"{words}; `midwatch snapshot restore {command.before}` takes it back"
        why += f"; {command.why}" if command.why else ""
        store.stage(records, Reason(actor=actor, action="restored", why=why, known=known))
        return f"restored: {words}"


def _runs(build: Build) -> bool:
    """Whether something of a build may run on: one whose death was asked for does not deliver any more."""
    return build.occupies and not build.kill_by


def _came_to(snapshot: Snapshot) -> str:
    return f"{snapshot.files:,} files, {snapshot.bytes:,} bytes, of which {snapshot.added:,} had to be stored"
