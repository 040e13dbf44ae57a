"""A list of records that repaints only the rows that changed."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.cells import TONE_CLASSES, Cell, Column, Tone, fit, one_line, tone_css, tone_style, widths

R = TypeVar("R")
Entry = tuple[Any, str]
"""A row's place: what it sorts by, then its key."""

BULK = 64
"""From this many moved rows on, sorting anew beats inserting one by one."""


class LiveTable(ScrollView, Generic[R], can_focus=True):
    """Rows in order, known by key. Subclasses say how a record sorts and what its cells are.

    The selection belongs to a key: rows may come, go and move around it.
    """

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    NOTHING: ClassVar[str] = "Nothing here."
    """What an empty list says."""
    NAME: ClassVar[str] = ""
    """The pane's title."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"live-table--cursor", "live-table--cursor-blurred", *TONE_CLASSES}
    DEFAULT_CSS = """
    LiveTable {
        overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1;
        border-top: solid $panel-lighten-2;
        border-title-color: $text-muted;
        &:focus { border-top: heavy $accent; border-title-color: $foreground; border-title-style: bold; }
        & > .live-table--cursor { background: $primary-muted; text-style: bold; }
        & > .live-table--cursor-blurred { background: $panel; }
    }
    """ + tone_css("LiveTable")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Up", show=False),
        Binding("down", "step(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
    ]

    class Moved(Message):
        """The operator moved the selection."""

        def __init__(self, table: "LiveTable[Any]") -> None:
            self.table = table
            super().__init__()

    class Opened(Message):
        """The operator double-clicked a row."""

        def __init__(self, table: "LiveTable[Any]") -> None:
            self.table = table
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.records: dict[str, R] = {}
        self._orders: dict[str, Any] = {}
        self._rows: list[Entry] = []
        self.wanted = ""
        """The words that rows must have to be shown."""
        self._cursor = 0
        self.selected: str = ""
        """The key of the selected row; empty when there is none."""
        self._strips: dict[str, Strip] = {}
        self._strips_width = 0
        self._ground: Style | None = None
        self._title = ""
        self.border_title = f" {self.NAME} "

    def order(self, record: R) -> Any:
        """Return what the record sorts by."""
        raise NotImplementedError

    def cells(self, record: R) -> tuple[Cell, ...]:
        """Return the record's cells, one for each column."""
        raise NotImplementedError

    def words(self, record: R) -> str:
        """Return what a filter searches in."""
        return " ".join(one_line(cell.text) for cell in self.cells(record))

    def summary(self) -> str:
        """Return what the title says after the pane's name."""
        return str(len(self.records)) if self.records else ""

    @property
    def keys(self) -> list[str]:
        """The keys of the rows that pass the filter, in order."""
        return [key for _, key in self._rows]

    @property
    def record(self) -> R | None:
        """The selected record."""
        return self.records.get(self.selected)

    def update_rows(self, changed: Mapping[str, R], gone: Iterable[str] = ()) -> bool:
        """Take newer forms of records; return whether the selection had to go to another row."""
        gone = [key for key in gone if key in self.records]
        if not changed and not gone:
            return False
        before = self.selected
        count = len(self._rows)
        moved: list[Entry] = []
        first_moved = count
        dirty: list[str] = []
        for key in gone:
            first_moved = min(first_moved, self._take_out(key))
            del self.records[key], self._orders[key]
        for key, record in changed.items():
            order = self.order(record)
            known = key in self.records
            self.records[key] = record
            self._strips.pop(key, None)
            stays = known and self._orders[key] == order and self._find(key) is not None
            if stays and self._passes(record):
                dirty.append(key)
                continue
            if known:
                first_moved = min(first_moved, self._take_out(key))
            self._orders[key] = order
            if self._passes(record):
                moved.append((order, key))
        first_moved = min(first_moved, self._put_in(moved))
        self._settle()
        self._paint(first_moved, count, dirty)
        return before != "" and self.selected != before

    def filter(self, text: str) -> None:
        """Show only the rows that have all words of `text`; an empty text shows all."""
        self.wanted = text.strip()
        self._rows = sorted((self._orders[key], key) for key, record in self.records.items() if self._passes(record))
        self._settle()
        self._paint(0, -1, ())

    def select(self, key: str) -> bool:
        """Select a row by its key; False when it is not shown."""
        index = self._find(key)
        if index is not None:
            self._go(index)
        return index is not None

    def _passes(self, record: R) -> bool:
        if not self.wanted:
            return True
        words = self.words(record).lower()
        return all(word in words for word in self.wanted.lower().split())

    def _find(self, key: str) -> int | None:
        if key not in self._orders:
            return None
        entry = (self._orders[key], key)
        index = bisect_left(self._rows, entry)
        return index if index < len(self._rows) and self._rows[index] == entry else None

    def _take_out(self, key: str) -> int:
        index = self._find(key)
        self._strips.pop(key, None)
        if index is None:
            return len(self._rows)
        del self._rows[index]
        return index

    def _put_in(self, entries: list[Entry]) -> int:
        if len(entries) >= BULK:
            self._rows = sorted([*self._rows, *entries])
            return 0
        first = len(self._rows) + len(entries)
        for entry in entries:
            index = bisect_left(self._rows, entry)
            self._rows.insert(index, entry)
            first = min(first, index)
        return first

    def _settle(self) -> None:
        """Keep the selection on its key; only when that row is gone does it go to the one that took its place."""
        self.virtual_size = Size(0, len(self._rows))
        index = self._find(self.selected)
        if index is not None:
            shift = index - self._cursor
            self._cursor = index
            if shift and self.scroll_offset.y:
                self.scroll_to(y=self.scroll_offset.y + shift, animate=False, force=True)
            return
        self._cursor = max(0, min(self._cursor, len(self._rows) - 1))
        self.selected = self._rows[self._cursor][1] if self._rows else ""

    def _paint(self, first_moved: int, count: int, dirty: Iterable[str]) -> None:
        narrowed = f"· /{one_line(self.wanted)} shows {len(self._rows)}" if self.wanted else ""
        title = f" {' '.join(filter(None, (self.NAME, self.summary(), narrowed)))} "
        if title != self._title:
            self._title = title
            self.border_title = Content(title)
        if len(self._rows) != count:
            first_moved = min(first_moved, len(self._rows), max(count, 0))
        if first_moved < max(count, len(self._rows)) or count < 0:
            top = max(0, first_moved - self.scroll_offset.y)
            self.refresh(Region(0, top, self.size.width, max(0, self.size.height - top)))
        for key in dirty:
            index = self._find(key)
            if index is not None:
                self._refresh_row(index)

    def _refresh_row(self, index: int) -> None:
        y = index - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _go(self, index: int) -> None:
        if not self._rows:
            return
        index = max(0, min(index, len(self._rows) - 1))
        old, self._cursor = self._cursor, index
        self.selected = self._rows[index][1]
        self._refresh_row(old)
        self._refresh_row(index)
        self.scroll_to_region(Region(0, index, 1, 1), animate=False, force=True)
        # Not from pane to pane: the screen is to know of it before it paints the row, so that both come in one frame.
        self.screen.post_message(self.Moved(self))

    def action_step(self, by: int) -> None:
        """Move the selection by some rows."""
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the selection by some pages."""
        self._go(self._cursor + by * max(1, self.size.height - 1))

    def action_edge(self, last: int) -> None:
        """Move the selection to the first row or the last."""
        self._go(len(self._rows) - 1 if last else 0)

    def on_click(self, event: events.Click) -> None:
        """Select the row under the pointer; a double click opens it."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < len(self._rows):
            self._go(index)
            if event.chain == 2:
                self.post_message(self.Opened(self))

    def on_focus(self) -> None:
        """Show the selection in its strong form."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Show the selection in its weak form."""
        self._refresh_row(self._cursor)

    def notify_style_update(self) -> None:
        """Forget what was drawn in the old colours."""
        super().notify_style_update()
        self._strips.clear()
        self._ground = None

    def render_line(self, y: int) -> Strip:
        """Draw one row of the screen."""
        width = self.size.width
        base = self._ground = self._ground or self.rich_style
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            hint = self.NOTHING if index == 0 and not self.records else "No row has these words." if index == 0 else ""
            return Strip([Segment(" " + fit(hint, width - 1), base + self._tone(Tone.DIM))], width)
        key = self._rows[index][1]
        chosen = key == self.selected
        if chosen:
            name = "live-table--cursor" if self.has_focus else "live-table--cursor-blurred"
            base += self.get_component_rich_style(name, partial=True)
        marker = Strip([Segment("▸" if chosen else " ")], 1)
        return Strip.join([marker, self._strip(key, width - 1)]).apply_style(base)

    def _strip(self, key: str, width: int) -> Strip:
        if width != self._strips_width:
            self._strips.clear()
            self._strips_width = width
        strip = self._strips.get(key)
        if strip is None:
            segments = []
            cells = self.cells(self.records[key])
            for cell, column, room in zip(cells, self.COLUMNS, widths(self.COLUMNS, width), strict=True):
                if room:
                    text = fit(cell.text, room, right=column.number)
                    segments += [Segment(text, self._tone(cell.tone)), Segment(" ")]
            strip = Strip(segments).adjust_cell_length(width)
            self._strips[key] = strip
        return strip

    def _tone(self, tone: Tone) -> Style:
        return tone_style(self, tone)
