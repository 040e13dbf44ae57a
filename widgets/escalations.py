"""The pane of questions that wait for the operator."""

from typing import Any, ClassVar

from state.model.escalation import Escalation
from widgets import words
from widgets.cells import Cell, Column, Tone
from widgets.live_table import LiveTable


class EscalationsPane(LiveTable[Escalation]):
    """Open escalations, the most urgent first, then the oldest."""

    NAME = "Escalations"
    NOTHING = "Nothing waits for you."
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column(9), Column(8), Column(14, 3), Column(8, 6))

    def order(self, record: Escalation) -> Any:
        """Sort by urgency, then by age."""
        return (record.priority.rank, record.created_at.timestamp())

    def cells(self, record: Escalation) -> tuple[Cell, ...]:
        """Show urgency, kind, label and text."""
        times = f"×{record.count} " if record.count > 1 else ""
        return (
            words.urgency(record.priority),
            Cell(words.question(record.type)),
            Cell(record.label, Tone.STRONG),
            Cell(times + record.text),
        )
