"""The screen of the week: what was built, what will start, and in which windows."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.link import Ports
from console.screens.outlook import Outlook, frozen
from console.screens.page import Page
from engine.clock import Clock
from state.errors import MidwatchError
from state.model.view import View
from widgets.cells import Cell, Tone
from widgets.key_bar import Hint
from widgets.text_view import TextView
from widgets.week import DAYS, KINDS, Kind, Mark, WeekView, on_day

BACK = timedelta(days=2)
"""How many days before today the picture begins."""
LOOK_S = 60.0
"""How often the forecast is made anew while the screen is open."""
_DAY = timedelta(days=1)


class WeekScreen(Page):
    """Shows seven days."""

    DEFAULT_CSS = """
    WeekScreen TextView { height: 1fr; border-top: solid $panel-lighten-2; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-7)", "The week before", show=False),
        Binding("right", "turn(7)", "The next week", show=False),
        Binding("home,t", "today", "Today", show=False),
        Binding("escape,q,W", "dismiss", "Back", show=False),
    ]

    def __init__(self, workspace: str, ports: Ports, clock: Clock, *, hosted: bool) -> None:
        super().__init__(workspace, ports, clock, hosted=hosted)
        self._view: View | None = None
        self._turned = 0
        self._outlook = Outlook(UTC, (), ())
        self._looking = False
        self._again = False

    def body(self) -> ComposeResult:
        """Lay out the picture and the chosen day in words."""
        yield WeekView(id="picture")
        yield TextView(id="day")

    def on_mount(self) -> None:
        """Begin with today, and look again each minute."""
        self._picture = self.query_one(WeekView)
        self._picture.chosen = BACK.days
        self._picture.focus()
        self.show_keys(
            Hint("day", "↑ ↓", "day", possible=True),
            Hint("week", "← →", "week", possible=True),
            Hint("today", "t", "today", possible=True),
        )
        self.set_interval(LOOK_S, self._look)

    def take(self, view: View, busy: int, questions: int) -> None:
        """Take the latest facts; the picture is made anew when a record changed, and not for mere progress."""
        before, self._view = self._view, view
        super().take(view, busy, questions)
        if before is None:
            self._look()

    def changed(self) -> None:
        """A task, build or schedule changed: look again."""
        self._look()

    @property
    def _first(self) -> date:
        today = self._clock.now().astimezone(self._outlook.zone).date()
        return today - BACK + timedelta(days=self._turned)

    def _look(self) -> None:
        """Make the picture anew, one at a time: what changes meanwhile is looked at after it."""
        if self._view is None:
            return
        self._again = self._looking
        if not self._looking:
            self._looking = True
            # Frozen here, on the screen's loop: the mirror's maps are brought up to date in place.
            view = msgspec.structs.replace(frozen(self._view), at=self._clock.now())
            self.run_worker(self._make(view), name="week", exit_on_error=False)

    async def _make(self, view: View) -> None:
        try:
            await self._draw(view)
        finally:
            self._looking = False
        if self._again:
            self._look()

    async def _draw(self, view: View) -> None:
        # A day more on both sides, for the zone is known only once the settings are read.
        start = datetime.combine(self._first, time(), UTC) - _DAY
        try:
            outlook = await asyncio.to_thread(self._ports.outlook, view, start, start + _DAY * (DAYS + 2))
        except MidwatchError as error:
            self.query_one("#day", TextView).show([Cell(f"The settings cannot be read: {error}", Tone.BAD)])
            return
        self._outlook = outlook
        self._picture.show(self._first, view.at, outlook.zone, outlook.spans, outlook.marks)
        self._tell()

    def _tell(self) -> None:
        self.query_one("#day", TextView).show(day_lines(self._outlook, self._picture.day), keep_place=True)

    def action_turn(self, days: int) -> None:
        """Look at other days."""
        self._turned += days
        self._look()

    def action_today(self) -> None:
        """Come back to now."""
        self._turned = 0
        self._picture.chosen = BACK.days
        self._look()

    def on_week_view_chosen(self, event: WeekView.Chosen) -> None:
        """Tell of the chosen day."""
        self._tell()


def day_lines(outlook: Outlook, day: date) -> list[Cell]:
    """Return a day in words: its windows, then what began or begins on it."""
    zone = outlook.zone
    lines = [Cell(f"{day:%A, %d %B %Y}", Tone.STRONG)]
    for span in outlook.spans:
        opens, closes = span.opens_at.astimezone(zone), span.closes_at.astimezone(zone)
        if opens.date() == day:
            lines.append(Cell(f"{opens:%H:%M}  {span.window.name} window until {closes:%a %H:%M}", Tone.DIM))
    begun = list(on_day(outlook.marks, day, zone))
    often = Counter(mark.label for mark in begun if mark.kind is Kind.SCHEDULE)
    marks = []
    for mark in begun:
        times = often.pop(mark.label, 0) if mark.kind is Kind.SCHEDULE else 1
        # A schedule has one line a day, with its first time.
        if times:
            line = _line(mark, outlook)
            marks.append(Cell(f"{line.text} ({times} times)", line.tone) if times > 1 else line)
    return [*lines, *(marks or [Cell("Nothing was built and nothing is foreseen.", Tone.DIM)])]


def _line(mark: Mark, outlook: Outlook) -> Cell:
    symbol = KINDS[mark.kind]
    at, until = mark.at.astimezone(outlook.zone), mark.until.astimezone(outlook.zone)
    lasts = f"–{until:%H:%M}" if until > at else ""
    text = f" · {mark.text}" if mark.text else ""
    return Cell(f"{at:%H:%M}{lasts:<6} {symbol.text} {mark.kind} {mark.label}{text}", symbol.tone)
