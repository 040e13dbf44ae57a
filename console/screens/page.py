"""A screen over the deck: the status above, the keys below, between them what the page is about."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from console.link import Ports
from console.screens.subject import Subject
from engine.clock import Clock
from state.model.view import View
from widgets.key_bar import Hint, KeyBar
from widgets.status_line import StatusLine


class Page(Screen[None]):
    """What all of them share. The kill switch goes to the app as `Switch`."""

    DEFAULT_CSS = """
    Page { layout: vertical; overflow: hidden; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("K", "switch", "The kill switch", show=False),
        Binding("question_mark", "help", "All keys", show=False),
    ]

    WAY_OUT: ClassVar[str] = "dismiss"
    """The action that leads back to the deck."""

    class Switch(Message):
        """The operator wants the kill switch."""

    class Wanted(Message):
        """The operator wants an action done, on an entry of the record where it is about one."""

        def __init__(self, name: str, entry: Subject | None = None) -> None:
            self.name = name
            self.entry = entry
            super().__init__()

    def __init__(self, workspace: str, ports: Ports, clock: Clock, *, hosted: bool) -> None:
        super().__init__()
        self._workspace = workspace
        self._ports = ports
        self._clock = clock
        self._hosted = hosted
        self.hints: tuple[Hint, ...] = ()
        """The page's own keys."""

    def compose(self) -> ComposeResult:
        """Lay out the status, the page's own widgets and the keys."""
        yield StatusLine(self._workspace, hosted=self._hosted, now=self._clock.now)
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """Lay out what the page is about."""
        raise NotImplementedError

    def take(self, view: View, busy: int, questions: int) -> None:
        """Take the latest facts: the view, how many builds take a slot, how many questions wait."""
        self.query_one(StatusLine).show(view.engine, view.control, busy, questions)

    def changed(self) -> None:
        """A task, build or schedule changed, and not only its progress."""

    def show_keys(self, *hints: Hint) -> None:
        """Show the page's keys before those that each page has; one without an action of its name only tells."""
        self.hints = hints
        self.query_one(KeyBar).show(
            [
                *hints,
                Hint("switch", "K", "kill switch", possible=True),
                Hint("help", "?", "help", possible=True),
                Hint(self.WAY_OUT, "Esc", "back", possible=True),
            ]
        )

    def action_switch(self) -> None:
        """The kill switch is within reach everywhere."""
        self.post_message(self.Switch())

    def action_help(self) -> None:
        """All keys, also from here."""
        self.post_message(self.Wanted("help"))

    async def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        """A click on a key's hint is as good as the key, where there is one."""
        await self.run_action(event.name)
