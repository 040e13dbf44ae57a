"""The line at the top: whose engine, how busy, how many brakes are on, what kind of time it is."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from state.model.brakes.margin import Margin
from state.model.brakes.usage import Usage
from state.model.control import Control
from state.model.mode import Mode
from state.model.view import EngineInfo
from state.model.when.context import Situation
from widgets import words
from widgets.builds import CLOSE
from widgets.cells import TONE_CLASSES, Cell, Tone, fit, one_line, tone_css, tone_style

_BETWEEN = " │ "
_LINE = re.compile(r"[^\n]*?:(\d+): ")
_TICK_S = 60.0
"""How often the time that is left is told anew while nothing else changes."""


def _taken(usage: Usage, used: int) -> Cell:
    """Return how much of what all builds may use together is taken, such as `calls a minute ███░ 72/100`."""
    margin = Margin(figure=usage.name, used=used, limit=usage.limit)
    return Cell(words.margin(margin, 4), Tone.WARN if margin.share >= CLOSE else Tone.DIM)


class StatusLine(Widget):
    """Says at a glance what the operator must know of the engine; what does not fit goes on a line of its own.

    It counts no seconds, so that idle means idle: the time that is left is told to the minute.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    DEFAULT_CSS = """
    StatusLine { height: 1; background: $panel; padding: 0 1; }
    StatusLine.-alarm { background: $error-muted; }
    """ + tone_css("StatusLine")

    def __init__(self, workspace: str, *, hosted: bool, now: Callable[[], datetime], id: str | None = None) -> None:
        super().__init__(id=id)
        self._workspace = one_line(workspace)
        self._hosted = hosted
        self._now = now
        self._engine = EngineInfo()
        self._control = Control()
        self._active = 0
        self._questions = 0
        self._time = ""
        self._limits: list[Cell] = []

    def on_mount(self) -> None:
        """Begin to count, once there is something to count."""
        self._ticking = self.set_interval(_TICK_S, self._tick, pause=self._counts_nothing)

    def on_resize(self) -> None:
        """Another width may need another number of rows."""
        self._lay_out()

    def show(self, engine: EngineInfo, control: Control, active: int, questions: int) -> None:
        """Take the latest facts; draws only when one of them changed, or the time that is left."""
        facts = (engine, control, active, questions)
        if facts != (self._engine, self._control, self._active, self._questions):
            self._engine, self._control, self._active, self._questions = facts
            self._time, self._limits = time_words(engine.situation, self._now()), self._taken_now()
            self._lay_out()
            if self.is_mounted:
                (self._ticking.pause if self._counts_nothing else self._ticking.resume)()
        else:
            self._tick()

    def _tick(self) -> None:
        told = time_words(self._engine.situation, self._now()), self._taken_now()
        if told != (self._time, self._limits):
            self._time, self._limits = told
            self._lay_out()
            if self.is_mounted and self._counts_nothing:
                self._ticking.pause()

    def _taken_now(self) -> list[Cell]:
        """How much of each limit is taken, where it is half of it or more; what slid out of its window is not told."""
        now = self._now()
        known = ((usage, usage.at(now)) for usage in self._engine.limits if usage.limit)
        return [_taken(usage, used) for usage, used in known if used * 2 >= usage.limit]

    @property
    def _counts_nothing(self) -> bool:
        situation = self._engine.situation
        endless = situation is None or (situation.window_until is None and situation.until is None)
        return endless and not self._limits

    def _lay_out(self) -> None:
        self.set_class(bool(self.alarms()), "-alarm")
        self.styles.height = len(self._rows(self.size.width))
        self.refresh()

    def parts(self, *, short: bool = False) -> list[Cell]:
        """Return what the first row says, in order; in fewer words when `short`."""
        parts = [
            self._mode(short=short),
            Cell(f"builds {self._active}/{self._engine.slots}", Tone.BUSY if self._active else Tone.DIM),
            Cell("■ STOPPED", Tone.BAD) if self._stopped else self._armed(short=short),
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
        if control.manual and control.fault is not None:
            alarms.append(f"Manual mode: {control.fault.text}. Nothing is decided until you resume.")
        return [*alarms, *filter(None, (self._engine.trouble, settings_words(self._engine.settings)))]

    def times(self) -> list[Cell]:
        """Return what kind of time it is, what that means for builds, and which file was noticed last."""
        told = []
        observation = self._control.observation
        if observation is not None:
            # What ran when observing began still does: it would be wrong to say then that nothing executes.
            what = "starts or merges" if self._active else "executes"
            end = f" until {words.moment(observation.live_at)}" if observation.live_at else ""
            told.append(Cell(f"observe: nothing {what}{end}", Tone.WARN))
        if self._time:
            told.append(Cell(self._time))
        told += self._taken_now()
        if self._engine.noticed:
            told.append(Cell(f"noticed {self._engine.noticed[-1]}", Tone.DIM))
        return told

    @property
    def _stopped(self) -> bool:
        return self._control.stopped or self._engine.stop_file

    def _armed(self, *, short: bool) -> Cell:
        live = self._control.mode is Mode.LIVE and not short
        return Cell("● armed, live" if live else "● armed", Tone.GOOD)

    def _mode(self, *, short: bool) -> Cell:
        engine = self._engine
        if engine.mode == "stopped":
            return Cell("✗ engine stopped", Tone.BAD)
        if self._hosted:
            return Cell("hosted" if short else "engine hosted here", Tone.DIM)
        return Cell(f"{'' if short else 'attached to '}{engine.mode} {engine.pid}", Tone.DIM)

    def _rows(self, width: int) -> list[list[Cell]]:
        """Return what each row says, the name of the workspace left out."""
        times, alarms = self.times(), self.alarms()
        below = [[Cell("  ".join(alarms), Tone.BAD)]] if alarms else []
        for short in (False, True):
            together = [*self.parts(short=short), *times]
            if self._room(together, width) >= min(cell_len(self._workspace), 12):
                return [together, *below]
        parts = self.parts()
        if self._room(parts, width) < min(cell_len(self._workspace), 12):
            parts = self.parts(short=True)
        return [parts, *([times] if times else []), *below]

    def render_line(self, y: int) -> Strip:
        """Draw one of the rows."""
        base = self.rich_style
        width = self.size.width
        rows = self._rows(width)
        if y >= len(rows):
            return Strip.blank(width, base)
        segments: list[Segment] = []
        parts = rows[y]
        if y == 0:
            name = fit(self._workspace, min(cell_len(self._workspace), max(4, self._room(parts, width))))
            parts = [Cell(name, Tone.STRONG), *parts]
        for index, part in enumerate(parts):
            if index:
                segments.append(Segment(_BETWEEN, base + self._tone(Tone.DIM)))
            text = one_line(part.text)
            left = width - sum(segment.cell_length for segment in segments)
            segments.append(Segment(fit(text, min(cell_len(text), left)), base + self._tone(part.tone)))
        return Strip(segments).adjust_cell_length(width, base)

    def _room(self, parts: list[Cell], width: int) -> int:
        return width - sum(cell_len(part.text) + len(_BETWEEN) for part in parts)

    def _tone(self, tone: Tone) -> Style:
        return tone_style(self, tone)


def time_words(situation: Situation | None, now: datetime) -> str:
    """Return context, window and how long they last, such as `sleeping · overnight · 5 h 12 m left`."""
    if situation is None:
        return ""
    told = [str(situation.context)]
    if situation.until is not None and situation.until != situation.window_until:
        told = [f"{situation.context} until {words.clock(situation.until)}"]
    told += [one_line(situation.window)] if situation.window else []
    if situation.window_until is not None:
        left = _lasting((situation.window_until - now).total_seconds())
        told.append(f"{left} left" if situation.window else f"next window in {left}")
    return " · ".join(told)


def settings_words(trouble: str) -> str:
    """Return what is wrong with the settings file, by its line and without its path."""
    if not trouble:
        return ""
    first, *more = trouble.split("\n")
    line = _LINE.sub(r"line \1: ", first, count=1)
    return f"settings: {line}{f' (and {len(more)} more)' if more else ''}; the ones before hold"


def _lasting(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "under a minute"
    return f"{minutes // 60} h {minutes % 60} m" if minutes >= 60 else f"{minutes} m"
