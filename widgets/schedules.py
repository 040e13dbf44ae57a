"""The pane of schedules."""

from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from state.model.when.schedule import Ran, Schedule, ScheduleState
from widgets.cells import Cell, Column, Tone
from widgets.live_table import LiveTable

_NEVER = datetime.max.replace(tzinfo=UTC)
_RAN = {
    Ran.RUNNING: Cell("▶ running", Tone.BUSY),
    Ran.DONE: Cell("✓ done", Tone.GOOD),
    Ran.FAILED: Cell("✗ failed", Tone.BAD),
    Ran.KILLED: Cell("✗ killed", Tone.DIM),
    Ran.INTERRUPTED: Cell("! interrupted", Tone.BAD),
}


class Scheduled(NamedTuple):
    """A schedule's record with what is configured of it, where that is known."""

    state: ScheduleState
    schedule: Schedule | None

    @property
    def cron(self) -> str:
        """Its expression; the one of the record when the settings do not name it any more."""
        return self.schedule.cron if self.schedule else self.state.timing.partition("|")[0]

    @property
    def zone(self) -> str:
        """The zone that its expression is read in."""
        return self.schedule.zone if self.schedule else "".join(self.state.timing.split("|")[1:2])


class SchedulesPane(LiveTable[Scheduled]):
    """Schedules, the one that is due next first, then those that have no next time."""

    NAME = "Schedules"
    NOTHING = "Nothing is scheduled: midwatch.toml shows under [schedules.NAME] how it is done."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(9),
        Column(15, 2),
        Column(13, 1),
        Column(15),
        Column(13),
        Column(8),
        Column(0, 1),
    )

    def order(self, record: Scheduled) -> Any:
        """Sort by the next slot."""
        return record.state.next_slot if _stands(record) == _ON else _NEVER

    def cells(self, record: Scheduled) -> tuple[Cell, ...]:
        """Show whether it is on, name, expression, next slot, last outcome, what was missed and zone."""
        state = record.state
        last = state.running or state.last
        missed = Cell(f"{state.missed_count} missed", Tone.WARN) if state.missed_count else Cell("")
        return (
            _stands(record),
            Cell(state.name, Tone.STRONG),
            Cell(record.cron),
            Cell(slot(state.next_slot) if state.next_slot and _stands(record) == _ON else "–"),
            outcome(last.outcome) if last else Cell("never ran", Tone.DIM),
            missed,
            Cell(record.zone, Tone.DIM),
        )

    def summary(self) -> str:
        """Say how many there are, and how many rest."""
        rest = sum(record.state.paused for record in self.records.values())
        return f"{len(self.records)}{f' · {rest} paused' if rest else ''}" if self.records else ""


_ON = Cell("● on", Tone.GOOD)


def _stands(record: Scheduled) -> Cell:
    if record.state.paused:
        return Cell("‖ paused", Tone.WARN)
    if record.schedule is None or not record.schedule.enabled:
        return Cell("○ off", Tone.DIM)
    return _ON


def outcome(value: Ran) -> Cell:
    """Return how a run ended as symbol and word."""
    return _RAN[value]


def slot(at: datetime) -> str:
    """Return the local day and time of a slot, to the minute."""
    return at.astimezone().strftime("%a %d %H:%M")
