"""The line at the top: whose engine, how busy, how many brakes are on."""

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from state.model.control import Control
from state.model.view import EngineInfo
from widgets import words
from widgets.cells import TONE_CLASSES, Cell, Tone, one_line, tone_css


class StatusLine(Widget):
    """Says at a glance what the operator must know of the engine; without a clock, so that idle means idle."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    DEFAULT_CSS = """
    StatusLine { height: 1; background: $panel; padding: 0 1; }
    StatusLine.-alarm { height: 2; background: $error-muted; }
    StatusLine.-alarm.-short { height: 1; }
    """ + tone_css("StatusLine")

    def __init__(self, workspace: str, *, hosted: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self._workspace = workspace
        self._hosted = hosted
        self._facts: tuple[EngineInfo, Control, int, int] = (EngineInfo(), Control(), 0, 0)

    def show(self, engine: EngineInfo, control: Control, active: int, questions: int) -> None:
        """Take the latest facts; draws only when one of them changed."""
        facts = (engine, control, active, questions)
        if facts == self._facts:
            return
        self._facts = facts
        self.set_class(control.stopped or engine.stop_file or bool(engine.trouble), "-alarm")
        self.set_class(not self._alarms(), "-short")
        self.refresh(layout=True)

    def parts(self) -> list[Cell]:
        """Return what the first row says, in order."""
        engine, control, active, questions = self._facts
        asked = f"{questions} question{'s' * (questions != 1)}" if questions else "no questions"
        parts = [
            Cell(self._workspace, Tone.STRONG),
            self._mode(engine),
            Cell(f"builds {active}/{engine.slots}", Tone.BUSY if active else Tone.DIM),
            self._switch(engine, control),
        ]
        if control.paused:
            parts.append(Cell("‖ PAUSED", Tone.WARN))
        return [*parts, Cell(asked, Tone.WARN if questions else Tone.DIM)]

    def _mode(self, engine: EngineInfo) -> Cell:
        if engine.mode == "stopped":
            return Cell("✗ engine stopped", Tone.BAD)
        if self._hosted:
            return Cell("engine hosted here", Tone.DIM)
        return Cell(f"attached to {engine.mode} engine {engine.pid}", Tone.DIM)

    @staticmethod
    def _switch(engine: EngineInfo, control: Control) -> Cell:
        if control.stopped or engine.stop_file:
            return Cell("■ STOPPED", Tone.BAD)
        return Cell("● armed", Tone.GOOD)

    def _alarms(self) -> list[str]:
        engine, control, *_ = self._facts
        alarms = []
        if control.stopped:
            since = f" since {words.clock(control.stopped_at)}" if control.stopped_at else ""
            by = f" by {control.stopped_by}" if control.stopped_by else ""
            alarms.append(f"Kill switch engaged{since}{by}: nothing starts. Press K to arm.")
        elif engine.stop_file:
            alarms.append("The STOP file is there: nothing starts. Press K to arm.")
        if engine.trouble:
            alarms.append(engine.trouble)
        return alarms

    def render(self) -> RenderResult:
        """Draw the line; what matters less goes first when it is narrow."""
        parts = self.parts()
        width = self.size.width
        line = Text(no_wrap=True, overflow="ellipsis", end="")
        room = width - sum(cell_len(part.text) + 3 for part in parts[1:])
        parts[0] = Cell(_cut(one_line(parts[0].text), max(4, room)), parts[0].tone)
        for index, part in enumerate(parts):
            if index:
                line.append(" │ ", self._style(Tone.DIM))
            line.append(part.text, self._style(part.tone))
        for alarm in self._alarms()[:1] if self.size.height > 1 else ():
            told = "  ".join(one_line(text) for text in self._alarms())
            line.append(f"\n{_cut(told or alarm, width)}", self._style(Tone.BAD))
        return line

    def _style(self, tone: Tone) -> str:
        style = self.get_component_rich_style(f"tone--{tone}", partial=True)
        return str(style)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else text[: max(0, width - 1)] + "…"
