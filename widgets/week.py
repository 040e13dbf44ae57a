"""Seven days by the hour: windows as bands, builds and starts as marks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from state.model.when.window import Span
from widgets.cells import TONE_CLASSES, Cell, Tone, fit, one_line, tone_css, tone_style

DAYS = 7
LABEL = 8
"""Cells before the first hour."""
_HOURS = 24
_DAY_MIN = 24 * 60
_FILLS = "░▒▓═╌"
_NOW = "┃"


class Kind(StrEnum):
    """What a mark stands for."""

    DONE = "done"
    FAILED = "failed"
    REVIEW = "review"
    RUNNING = "running"
    PLANNED = "planned"
    SCHEDULE = "schedule"


KINDS = {
    Kind.DONE: Cell("✓", Tone.GOOD),
    Kind.FAILED: Cell("✗", Tone.BAD),
    Kind.REVIEW: Cell("?", Tone.WARN),
    Kind.RUNNING: Cell("▶", Tone.BUSY),
    Kind.PLANNED: Cell("○", Tone.STRONG),
    Kind.SCHEDULE: Cell("·", Tone.DIM),
}
"""Each kind's symbol; where several meet in a cell, the one that stands first here shows."""
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_LINES = {Kind.PLANNED: "┄", Kind.SCHEDULE: " "}


class Mark(NamedTuple):
    """Something on the timeline."""

    at: datetime
    until: datetime
    """When it ended, or will by its estimate."""
    label: str
    kind: Kind
    text: str = ""


class WeekView(Widget, can_focus=True):
    """Two rows for each day: the windows above, and below them what was built and what will start."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"week--chosen", *TONE_CLASSES}
    DEFAULT_CSS = """
    WeekView { height: 16; & > .week--chosen { background: $primary-muted; text-style: bold; } }
    """ + tone_css("WeekView")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "The day before", show=False),
        Binding("down", "step(1)", "The next day", show=False),
    ]

    class Chosen(Message):
        """Another day was chosen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen = 0
        """The chosen day's place, 0 to 6."""
        self._first = date.min
        self._now = datetime.min.replace(tzinfo=UTC)
        self._zone: tzinfo = UTC
        self._spans: Sequence[Span] = ()
        self._marks: Sequence[Mark] = ()
        self._fills: dict[str, str] = {}

    @property
    def day(self) -> date:
        """The chosen day."""
        return self._first + timedelta(days=self.chosen)

    def show(self, first: date, now: datetime, zone: tzinfo, spans: Sequence[Span], marks: Sequence[Mark]) -> None:
        """Take seven days from `first` on, in the operator's zone; draws only when something changed."""
        fresh = (first, now.replace(second=0, microsecond=0), zone, spans, marks)
        if fresh == (self._first, self._now, self._zone, self._spans, self._marks):
            return
        self._first, self._now, self._zone, self._spans, self._marks = fresh
        names = sorted({span.window.name for span in spans})
        self._fills = {name: _FILLS[place % len(_FILLS)] for place, name in enumerate(names)}
        self.refresh()

    def legend(self) -> str:
        """Return what the symbols stand for."""
        kinds = [f"{cell.text} {kind}" for kind, cell in KINDS.items()]
        return " ".join([f"{_NOW} now", *kinds, *(f"{fill} {one_line(name)}" for name, fill in self._fills.items())])

    def action_step(self, by: int) -> None:
        """Choose another day."""
        self.chosen = max(0, min(DAYS - 1, self.chosen + by))
        self.refresh()
        self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        """Draw the hours, or one of a day's two rows."""
        base = self.rich_style
        per_hour = max(1, (self.size.width - LABEL) // _HOURS)
        if y == 0:
            hours = "".join(f"{hour:02d}".ljust(per_hour)[:per_hour] if per_hour > 1 else " " for hour in range(_HOURS))
            axis = Strip([Segment(" " * LABEL + hours, base + self._tone(Tone.DIM))])
            return axis.adjust_cell_length(self.size.width, base)
        place, lower = divmod(y - 1, 2)
        if place >= DAYS:
            width = self.size.width
            return Strip(
                [Segment(" " + fit(self.legend() if place == DAYS else "", width - 1), base + self._tone(Tone.DIM))],
                width,
            )
        day = self._first + timedelta(days=place)
        cells = self.marks(day, per_hour) if lower else self.band(day, per_hour)
        local = self._now.astimezone(self._zone)
        if local.date() == day:
            cells[_column(local, per_hour)] = Cell(_NOW, Tone.WARN)
        pointer = "▸" if place == self.chosen and not lower else " "
        head = "" if lower else f"{day:%a %d}"
        head_style = base
        if place == self.chosen:
            head_style += self.get_component_rich_style("week--chosen", partial=True)
        segments = [Segment(pointer + fit(head, LABEL - 2), head_style), Segment(" ", base)]
        segments += [Segment(cell.text, base + self._tone(cell.tone)) for cell in cells]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def band(self, day: date, per_hour: int) -> list[Cell]:
        """Return a day's windows, each filled with its own pattern and begun with its name."""
        cells = [Cell(" ")] * (_HOURS * per_hour)
        for span in self._spans:
            columns = self._columns(day, span.opens_at, span.closes_at, per_hour)
            name, fill = one_line(span.window.name), self._fills[span.window.name]
            text = fit(name, min(len(name), len(columns))).ljust(len(columns), fill)
            for column, letter in zip(columns, text, strict=False):
                cells[column] = Cell(letter, Tone.DIM if letter == fill else Tone.PLAIN)
        return cells

    def marks(self, day: date, per_hour: int) -> list[Cell]:
        """Return what was built on a day and what will start, each a symbol with a line for as long as it lasts."""
        cells = [Cell(" ")] * (_HOURS * per_hour)
        taken: set[int] = set()
        for mark in sorted(self._marks, key=lambda mark: -_RANK[mark.kind]):
            columns = self._columns(day, mark.at, mark.until, per_hour)
            if not columns:
                continue
            symbol = KINDS[mark.kind]
            for column in columns:
                if column not in taken:
                    cells[column] = Cell(_LINES.get(mark.kind, "━"), symbol.tone)
            if mark.at.astimezone(self._zone).date() == day:
                cells[columns[0]] = symbol
                if mark.kind is not Kind.SCHEDULE:
                    taken.add(columns[0])
        return cells

    def _columns(self, day: date, start: datetime, end: datetime, per_hour: int) -> range:
        """Return the columns of a day that a stretch of time takes, by the clock on the wall; at least one."""
        local_start, local_end = start.astimezone(self._zone), end.astimezone(self._zone)
        begin, finish = datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())
        naive_start, naive_end = local_start.replace(tzinfo=None), local_end.replace(tzinfo=None)
        if naive_start >= finish or naive_end < begin or (naive_end == begin and naive_start < begin):
            return range(0)
        first = 0 if naive_start <= begin else _column(local_start, per_hour)
        last = _HOURS * per_hour
        if naive_end < finish:
            last = -(-(local_end.hour * 60 + local_end.minute) * per_hour // 60)
        return range(first, max(first + 1, last))

    def _tone(self, tone: Tone) -> Style:
        return tone_style(self, tone)


def _column(local: datetime, per_hour: int) -> int:
    return (local.hour * 60 + local.minute) * per_hour // 60


def on_day(marks: Iterable[Mark], day: date, zone: tzinfo) -> Iterator[Mark]:
    """Yield what begins on a day."""
    return (mark for mark in marks if mark.at.astimezone(zone).date() == day)
