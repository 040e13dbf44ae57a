"""Lines of foreign text that scroll: a log's tail, a diff, a description."""

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from state.text import clean
from widgets.cells import TONE_CLASSES, Cell, Tone, tone_css, tone_style

_GAP = re.compile(r"^ +|  +")
MAX_LINES = 5_000
TAB = 4


class TextView(ScrollView, can_focus=True):
    """Shows lines, each with one tone. Only the lines on the screen are ever drawn.

    While `follow` is on, its end stays in sight; scrolling up stops that, scrolling to the end starts it again.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    DEFAULT_CSS = """
    TextView {
        overflow-x: auto; overflow-y: auto; scrollbar-size: 1 1;
        &:focus { background-tint: $foreground 3%; }
    }
    """ + tone_css("TextView")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "Up", show=False),
        Binding("down", "scroll_down", "Down", show=False),
        Binding("left", "scroll_left", "Left", show=False),
        Binding("right", "scroll_right", "Right", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "Start", show=False),
        Binding("end", "scroll_end", "End", show=False),
    ]

    def __init__(
        self, *, wrap: bool = False, follow: bool = False, max_lines: int = MAX_LINES, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.follow = follow
        self._wrap = wrap
        self._max_lines = max_lines
        self._lines: list[Cell] = []
        self._rows = self._lines
        self._widest = 0
        self._ground: Style | None = None

    def notify_style_update(self) -> None:
        """Forget the old colours."""
        super().notify_style_update()
        self._ground = None

    @property
    def text(self) -> str:
        """All that it shows, without control sequences."""
        return "\n".join(line.text for line in self._lines)

    @property
    def at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.scroll_offset.y >= self.max_scroll_y

    def show(self, lines: Iterable[Cell], *, keep_place: bool = False) -> None:
        """Show these lines instead; from the top, or the end when following, unless the place is kept."""
        fresh = [_harmless(line) for line in lines]
        if keep_place and fresh == self._lines:
            return
        self._lines = fresh[-self._max_lines :]
        self._lay_out()
        if self.follow and not keep_place:
            self.scroll_end(animate=False, immediate=True, force=True)
        elif not keep_place:
            self.scroll_home(animate=False, immediate=True, force=True)

    def append(self, lines: Sequence[Cell]) -> None:
        """Add lines at the end; the oldest go when there are too many."""
        if not lines:
            return
        stay = self.follow and self.at_end
        fresh = [_harmless(line) for line in lines]
        top = len(self._lines)
        self._lines += fresh
        too_many = max(0, len(self._lines) - self._max_lines)
        del self._lines[:too_many]
        if self._wrap:
            self._lay_out()
        else:
            # The width only grows: finding it anew among all lines would cost more than drawing them.
            self._widest = max(self._widest, *(cell_len(line.text) for line in fresh))
            self.virtual_size = Size(self._widest, len(self._lines))
            y = 0 if too_many else max(0, top - self.scroll_offset.y)
            if y < self.size.height:
                self.refresh(Region(0, y, self.size.width, self.size.height - y))
        if stay:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        elif too_many:
            self.scroll_to(y=max(0, self.scroll_offset.y - too_many), animate=False, force=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of rows that the lines take in this width."""
        if not self._wrap or width <= 0:
            return len(self._lines)
        return sum(len(_wrapped(line, width)) for line in self._lines)

    def on_resize(self) -> None:
        """Wrap anew for another width."""
        if self._wrap:
            self._lay_out()

    def watch_show_vertical_scrollbar(self) -> None:
        """Wrap anew beside the scroll bar, or without it."""
        if self._wrap and self.is_mounted:
            self.call_later(self._lay_out)

    def _lay_out(self) -> None:
        # `size` has the scroll bar's column in it.
        width = self.scrollable_content_region.width
        if self._wrap and width:
            self._rows = [row for line in self._lines for row in _wrapped(line, width)]
            self._widest = 0
        else:
            self._rows = self._lines
            self._widest = max((cell_len(line.text) for line in self._lines), default=0)
        self.virtual_size = Size(self._widest, len(self._rows))
        if self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row of the screen."""
        left, top = self.scroll_offset
        width = self.size.width
        base = self._ground = self._ground or self.rich_style
        if y + top >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[y + top]
        style = base + self._tone(row.tone)
        strip = Strip([Segment(text, style + extra) for text, extra in self._marked(row.text, y + top)])
        return strip.crop_extend(left, left + width, base).apply_offsets(left, y + top)

    def _marked(self, text: str, row: int) -> list[tuple[str, Style]]:
        """Return a row's text in up to three pieces, the one that the pointer has marked in its own style."""
        span = self.text_selection.get_span(row) if self.text_selection else None
        if span is None:
            return [(text, Style())]
        start, end = span
        end = len(text) if end < 0 else end
        mark = self.screen.get_component_rich_style("screen--selection", partial=True)
        return [(text[:start], Style()), (text[start:end], mark), (text[end:], Style())]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return what the pointer has marked, and what joins it to the next widget's."""
        return selection.extract("\n".join(row.text for row in self._rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is marked."""
        self.refresh()

    def _tone(self, tone: Tone) -> Style:
        return tone_style(self, tone)


def diff_lines(text: str) -> list[Cell]:
    """Return a unified diff's lines with what each one means."""
    return [Cell(line, _diff_tone(line)) for line in text.split("\n")]


def _diff_tone(line: str) -> Tone:
    if line.startswith(
        ("+++", "---", "diff ", "index ", "new file", "deleted file", "rename ", "old mode", "new mode")
    ):
        return Tone.STRONG
    if line.startswith("@@"):
        return Tone.BUSY
    return {"+": Tone.ADDED, "-": Tone.REMOVED}.get(line[:1], Tone.PLAIN)


def _harmless(line: Cell) -> Cell:
    return Cell(clean(line.text.expandtabs(TAB)).replace("\n", " "), line.tone)


def _wrapped(line: Cell, width: int) -> list[Cell]:
    """Break a line between words where it can, and go on below its last column; widths in cells."""
    text = line.text
    if cell_len(text) <= width:
        return [line]
    head = _head(text, width // 2)
    indent = " " * cell_len(head)
    rows: list[str] = []
    row = head
    for word in text[len(head) :].split():
        for piece in chop_cells(word, max(1, width - len(indent))) or [""]:
            joined = piece if len(row) == len(head) else f" {piece}"
            if cell_len(row + joined) > width and len(row) > len(head):
                rows.append(row)
                head = row = indent
                joined = piece
            row += joined
    return [Cell(row, line.tone) for row in [*rows, row]]


def _head(text: str, most: int) -> str:
    """Return what stands before the last column that begins within so many cells: the indent, or a name and a gap."""
    ends = [found.end() for found in _GAP.finditer(text) if cell_len(text[: found.end()]) <= most]
    return text[: ends[-1]] if ends else ""
