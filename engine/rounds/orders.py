"""What the operator may order of a schedule: to pause, to go on, to run now."""

import difflib
from datetime import datetime

import msgspec

from engine.schedule import timetable
from state.model import command as c
from state.model.control import Control
from state.model.when.schedule import Schedule, ScheduleState
from state.settings import Settings
from state.store import Store


class NotNow(Exception):
    """An order that cannot be obeyed as things stand; its text tells the operator why."""


class Orders:
    """Answers orders with the record to write, and words."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.settings = settings

    def pause(self, command: c.PauseSchedule, now: datetime) -> tuple[ScheduleState, str]:
        """Let a schedule's slots pass, or go on; raises NotNow."""
        schedule, state = self._known(command.name)
        if state.paused == command.on:
            raise NotNow(f"{command.name} is paused already" if command.on else f"{command.name} is not paused")
        state = timetable.paused(schedule, state, command.on, now)
        if command.on:
            return state, f"{command.name}: paused; its times pass until `midwatch schedules resume {command.name}`"
        return state, f"{command.name}: resumed; what passed meanwhile is not made up"

    def run(self, command: c.RunSchedule, actor: str, control: Control) -> tuple[ScheduleState, str]:
        """Ask for a run out of turn; raises NotNow."""
        _, state = self._known(command.name)
        if control.stopped:
            raise NotNow(f"the kill switch is engaged: `midwatch arm` releases it, then run {command.name}")
        if control.paused:
            raise NotNow(f"everything is paused: `midwatch resume` goes on, then run {command.name}")
        if state.asked_by:
            raise NotNow(f"{command.name}: a run is asked for already")
        state = msgspec.structs.replace(state, asked_by=actor)
        when = "once its present run has ended" if state.running else "at once, where an engine runs"
        return state, f"{command.name}: runs {when}"

    def _known(self, name: str) -> tuple[Schedule, ScheduleState]:
        schedule = self.settings.schedules.get(name)
        if schedule is None:
            near = difflib.get_close_matches(name, self.settings.schedules, n=1)
            hint = f"did you mean {near[0]}?" if near else "`midwatch schedules` lists them"
            raise NotNow(f"there is no schedule {name!r}: {hint}")
        return schedule, self._store.schedules.get(name, ScheduleState(name=name))
