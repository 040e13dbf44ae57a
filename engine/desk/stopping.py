"""Commands that end builds or hold them back."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from engine.desk.faults import resumed
from state.model import command as c
from state.model import task as t
from state.model.moves import move_task
from state.model.view import Record


class Stopping:
    """Asks for the death of builds, and says whether anything may start."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {
            c.Kill: self._kill,
            c.KillAll: self._kill_all,
            c.RecordUses: self._record_uses,
            c.Arm: self._arm,
            c.Pause: self._pause,
        }

    def _kill(self, command: c.Kill, actor: str) -> str:
        task = self.at.task(command.label)
        now = self.at.clock.now()
        why = command.why or "killed by the operator"
        if command.build and command.build != task.build:
            raise Refused(f"{command.build} is not running any more; {task.label} is {task.state_name}")
        if isinstance(task.state, t.Building | t.Verifying):
            build = msgspec.structs.replace(self.at.store.builds[task.state.build], kill_by=actor)
            self.at.stage([build], actor, "kill_asked", why, label=task.label, build=build.id)
            return f"{task.label}: killing {build.id}"
        if isinstance(task.state, t.AwaitingReview):
            raise Refused(f"{task.label}: nothing of it runs; `midwatch deny {task.label}` refuses its diff")
        if isinstance(task.state, t.Done | t.Failed | t.Killed | t.Unknown):
            raise Refused(f"{task.label}: nothing of it runs; it is {task.state_name}")
        answered = self.at.questions.answer(task.label, "killed", now)
        task = move_task(task, t.Killed(build="", text=why, at=now))
        self.at.stage([task, *answered], actor, "task_killed", why, label=task.label)
        return f"{task.label}: killed before it started"

    def _kill_all(self, command: c.KillAll, actor: str) -> str:
        now = self.at.clock.now()
        why = command.why or "the kill switch"
        control = msgspec.structs.replace(self.at.store.control, stopped=True, stopped_at=now, stopped_by=actor)
        records: list[Record] = [control]
        for build in self.at.store.builds.values():
            if build.occupies and not build.kill_by:
                records.append(msgspec.structs.replace(build, kill_by=actor))
        self.at.stage(records, actor, "stop_engaged", why)
        return "the kill switch is engaged: nothing starts until `midwatch arm`"

    def _record_uses(self, command: c.RecordUses, actor: str) -> str:
        for use in command.uses:
            action = "kill_switch_rehearsed" if use.drill else "kill_switch_used"
            words = f"by {use.means}: {use.builds} build{'s' * (use.builds != 1)} dead in {use.ms:.0f} ms"
            words += f", {len(use.survivors)} processes survived" if use.survivors else ""
            self.at.stage([use], use.by or actor, action, f"{words}; {use.why}" if use.why else words)
        return f"{len(command.uses)} uses of the kill switch are on record"

    def _arm(self, command: c.Arm, actor: str) -> str:
        control = msgspec.structs.replace(self.at.store.control, stopped=False, stopped_at=None, stopped_by="")
        self.at.stage([control], actor, "stop_released", command.why or "armed by the operator")
        return "armed: tasks may start again"

    def _pause(self, command: c.Pause, actor: str) -> str:
        if self.at.store.control.paused == command.on:
            raise Refused("already paused" if command.on else "not paused")
        control = msgspec.structs.replace(self.at.store.control, paused=command.on)
        if not command.on:
            control = resumed(control)
        action = "paused" if command.on else "resumed"
        self.at.stage([control], actor, action, command.why or f"{action} by the operator")
        return "paused: nothing more starts" if command.on else "resumed: tasks may start again"
