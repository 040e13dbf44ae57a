"""The screen of schedules: what runs at which times, and what came of it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from console.link import Ports
from console.screens.page import Page
from engine.clock import Clock
from state.errors import MidwatchError
from state.model.command import Command, PauseSchedule, RunSchedule
from state.model.view import View
from state.model.when.schedule import Schedule, ScheduleState
from state.zones import zone_of
from widgets import words
from widgets.cells import Cell, Tone
from widgets.key_bar import Hint
from widgets.live_table import LiveTable
from widgets.schedules import Scheduled, SchedulesPane, outcome
from widgets.text_view import TextView

AHEAD = 5
"""Times ahead that are told of the selected schedule."""


class SchedulesScreen(Page):
    """Lists the schedules. What the operator wants goes to the app as `Asked`."""

    DEFAULT_CSS = """
    SchedulesScreen SchedulesPane { height: 1fr; }
    SchedulesScreen TextView { height: 13; border-top: solid $panel-lighten-2; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,n", "run", "Run now", show=False),
        Binding("p", "pause", "Pause or resume", show=False),
        Binding("escape,q,S", "dismiss", "Back", show=False),
    ]

    class Asked(Message):
        """The operator wants something of the engine."""

        def __init__(self, command: Command) -> None:
            self.command = command
            super().__init__()

    def __init__(self, workspace: str, ports: Ports, clock: Clock, *, hosted: bool) -> None:
        super().__init__(workspace, ports, clock, hosted=hosted)
        self._configured: Mapping[str, Schedule] = {}
        self._trouble = ""
        self._shown: Mapping[str, ScheduleState] = {}
        self._read_under: tuple[object, ...] = ()

    def body(self) -> ComposeResult:
        """Lay out the list and the selected schedule's facts."""
        yield SchedulesPane(id="schedules")
        yield TextView(wrap=True, id="schedule")

    def on_mount(self) -> None:
        """Begin with the list."""
        self._pane = self.query_one(SchedulesPane)
        self._pane.focus()

    def take(self, view: View, busy: int, questions: int) -> None:
        """Bring the list up to date; settings that were saved meanwhile are read again."""
        super().take(view, busy, questions)
        self._fill(view.schedules)
        under = (view.engine, *sorted((name, state.timing) for name, state in view.schedules.items()))
        if under != self._read_under:
            self._read_under = under
            self.run_worker(self._read(), name="schedules", exclusive=True, exit_on_error=False)

    def _fill(self, present: Mapping[str, ScheduleState], *, anew: bool = False) -> None:
        # A copy: the mirror's own map is brought up to date in place.
        states = dict(present)
        changed = {
            name: Scheduled(state, self._configured.get(name))
            for name, state in states.items()
            if anew or self._shown.get(name) is not state
        }
        self._shown = states
        self._pane.update_rows(changed)
        if changed:
            self._tell()

    async def _read(self) -> None:
        try:
            self._configured, self._trouble = await asyncio.to_thread(self._ports.schedules), ""
        except MidwatchError as error:
            self._trouble = f"The settings cannot be read: {error}"
        self._fill(self._shown, anew=True)
        self._tell()

    def _tell(self) -> None:
        """Show the selected schedule's facts and what can be done with it."""
        record = self._pane.record
        lines = [Cell(self._trouble, Tone.BAD)] if self._trouble else []
        if record is not None:
            lines += facts(record, self._ports, self._clock.now())
        self.query_one("#schedule", TextView).show(lines, keep_place=True)
        paused = record is not None and record.state.paused
        self.show_keys(
            Hint("run", "⏎", "run now", self._why_not_run() == ""),
            Hint("pause", "p", "resume" if paused else "pause", record is not None),
        )

    def _why_not_run(self) -> str:
        record = self._pane.record
        if record is None:
            return "Nothing is scheduled."
        if record.state.running is not None:
            return f"{record.state.name} runs already."
        return ""

    def action_run(self) -> None:
        """Run the selected schedule's command now."""
        if why_not := self._why_not_run():
            self.notify(why_not, severity="warning", markup=False)
        elif (record := self._pane.record) is not None:
            self.post_message(self.Asked(RunSchedule(name=record.state.name)))

    def action_pause(self) -> None:
        """Let the selected schedule rest, or go on."""
        record = self._pane.record
        if record is None:
            self.notify("Nothing is scheduled.", severity="warning", markup=False)
        else:
            self.post_message(self.Asked(PauseSchedule(name=record.state.name, on=not record.state.paused)))

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Tell of the newly selected schedule."""
        self._tell()


def facts(record: Scheduled, ports: Ports, now: datetime) -> list[Cell]:
    """Return what there is to know of a schedule: its times in its own zone, its last run and what it missed."""
    state, schedule = record.state, record.schedule
    lines = [Cell(f"{state.name}: {schedule.run if schedule else 'it is configured no more'}", Tone.STRONG)]
    if schedule is not None:
        zone = zone_of(schedule.zone)
        times = [at.astimezone(zone) for at in ports.coming(schedule, state, now, AHEAD)]
        rests = "paused: nothing runs until you resume it" if state.paused else "off: the settings do not let it run"
        lines.append(Cell(f"cron {schedule.cron} in {schedule.zone}; misfire {schedule.misfire}", Tone.DIM))
        lines += [Cell(f"next {at:%a %Y-%m-%d %H:%M %z}") for at in times] or [Cell(rests, Tone.WARN)]
    if state.running is not None:
        lines.append(Cell(f"runs since {words.moment(state.running.started_at)}", Tone.BUSY))
    if (last := state.last) is not None:
        for_slot = f"for the slot of {words.moment(last.slot)}" if last.slot else f"asked for by {last.by}"
        end = outcome(last.outcome)
        code = f", exit code {last.exit_code}" if last.exit_code else ""
        lines.append(Cell(f"last {end.text}{code}: began {words.moment(last.started_at)}, {for_slot}", end.tone))
        lines += [Cell(f"  {last.text}", Tone.DIM)] if last.text else []
    if state.missed:
        lines.append(Cell(f"missed {state.missed_count}, the latest:", Tone.WARN))
        lines += [Cell(f"  {words.moment(gone.slot)}: {gone.why}", Tone.DIM) for gone in reversed(state.missed)]
    return lines
