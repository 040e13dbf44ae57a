"""The pane of tasks that wait or have ended."""

from collections.abc import Callable
from typing import Any, ClassVar

from state.model import task as t
from widgets import words
from widgets.cells import Cell, Column, Tone
from widgets.live_table import LiveTable

OVER = (t.Done, t.Failed, t.Killed, t.Unknown)
ACTIVE = (t.Building, t.Verifying, t.AwaitingReview)

_PRIORITY = {t.Priority.HIGH: Cell("high", Tone.STRONG), t.Priority.MEDIUM: Cell("med"), t.Priority.LOW: Cell("low")}


class QueuePane(LiveTable[t.Task]):
    """Waiting tasks in the order in which they would start, then the ended ones, latest first."""

    NAME = "Queue"
    NOTHING = "The queue is empty. `midwatch add` puts a task in it."
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column(13), Column(4), Column(14, 3), Column(10, 8))

    def __init__(self, rank: Callable[[t.Task], Any], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rank = rank

    def order(self, record: t.Task) -> Any:
        """Sort the waiting by rank, the ended by time."""
        if isinstance(record.state, OVER):
            return (1, -record.state.at.timestamp())
        return (0, self._rank(record))

    def cells(self, record: t.Task) -> tuple[Cell, ...]:
        """Show state, priority, label and title."""
        over = isinstance(record.state, OVER)
        priority = _PRIORITY[record.spec.priority]
        return (
            words.task_state(record),
            Cell(priority.text, Tone.DIM) if over else priority,
            Cell(record.label, Tone.DIM if over else Tone.STRONG),
            Cell(record.spec.title, Tone.DIM if over else Tone.PLAIN),
        )

    def summary(self) -> str:
        """Say how many wait and how many have ended."""
        over = sum(isinstance(task.state, OVER) for task in self.records.values())
        told = [f"{len(self.records) - over} waiting"] if len(self.records) > over else []
        return " · ".join([*told, f"{over} ended"] if over else told)
