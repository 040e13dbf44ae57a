"""The Textual application: what the operator wants, done."""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

import msgspec
from textual.app import App, SystemCommand
from textual.events import Event, InputEvent
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from console.actions import ACTIONS, BY_NAME, Action, Question
from console.bridge import Bridge, Changes
from console.driver import PatientDriver
from console.link import Link, Ports
from console.screens import story
from console.screens.back.snapshots import SnapshotsScreen
from console.screens.deck import Deck
from console.screens.dialogs import CANCEL, AskWhy, Choice, Dialog
from console.screens.help import Help
from console.screens.page import Page
from console.screens.record import RecordScreen
from console.screens.schedules import SchedulesScreen
from console.screens.subject import Subject
from console.screens.week import WeekScreen
from console.theme import MIDWATCH
from engine.clock import Clock, SystemClock
from state.errors import MidwatchError
from state.files import Workspace
from state.model.command import Command, KillAll, Present, Reply
from state.text import clean
from widgets.detail import Body
from widgets.text_view import TextView

_log = logging.getLogger(__name__)
_OTHER_HOSTS = re.compile(r"@font-face\s*\{[^}]*\}|<!--.*?-->", re.DOTALL)

REPLY_S = 10.0
"""How long an engine may take to answer before the operator is told that it does not."""
PRESENCE_S = 60.0
"""How often at most the engine is told that the operator touches keys."""
STOP_REPLY_S = 2.0
"""The same for the kill switch, after which the console stops everything without the engine."""


class Why(StrEnum):
    """Why the screen ended, and so what is to become of the process."""

    QUIT = "quit"
    """The operator left and nothing of this process is needed any more."""
    HEADLESS = "headless"
    """The operator left; the engine goes on without a screen."""
    DRAIN = "drain"
    """The operator left; nothing more starts, and the process ends with the last running build."""
    LOST = "lost"
    """The terminal is gone: as headless, and nothing may be written to it."""
    TERMINATED = "terminated"
    """Asked to end by SIGTERM."""


class Leave(NamedTuple):
    """The console's result."""

    kind: Why


