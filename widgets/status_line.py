"""The line at the top: whose engine, how busy, how many brakes are on."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from state.model.control import Control
from state.model.view import EngineInfo
from widgets import words
from widgets.cells import TONE_CLASSES, Cell, Tone, fit, one_line, tone_css

_BETWEEN = " │ "


class StatusLine(Widget):
    """Says at a glance what the operator must know of the engine; without a clock, so that idle means idle."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    DEFAULT_CSS = """
    StatusLine { height: 1; background: $panel; padding: 0 1; }
    StatusLine.-alarm { height: 2; background: $error-muted; }
    """ + tone_css("StatusLine")

    def __init__(self, workspace: str, *, hosted: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self._workspace = one_line(workspace)
        self._hosted = hosted
        self._engine = EngineInfo()
        self._control = Control()
        self._active = 0
        self._questions = 0

    def show(self, engine: EngineInfo, control: Control, active: int, questions: int) -> None:
        """Take the latest facts; draws only when one of them changed."""
        facts = (engine, control, active, questions)
        if facts == (self._engine, self._control, self._active, self._questions):
            return
        self._engine, self._control, self._active, self._questions = facts
        self.set_class(bool(self.alarms()), "-alarm")
        self.refresh()

    def parts(self, *, short: bool = False) -> list[Cell]:
        """Return what the first row says, in order; in fewer words when `short`."""
        parts = [
            self._mode(short=short),
            Cell(f"builds {self._active}/{self._engine.slots}", Tone.BUSY if self._active else Tone.DIM),
            Cell("■ STOPPED", Tone.BAD) if self._stopped else Cell("● armed", Tone.GOOD),
        ]
        if self._control.paused:
            parts.append(Cell("‖ PAUSED", Tone.WARN))
        count = self._questions
        asked = f"{count} question{'s' * (count != 1)}" if count else "no questions"
        return [*parts, Cell(asked, Tone.WARN if count else Tone.DIM)]

    def alarms(self) -> list[str]:
        """Return what the second row says: why nothing starts, and the engine's trouble."""
        control = self._control
        alarms = []
        if control.stopped:
            since = f" since {words.clock(control.stopped_at)}" if control.stopped_at else ""
            by = f" by {control.stopped_by}" if control.stopped_by else ""
            alarms.append(f"Kill switch engaged{since}{by}: nothing starts. K arms.")
        elif self._engine.stop_file:
            alarms.append("The STOP file is there: nothing starts. K arms.")
        return [*alarms, self._engine.trouble] if self._engine.trouble else alarms

    @property
    def _stopped(self) -> bool:
        return self._control.stopped or self._engine.stop_file

    def _mode(self, *, short: bool) -> Cell:
        engine = self._engine
        if engine.mode == "stopped":
            return Cell("✗ engine stopped", Tone.BAD)
        if self._hosted:
            return Cell("hosted" if short else "engine hosted here", Tone.DIM)
        return Cell(f"{'' if short else 'attached to '}{engine.mode} {engine.pid}", Tone.DIM)

    def render_line(self, y: int) -> Strip:
        """Draw one of the two rows."""
        base = self.rich_style
        width = self.size.width
        if y:
            return Strip([Segment(fit("  ".join(self.alarms()), width), base + self._tone(Tone.BAD))], width)
        parts = self.parts()
        if self._room(parts) < min(len(self._workspace), 12):
            parts = self.parts(short=True)
        name = fit(self._workspace, min(cell_len(self._workspace), max(4, self._room(parts))))
        segments = [Segment(name, base + self._tone(Tone.STRONG))]
        for part in parts:
            segments.append(Segment(_BETWEEN, base + self._tone(Tone.DIM)))
            segments.append(Segment(part.text, base + self._tone(part.tone)))
        return Strip(segments).adjust_cell_length(width, base)

    def _room(self, parts: list[Cell]) -> int:
        return self.size.width - sum(cell_len(part.text) + len(_BETWEEN) for part in parts)

    def _tone(self, tone: Tone) -> Style:
        return self.get_component_rich_style(f"tone--{tone}", partial=True)
