"""Commands on what kind of time it is, with the schedules."""

import msgspec

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.policy.times import say_here
from state.model import command as c
from state.model.when.context import Override


class Times:
    """Sets the context and steers the schedules."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {
            c.PauseSchedule: self._pause_schedule,
            c.RunSchedule: self._run_schedule,
            c.SetContext: self._set_context,
            c.ClearContext: self._clear_context,
        }

    def _set_context(self, command: c.SetContext, actor: str) -> str:
        now = self.at.clock.now()
        if command.until is not None and command.until <= now:
            raise Refused(f"{say_here(command.until, now, self.at.rules.zone)} is past: name a time to come")
        override = Override(context=command.context, by=actor, set_at=now, until=command.until)
        control = msgspec.structs.replace(self.at.store.control, override=override)
        until = "until `midwatch context clear`"
        if command.until is not None:
            until = f"until {say_here(command.until, now, self.at.rules.zone)}"
        self.at.stage([control], actor, "context_set", command.why or f"set by the operator {until}")
        return f"the context is {command.context} {until}"

    def _clear_context(self, command: c.ClearContext, actor: str) -> str:
        if self.at.store.control.override is None:
            raise Refused("no context is set: windows and calendar decide already")
        control = msgspec.structs.replace(self.at.store.control, override=None)
        self.at.stage([control], actor, "context_cleared", command.why or "left to windows and calendar again")
        return "windows and calendar decide on the context again"

    def _pause_schedule(self, command: c.PauseSchedule, actor: str) -> str:
        state, text = self.at.orders.pause(command, self.at.clock.now())
        action = "schedule_paused" if command.on else "schedule_resumed"
        self.at.stage([state], actor, action, command.why or text)
        return text

    def _run_schedule(self, command: c.RunSchedule, actor: str) -> str:
        if self.at.observes:
            raise Refused(f"{OBSERVES}: {command.name} is not run")
        state, text = self.at.orders.run(command, actor, self.at.store.control)
        self.at.stage([state], actor, "schedule_run_asked", command.why or text)
        return text
