"""The main screen: four live panes, the details of what is selected, and the keys."""

import asyncio
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from console.actions import ACTIONS
from console.bridge import Changes
from console.link import Ports
from console.screens import story
from console.screens.feed import Feed
from console.screens.subject import Kind, Subject, resolve, shown_build
from engine.clock import Clock
from state.files import Workspace
from state.model import task as t
from state.model.build import Running
from state.model.view import View
from widgets.anomalies import AnomaliesPane
from widgets.builds import ActiveBuild, BuildsPane
from widgets.cells import Cell
from widgets.detail import Body, DetailPane
from widgets.escalations import EscalationsPane
from widgets.filter_bar import FilterBar
from widgets.key_bar import Hint, KeyBar
from widgets.live_table import LiveTable
from widgets.queue import ACTIVE, QueuePane
from widgets.status_line import StatusLine

UNSETTLED_S = 0.5
"""A key within this time after the selection had to move by itself is not taken as an answer to the new row."""
TURNS = 4
"""After so many turns of the loop each pane has told the screen which of its rows changed."""
AGAIN_S = 5.0
"""How often the details of a running build say anew how long it has run, be it ever so silent."""
WAITING = (t.Queued, t.Held, t.AwaitingApproval, t.Retrying)


class Deck(Screen[None]):
    """Shows the mirror. What the operator wants done goes to the app as `Wanted`."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-medium"), (160, "-wide")]
    DEFAULT_CSS = """
    Deck { layout: vertical; overflow: hidden; }
    Deck #middle { height: 1fr; }
    Deck #lists { height: 1fr; width: 1fr; }
    Deck #queue { height: 7fr; } Deck #builds { height: 5fr; }
    Deck #escalations { height: 5fr; } Deck #anomalies { height: 3fr; }
    Deck DetailPane { width: 1fr; height: 1fr; }
    Deck.-narrow DetailPane { display: none; }
    Deck.-narrow.-details DetailPane { display: block; }
    Deck.-narrow.-details #lists { display: none; }
    Deck.-medium #middle { layout: horizontal; }
    Deck.-medium DetailPane, Deck.-wide DetailPane { border-left: solid $panel-lighten-2; }
    Deck.-wide #middle { layout: horizontal; }
    Deck.-wide #lists { layout: grid; grid-size: 2 2; grid-rows: 3fr 2fr; width: 5fr; }
    Deck.-wide #lists > LiveTable { height: 100%; }
    Deck.-wide DetailPane { width: 4fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(action.key, f"want('{action.name}')", action.help, show=False) for action in ACTIONS),
        Binding("escape", "back", "Back", show=False),
    ]

    class Wanted(Message):
        """The operator pressed the key of an action."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self, workspace: Workspace, ports: Ports, clock: Clock, view: View, *, hosted: bool) -> None:
        super().__init__()
        self.workspace = workspace
        self.view = view
        self.drawn: Subject | None = None
        """What was selected when the screen was last painted: the only thing that an answer can be about."""
        self._ports = ports
        self._clock = clock
        self._hosted = hosted
        self._settled_at = 0.0
        self._table: LiveTable[Any]
        self._told: Subject | None = None
        self._body: Body | None = None

    def compose(self) -> ComposeResult:
        """Lay out the status, the lists with the details, the filter and the keys."""
        yield StatusLine(self.workspace.root.name, hosted=self._hosted, now=self._clock.now, id="status")
        with Container(id="middle"):
            with Container(id="lists"):
                yield QueuePane(self._ports.rank, id="queue")
                yield BuildsPane(id="builds")
                yield EscalationsPane(id="escalations")
                yield AnomaliesPane(id="anomalies")
            yield DetailPane(id="detail")
        yield FilterBar()
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Start with the queue, which is what an operator looks for first."""
        self._queue = self.query_one(QueuePane)
        self._builds = self.query_one(BuildsPane)
        self._escalations = self.query_one(EscalationsPane)
        self._anomalies = self.query_one(AnomaliesPane)
        self._detail = self.query_one(DetailPane)
        self._table = self._queue
        self._kinds: dict[LiveTable[Any], Kind] = {
            self._queue: Kind.TASK,
            self._builds: Kind.BUILD,
            self._escalations: Kind.ESCALATION,
            self._anomalies: Kind.ANOMALY,
        }
        self._queue.focus()
        self._feed = Feed(self._detail, self.workspace, self._ports)
        self._retell()
        self.set_interval(AGAIN_S, self._tell_time)

    @property
    def subject(self) -> Subject | None:
        """What is selected at this moment."""
        return resolve(self._kinds[self._table], self._table.selected, self.view)

    @property
    def settled(self) -> bool:
        """Whether the selection has stood still long enough to be answered."""
        return self._clock.monotonic() >= self._settled_at

    @property
    def busy(self) -> int:
        """How many builds take a slot."""
        return sum(active.build.occupies for active in self._builds.records.values())

    @property
    def questions(self) -> int:
        """How many questions wait for the operator."""
        return len(self._escalations.records)

    def take(self, changes: Changes, view: View) -> None:
        """Bring the panes up to date."""
        first = self.view.number == 0 and not self._queue.records
        self.view = view
        moved = self._table if self._update_lists(changes) else None
        if moved is not None:
            self._settled_at = self._clock.monotonic() + UNSETTLED_S
        self.query_one(StatusLine).show(view.engine, view.control, self.busy, self.questions)
        if first and self.questions and self.focused is self._queue:
            self._escalations.focus()
        self._retell()

    def _update_lists(self, changes: Changes) -> bool:
        """Hand each pane what concerns it; True when the current pane's selection had to move."""
        view = self.view
        active = {
            key: ActiveBuild(view.builds[key], view.progress.get(key))
            for key in {*changes.builds, *changes.progress}
            if key in view.builds and not view.builds[key].over
        }
        waiting = {key: task for key, task in changes.tasks.items() if not isinstance(task.state, ACTIVE)}
        asking = {key: escalation for key, escalation in changes.escalations.items() if escalation.open}
        moved = {
            self._queue: self._queue.update_rows(waiting, changes.tasks.keys() - waiting.keys()),
            self._builds: self._builds.update_rows(active, changes.builds.keys() - active.keys()),
            self._escalations: self._escalations.update_rows(asking, changes.escalations.keys() - asking.keys()),
            self._anomalies: self._anomalies.update_rows(changes.anomalies),
        }
        return moved[self._table]

    def _retell(self) -> None:
        """Bring details and keys in line with what is selected, and note it as drawn once it has been painted."""
        subject = self.subject
        same = self._told is not None and subject is not None and subject[:2] == self._told[:2]
        if not same:
            self._body = None
        self._told = subject
        if subject is None:
            self._detail.show_facts("Details", [Cell("Nothing is selected.")], same=False)
            self._feed.choose(Body.NONE, None)
        else:
            self._tell(subject, same=same)
        self._show_keys(subject)
        self.call_next(self._paint, subject)

    async def _paint(self, subject: Subject | None) -> None:
        """Have one frame show the selection with its details, and take note once it has been painted."""
        # The screen paints once it is idle, which it is not while this waits for the panes to hand in their parts.
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self.call_after_refresh(self._painted, subject)

    def _painted(self, subject: Subject | None) -> None:
        self.drawn = subject

    def _tell(self, subject: Subject, *, same: bool) -> None:
        task = self.view.tasks.get(subject.label)
        build = shown_build(subject, self.view)
        findings = self._ports.explain(task, self.view) if task and isinstance(task.state, WAITING) else ()
        lines = story.tell(subject, self.view, build, findings, self._clock.now())
        self._detail.show_facts(story.title(subject, self.view), lines, same=same)
        body = self._body or (Body.DIFF if subject.state == "awaiting_review" else Body.LOG)
        self._feed.choose(body, build)

    def _tell_time(self) -> None:
        subject = self.subject
        build = shown_build(subject, self.view) if subject is not None else None
        if self.is_current and subject is not None and build is not None and isinstance(build.state, Running):
            self._tell(subject, same=True)

    def _show_keys(self, subject: Subject | None) -> None:
        self.query_one(KeyBar).show(
            [
                Hint(action.name, action.label, action.words(self.view), not action.blocked(subject, self.view))
                for action in ACTIONS
            ]
        )

    def want_body(self, body: Body) -> None:
        """Show the log or the diff of what is selected; in a narrow window, open the details for it."""
        self._body = body
        self.add_class("-details")
        self.call_after_refresh(self._retell)

    def open_details(self) -> None:
        """Open the details where they are hidden, and go into them."""
        self.add_class("-details")
        self.call_after_refresh(self._retell)
        view = {Body.NONE: self._detail.facts, Body.LOG: self._detail.log_view, Body.DIFF: self._detail.diff_view}
        self.call_after_refresh(view[self._detail.body].focus)

    def on_resize(self) -> None:
        """Another width may show or hide the details."""
        if self.is_mounted and self._told is not None:
            self.call_after_refresh(self._retell)

    def action_back(self) -> None:
        """Leave the details; without details, drop the list's filter."""
        inside = self._detail.has_focus_within
        if inside or self.has_class("-details"):
            self.remove_class("-details")
            self.call_after_refresh(self._table.focus)
        elif self._table.wanted:
            self._table.filter("")
            self._retell()

    def open_filter(self) -> None:
        """Ask for the words that the current list is narrowed to."""
        self.query_one(FilterBar).open(self._table.NAME, self._table.wanted)

    def action_want(self, name: str) -> None:
        """Pass on what the operator wants."""
        self.post_message(self.Wanted(name))

    def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        """A click on a key's hint is as good as the key."""
        self.post_message(self.Wanted(event.name))

    def on_filter_bar_narrowed(self, event: FilterBar.Narrowed) -> None:
        """Narrow the list to the words."""
        self._table.filter(event.text)
        if event.done:
            self.query_one(FilterBar).close()
            self._table.focus()
        self._retell()

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Tell of the newly selected row."""
        if event.table is self._table:
            self._retell()

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """A double click opens the details."""
        self.open_details()

    def on_descendant_focus(self, event: Any) -> None:
        """Tell of the selection of the list that got the focus."""
        widget: Widget = event.widget
        if isinstance(widget, LiveTable) and widget is not self._table and self.query_one("#lists").display:
            self._table = widget
            self._retell()
