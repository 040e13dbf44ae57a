"""The screen of the restore points: make one, or go back to one."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.link import Ports
from console.screens.dialogs import CANCEL, Choice, Dialog
from console.screens.page import Page
from engine.clock import Clock
from state.errors import MidwatchError
from state.model.brakes import figure
from state.model.brakes.safekeeping import Snapshot
from state.model.view import View
from state.text import clean
from widgets import words
from widgets.cells import Cell, Column, Tone
from widgets.key_bar import Hint
from widgets.live_table import LiveTable
from widgets.text_view import TextView

LOOK_S = 5.0
"""How often at most the list is read anew while other things change."""
MEANING = (
    "What is there now becomes a snapshot first, so this can be taken back.",
    "The files that it knows are put back; later ones are left alone. What was wanted comes back, and what has "
    "happened stays: a task that is done stays done, merged commits stay merged.",
    "Nothing starts afterwards before you resume, with p in the lists.",
)


class SnapshotsPane(LiveTable[Snapshot]):
    """Restore points, the newest first."""

    NAME = "Snapshots"
    NOTHING = "There is none: c makes one, and [schedules] defaults = true one each hour."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(15),
        Column(16),
        Column(7),
        Column(9, 1, number=True),
        Column(9, 1, number=True),
        Column(10, 6),
    )

    def order(self, record: Snapshot) -> Any:
        """Sort by the moment, the latest first."""
        return -record.at.timestamp()

    def cells(self, record: Snapshot) -> tuple[Cell, ...]:
        """Show id, moment, kind, how many files, how large, and why."""
        whole = not record.troubles
        return (
            Cell(record.id, Tone.STRONG if whole else Tone.WARN),
            Cell(words.moment(record.at)[:-3]),
            Cell(record.kind, Tone.DIM),
            Cell(f"{record.files:,} files", Tone.DIM),
            Cell(figure.said("_bytes", record.bytes), Tone.DIM),
            Cell("; ".join(filter(None, (record.why, *record.troubles))), Tone.PLAIN if whole else Tone.WARN),
        )


class SnapshotsScreen(Page):
    """Lists the restore points."""

    DEFAULT_CSS = """
    SnapshotsScreen SnapshotsPane { height: 1fr; }
    SnapshotsScreen TextView { height: 8; border-top: solid $panel-lighten-2; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "create", "Make one", show=False),
        Binding("enter,r", "restore", "Go back", show=False),
        Binding("escape,q,B", "dismiss", "Back", show=False),
    ]

    def __init__(self, workspace: str, ports: Ports, clock: Clock, *, hosted: bool) -> None:
        super().__init__(workspace, ports, clock, hosted=hosted)
        self._view = View(at=clock.now())
        self._looked_at = float("-inf")
        self._number = -1
        self._doing = ""

    def body(self) -> ComposeResult:
        """Lay out the list, and what the selected one means below it."""
        yield SnapshotsPane(id="snapshots")
        yield TextView(wrap=True, id="snapshot")

    def on_mount(self) -> None:
        """Begin with the list."""
        self._pane = self.query_one(SnapshotsPane)
        self._pane.focus()
        self._tell()

    def take(self, view: View, busy: int, questions: int) -> None:
        """Take the latest facts; a snapshot that a schedule made meanwhile is found."""
        super().take(view, busy, questions)
        self._view = view
        now = self._clock.monotonic()
        if view.number != self._number and now >= self._looked_at + LOOK_S:
            self._number, self._looked_at = view.number, now
            self._read()
        self._tell()

    def _read(self) -> None:
        self.run_worker(self._fill(), name="the snapshots", group="snapshots", exclusive=True, exit_on_error=False)

    async def _fill(self) -> None:
        try:
            found = await asyncio.to_thread(self._ports.snapshots)
        except (MidwatchError, OSError) as error:
            self._say(f"The snapshots cannot be read: {error}", failed=True)
            return
        present = {one.id: one for one in found}
        known = self._pane.records
        fresh = {key: one for key, one in present.items() if known.get(key) != one}
        self._pane.update_rows(fresh, [key for key in known if key not in present])
        self._tell()

    def why_not_restore(self) -> str:
        """Return why nothing can be restored now, in words; empty when it can."""
        if self._doing:
            return f"{self._doing}: wait until that is done."
        if self._pane.record is None:
            return "There is no snapshot to go back to: c makes one."
        running = [build.id for build in self._view.builds.values() if build.occupies]
        if running:
            return f"{', '.join(running)} still run: wait for them, or end them with k in the lists."
        return ""

    def _tell(self) -> None:
        why_not = self.why_not_restore()
        lines = [Cell(f"{self._doing} …", Tone.BUSY)] if self._doing else []
        if (one := self._pane.record) is not None:
            until = f", with the record up to entry {one.seq}" if one.seq else ""
            lines += [Cell(f"{one.id}, made by {one.by.removeprefix('operator:')}{until}", Tone.STRONG)]
            lines += [Cell(trouble, Tone.WARN) for trouble in one.troubles]
            lines += [Cell(f"Not now: {why_not}", Tone.WARN)] if why_not and not self._doing else []
            lines += [Cell(line, Tone.DIM) for line in MEANING]
        self.query_one("#snapshot", TextView).show(lines, keep_place=True)
        self.show_keys(
            Hint("create", "c", "make one", possible=not self._doing),
            Hint("restore", "⏎", "go back to it", possible=not why_not),
        )

    def action_create(self) -> None:
        """Make a snapshot now."""
        if self._doing:
            self._say(f"{self._doing}: wait until that is done.", failed=True)
            return
        self._begin("Making a snapshot", lambda: self._ports.make_snapshot("from the console"))

    def action_restore(self) -> None:
        """Go back to the selected one, once that was confirmed."""
        if why_not := self.why_not_restore():
            self._say(why_not, failed=True)
        elif (one := self._pane.record) is not None:
            self.run_worker(self._ask(one), name="restore", exit_on_error=False)

    async def _ask(self, one: Snapshot) -> None:
        joined = "\n".join(MEANING)
        text = f"Made {words.moment(one.at)}: {one.files:,} files, {one.bytes:,} bytes.\n\n{joined}"
        choices = (CANCEL, Choice("yes", "Go back", risky=True))
        if await self.app.push_screen_wait(Dialog(f"Go back to {one.id}?", text, choices)) == "yes":
            if why_not := self.why_not_restore():
                self._say(why_not, failed=True)
            else:
                self._begin(f"Going back to {one.id}", lambda: self._ports.go_back(one.id))

    def _begin(self, what: str, work: Callable[[], str]) -> None:
        # Kept by the app: closing this page must not cut it off from telling what came of it.
        self._doing = what
        self._tell()
        self.app.run_worker(self._work(work), name=what, exit_on_error=False)

    async def _work(self, work: Callable[[], str]) -> None:
        try:
            self._say(await asyncio.to_thread(work))
        except (MidwatchError, OSError) as error:
            self._say(str(error), failed=True)
        finally:
            self._doing = ""
            if self.is_mounted:
                self._read()

    def _say(self, text: str, *, failed: bool = False) -> None:
        self.app.notify(clean(text, lines=True), severity="warning" if failed else "information", markup=False)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Tell of the newly selected one."""
        self._tell()
