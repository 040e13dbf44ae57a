"""The pane that tells everything about one thing."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from widgets.cells import Cell, one_line
from widgets.text_view import TextView, diff_lines


class Body(StrEnum):
    """What stands below the facts."""

    NONE = "none"
    LOG = "log"
    DIFF = "diff"


class DetailPane(Vertical):
    """The facts of the selected thing, and its log or its diff below them."""

    DEFAULT_CSS = """
    DetailPane {
        border-top: solid $panel-lighten-2; border-title-color: $text-muted; padding: 0 1;
        &:focus-within { border-top: heavy $accent; border-title-color: $foreground; }
        & > #facts { height: auto; max-height: 55%; }
        & > #body-title { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #log, & > #diff { height: 1fr; }
        &.-none > #facts { height: 1fr; max-height: 100%; }
        &.-none > #body-title, &.-none > #log, &.-none > #diff { display: none; }
        &.-log > #diff { display: none; }
        &.-diff > #log { display: none; }
    }
    """
    DEFAULT_CLASSES: ClassVar[str] = "-none"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.body = Body.NONE
        self._title = "Details"
        self._body_title = ""
        self.border_title = " Details "

    def compose(self) -> ComposeResult:
        """Lay out facts, the body's title, log and diff."""
        yield TextView(wrap=True, id="facts")
        yield Static(markup=False, id="body-title")
        yield TextView(follow=True, id="log")
        yield TextView(max_lines=200_000, id="diff")

    @property
    def facts(self) -> TextView:
        """The upper part."""
        return self.query_one("#facts", TextView)

    @property
    def log_view(self) -> TextView:
        """The log's tail."""
        return self.query_one("#log", TextView)

    @property
    def diff_view(self) -> TextView:
        """The diff."""
        return self.query_one("#diff", TextView)

    def show_facts(self, title: str, lines: Sequence[Cell], *, same: bool) -> None:
        """Show what is known; `same` says that it is about the same thing as before, so that the place is kept."""
        # To set it, even to what it is, has the whole pane painted and sent again.
        if title != self._title:
            self._title = title
            self.border_title = Content(f" {one_line(title)} ")
        self.facts.show(lines, keep_place=same)

    def show_body(self, body: Body, title: str) -> None:
        """Choose what stands below the facts, under a title of its own."""
        self.body = body
        for each in Body:
            self.set_class(each is body, f"-{each}")
        if title != self._body_title:
            self._body_title = title
            self.query_one("#body-title", Static).update(one_line(title))

    def show_diff(self, text: str) -> None:
        """Show a unified diff from its start."""
        self.diff_view.show(diff_lines(text))