class Midwatch(App[Leave]):
    """The console over one engine's link."""

    TITLE = "Midwatch"

    def __init__(
        self,
        link: Link,
        workspace: Workspace,
        ports: Ports,
        *,
        actor: str,
        clock: Clock | None = None,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        """`settled` is called once, as soon as everything that there is has been painted for the first time."""
        super().__init__(driver_class=PatientDriver, watch_css=False)
        self.terminal_lost = False
        """Whether the terminal is gone, so that nothing must be written to it any more."""
        clock = clock or SystemClock()
        self._settled: Callable[[], None] | None = settled
        self._tell_presence_at = float("-inf")
        self._ports = ports
        self._clock = clock
        self._bridge = Bridge(link, actor=actor, clock=clock, on_change=self._take)
        self._sent: set[tuple[str, str]] = set()
        self.deck = Deck(workspace, ports, clock, self._bridge.view, hosted=link.hosted)
        self.register_theme(MIDWATCH)
        self.theme = MIDWATCH.name

    def get_default_screen(self) -> Screen[Any]:
        """Begin with the deck."""
        return self.deck

    def on_mount(self) -> None:
        """Begin to mirror once there are panes to show it."""
        self.deck.call_after_refresh(self._bridge.start)

    def on_unmount(self) -> None:
        """Stop mirroring."""
        self._bridge.close()

    async def on_event(self, event: Event) -> None:
        """Take note that somebody is there, then handle it as ever."""
        if isinstance(event, InputEvent):
            self._note_presence()
        await super().on_event(event)

    def _note_presence(self) -> None:
        """Tell an engine that goes by the kind of time that the operator is at the console, now and then."""
        now = self._clock.monotonic()
        if self._bridge.view.engine.situation is not None and now >= self._tell_presence_at:
            self._tell_presence_at = now + PRESENCE_S
            self._start(self._tell_presence(), "presence")

    async def _tell_presence(self) -> None:
        await self._answer_to(Present(), REPLY_S)

    def _take(self, changes: Changes) -> None:
        self.deck.take(changes, self._bridge.view)
        if self._settled is not None:
            self.deck.call_after_refresh(self._settled)
            self._settled = None
        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.is_mounted:
                screen.take(self._bridge.view, self.deck.busy, self.deck.questions)
                if changes.tasks or changes.builds or changes.schedules:
                    screen.changed()

    def on_deck_wanted(self, event: Deck.Wanted) -> None:
        """Do what the key stands for, or say why that is not possible now."""
        self.act(event.name)

    def act(self, name: str, entry: Subject | None = None) -> None:
        """Carry out one action on an entry of the record, or else on what was drawn when it was asked for."""
        action = BY_NAME[name]
        subject = entry or self.deck.drawn
        # An entry never changes, and its question names it.
        why_not = self._unlike_drawn(subject) if action.answers and entry is None else ""
        why_not = why_not or action.blocked(subject, self._bridge.view)
        if why_not:
            self._say(why_not, "warning")
        elif action.command is None:
            getattr(self, f"_do_{name}")(subject)
        else:
            self._start(self._carry_out(action, subject), name)

    def _unlike_drawn(self, drawn: Subject | None) -> str:
        """Return why an answer to what was drawn would not be an answer to what is there now; empty when it is."""
        present = self.deck.subject
        if drawn == present and self.deck.settled:
            return ""
        if present is None:
            return "What was selected is gone: nothing was done."
        if drawn is not None and drawn[:2] == present[:2] and drawn != present:
            return f"{present.label} has changed since it was drawn: look again, then press again."
        return f"The selection has just moved to {present.label or 'another row'}: look, then press again."

    async def _carry_out(self, action: Action, subject: Subject | None) -> None:
        asked = (action.name, subject.key if subject and action.answers else "")
        if asked in self._sent:
            return
        self._sent.add(asked)
        try:
            view = self._bridge.view
            assert action.command is not None
            # Made before any dialog: it stays bound to what was drawn, whatever happens while the dialog is open.
            command = action.command(subject, view, "")
            if action.confirm is not None:
                question = action.confirm(subject, view)
                if action.look_ahead is not None:
                    told = await self._looked_ahead(action.look_ahead(subject, view))
                    if told is None:
                        return
                    question = question._replace(text=told)
                if not await self._confirmed(question):
                    return
            if action.asks_why:
                assert subject is not None
                why = await self.push_screen_wait(AskWhy(f"Deny {subject.label}?", story.title(subject, view)))
                if why is None:
                    return
                command = msgspec.structs.replace(command, why=why)
            await self._submit(command)
        finally:
            self._sent.discard(asked)

    async def _confirmed(self, question: Question) -> bool:
        choices = (CANCEL, Choice("yes", question.yes, risky=True))
        return await self.push_screen_wait(Dialog(question.title, question.text, choices)) == "yes"

    async def _looked_ahead(self, command: Command) -> str | None:
        """Return what the engine says that would happen; None, and the operator is told, where it says no."""
        reply, trouble = await self._answer_to(command, REPLY_S)
        if reply is not None and reply.ok:
            return reply.text
        self._say(f"{trouble} Nothing was done." if reply is None else reply.text, "warning")
        return None

    async def _submit(self, command: Command) -> None:
        stop = isinstance(command, KillAll)
        reply, trouble = await self._answer_to(command, STOP_REPLY_S if stop else REPLY_S)
        if reply is not None:
            self._say(reply.text, "information" if reply.ok else "error")
        elif stop:
            self._say(f"{trouble} Stopping everything without it.", "error")
            self._say(await asyncio.to_thread(self._ports.emergency_stop), "warning")
        else:
            self._say(f"{trouble} It may still happen: the panes will show.", "error")

    async def _answer_to(self, command: Command, timeout_s: float) -> tuple[Reply | None, str]:
        """Return the engine's reply, or why there is none; whatever is wrong with the engine ends up here."""
        try:
            future = self._bridge.submit(command)
        except (OSError, MidwatchError, RuntimeError) as error:
            return None, self._unreachable(error)
        await asyncio.wait({future}, timeout=timeout_s)
        if not future.done():
            return None, f"The engine has not answered within {timeout_s:g} s."
        if future.cancelled():
            return None, "The engine ended before it answered."
        failure = future.exception()
        return (None, self._unreachable(failure)) if failure else (future.result(), "")

    def _unreachable(self, error: BaseException) -> str:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if isinstance(error, OSError):
            self._bridge.lost(f"The engine cannot be reached: {why}. What is shown is old.")
        return f"The engine cannot be asked: {why}."

    def _do_filter(self, subject: Subject | None) -> None:
        self.deck.open_filter()

    def _do_details(self, subject: Subject | None) -> None:
        self.deck.open_details()

    def _do_log(self, subject: Subject | None) -> None:
        self.deck.want_body(Body.LOG)

    def _do_diff(self, subject: Subject | None) -> None:
        self.deck.want_body(Body.DIFF)

    def _do_copy(self, subject: Subject | None) -> None:
        marked = self.screen.get_selected_text()
        if marked:
            text, what = marked, "the marked text"
        elif isinstance(self.focused, TextView):
            text, what = self.focused.text, "the text"
        else:
            assert subject is not None
            text = subject.label or subject.key
            what = text
        self.copy_to_clipboard(text)
        self._say(f"Copied {what}.")

    def _do_schedules(self, subject: Subject | None) -> None:
        self._open(SchedulesScreen)

    def _do_week(self, subject: Subject | None) -> None:
        self._open(WeekScreen)

    def _do_record(self, subject: Subject | None) -> None:
        self._open(RecordScreen)

    def _do_snapshots(self, subject: Subject | None) -> None:
        self._open(SnapshotsScreen)

    def _open(self, kind: type[Page]) -> None:
        """Open a screen over the deck, once."""
        if self.screen is not self.deck:
            return
        screen = kind(self.deck.workspace.root.name, self._ports, self._clock, hosted=self._bridge.hosted)
        self.push_screen(screen)
        screen.call_after_refresh(lambda: screen.take(self._bridge.view, self.deck.busy, self.deck.questions))

    def on_schedules_screen_asked(self, event: SchedulesScreen.Asked) -> None:
        """Ask the engine for what the operator wants of a schedule."""
        self._start(self._submit(event.command), "schedules")

    def on_page_wanted(self, event: Page.Wanted) -> None:
        """Do what a page's key stands for, on what it shows."""
        self.act(event.name, event.entry)

    def on_page_switch(self, event: Page.Switch) -> None:
        """Ask about the kill switch from there as well."""
        self.act("switch")

    def _do_help(self, subject: Subject | None) -> None:
        screen = self.screen
        self.push_screen(Help(subject, self._bridge.view, screen.hints if isinstance(screen, Page) else ()))

    def _do_quit(self, subject: Subject | None) -> None:
        running = sum(build.occupies for build in self._bridge.view.builds.values())
        if self._bridge.hosted and running:
            self._start(self._ask_how_to_leave(running), "quit")
        else:
            self.exit(Leave(Why.QUIT))

    async def _ask_how_to_leave(self, running: int) -> None:
        if isinstance(self.screen, Dialog):
            return
        many = "A build is" if running == 1 else f"{running} builds are"
        choices = (Choice(Why.HEADLESS, "Keep going headless"), Choice(Why.DRAIN, "Stop when they are done"), CANCEL)
        text = f"{many} running, and this console hosts the engine. Keep going: a console started later attaches to it."
        answer = await self.push_screen_wait(Dialog("Builds are running", text, choices))
        if answer:
            self.exit(Leave(Why(answer)))

    async def action_quit(self) -> None:
        """Leave as the key for it does."""
        self.act("quit")

    def terminal_gone(self) -> None:
        """End the screen without asking: there is nobody to ask."""
        self.terminal_lost = True
        self.exit(Leave(Why.LOST))

    def asked_to_end(self) -> None:
        """End the screen without asking."""
        self.exit(Leave(Why.TERMINATED))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action by name, with the reason where it is not possible now."""
        for action in ACTIONS:
            why_not = action.blocked(self.deck.drawn, self._bridge.view)
            help_text = f"Not now: {why_not}" if why_not else action.help
            yield SystemCommand(
                action.words(self._bridge.view).capitalize(), clean(help_text), partial(self.act, action.name)
            )
        yield SystemCommand("Theme", "Change the colours.", self.action_change_theme)

    def _say(self, text: str, severity: SeverityLevel = "information") -> None:
        self.notify(clean(text, lines=True), severity=severity, markup=False)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.run_worker(work, name=name, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell of work that failed: nothing that goes wrong stays silent."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            _log.error("%s failed", event.worker.name, exc_info=error)
            self._say(f"{event.worker.name}: {error}", "error")


def export_picture(app: App[Any]) -> str:
    """Return what is on the screen as SVG that asks no other host for a font."""
    return _OTHER_HOSTS.sub("", app.export_screenshot(title="Midwatch"))
