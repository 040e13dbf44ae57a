"""The pane of figures that left their band."""

from typing import Any, ClassVar

from state.model.anomaly import Anomaly
from state.model.brakes import figure
from widgets import words
from widgets.cells import Cell, Column, Tone
from widgets.live_table import LiveTable


class AnomaliesPane(LiveTable[Anomaly]):
    """Anomalies, the latest first."""

    NAME = "Anomalies"
    NOTHING = "All figures are in their bands."
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column(5), Column(12, 1), Column(14, 3), Column(8, 6))

    def order(self, record: Anomaly) -> Any:
        """Sort by time, the latest first."""
        return -record.created_at.timestamp()

    def cells(self, record: Anomaly) -> tuple[Cell, ...]:
        """Show time, figure, label and text."""
        return (
            Cell(words.clock(record.created_at), Tone.DIM),
            Cell(f"▲ {figure.name(record.figure)}", Tone.WARN),
            Cell(record.label, Tone.STRONG),
            Cell(record.text),
        )
