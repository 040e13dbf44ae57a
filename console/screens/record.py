"""The screen of the record: who decided what, the story of each decision, and whether the record is whole."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.link import Ports
from console.screens.back.taking import cannot_overrule, cannot_undo
from console.screens.page import Page
from console.screens.subject import entry
from engine.clock import Clock
from state.errors import MidwatchError
from state.journal import Decision
from state.model.view import View
from widgets import words
from widgets.cells import Cell, Column, Tone
from widgets.filter_bar import FilterBar
from widgets.key_bar import Hint
from widgets.live_table import LiveTable
from widgets.text_view import TextView

PAGE = 500
"""So many decisions are read at first, and so many more each time that the last of them is reached."""


class RecordPane(LiveTable[Decision]):
    """Decisions, the newest first."""

    NAME = "The record"
    NOTHING = "Nothing has been decided that fits."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(6, number=True),
        Column(8),
        Column(8, 1),
        Column(14, 2),
        Column(10, 2),
        Column(12, 6),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.told = ""
        """What the title says after the name."""

    def summary(self) -> str:
        """How many are listed, and by which words."""
        return self.told

    def order(self, record: Decision) -> Any:
        """Sort by the number, the latest first."""
        return -record.seq

    def cells(self, record: Decision) -> tuple[Cell, ...]:
        """Show number, time, actor, action, what it is about, and why."""
        mine = record.actor.startswith("operator:")
        return (
            Cell(str(record.seq), Tone.DIM),
            Cell(words.clock(record.at, seconds=True)),
            Cell(record.actor.removeprefix("operator:"), Tone.STRONG if mine else Tone.DIM),
            Cell(record.action.replace("_", " ")),
            Cell(record.build or record.label, Tone.STRONG),
            Cell(record.why),
        )


class RecordScreen(Page):
    """Lists decisions as they are made."""

    DEFAULT_CSS = """
    RecordScreen RecordPane { height: 1fr; }
    RecordScreen #story { height: 40%; min-height: 6; border-top: solid $panel-lighten-2; padding: 0 1; }
    RecordScreen #proof { height: 1; padding: 0 1; overflow: hidden; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Search", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("o", "overrule", "Overrule", show=False),
        Binding("v", "verify", "Verify", show=False),
        Binding("enter", "story", "Into the story", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("q,A", "dismiss", "Back", show=False),
    ]
    WAY_OUT = "back"

    def __init__(self, workspace: str, ports: Ports, clock: Clock, *, hosted: bool) -> None:
        super().__init__(workspace, ports, clock, hosted=hosted)
        self._wanted = ""
        self._most = PAGE
        self._number = -1
        self._view = View(at=clock.now())
        self._told = 0
        self._proof = Cell("v proves that the record is whole", Tone.DIM)

    def body(self) -> ComposeResult:
        """Lay out the list, the selected decision's story, the proof and the filter."""
        yield RecordPane(id="record")
        yield TextView(wrap=True, id="story")
        yield TextView(id="proof")
        yield FilterBar()

    def on_mount(self) -> None:
        """Begin with the list."""
        self._pane = self.query_one(RecordPane)
        self._pane.focus()
        self._show_proof()
        self._show_possible()

    def take(self, view: View, busy: int, questions: int) -> None:
        """Bring the list up to date with what was decided since."""
        super().take(view, busy, questions)
        self._view = view
        if view.number != self._number:
            self._number = view.number
            self._read()

    def _show_possible(self) -> None:
        """Show the keys, dim where they mean nothing for the selected entry."""
        record = self._pane.record
        chosen = entry(record) if record else None
        self.show_keys(
            Hint("filter", "/", "search", possible=True),
            Hint("story", "⏎", "story", possible=True),
            Hint("undo", "u", "undo", possible=not cannot_undo(chosen, self._view)),
            Hint("overrule", "o", "overrule", possible=not cannot_overrule(chosen, self._view)),
            Hint("verify", "v", "verify", possible=True),
        )

    def _read(self) -> None:
        self.run_worker(self._fill(), name="the record", group="record", exclusive=True, exit_on_error=False)

    async def _fill(self) -> None:
        try:
            found = await asyncio.to_thread(self._ports.decisions, self._wanted, self._most)
        except (MidwatchError, OSError) as error:
            self._show_proof(Cell(f"The record cannot be read: {error}", Tone.BAD))
            return
        self._lay(found)

    def _lay(self, found: Sequence[Decision]) -> None:
        present = {str(decision.seq): decision for decision in found}
        known = self._pane.records
        fresh = {key: decision for key, decision in present.items() if known.get(key) != decision}
        at_least = "the latest " if len(found) == self._most else ""
        fits = f" with “{self._wanted}”" if self._wanted else ""
        self._pane.told = f"{at_least}{len(found):,}{fits}"
        self._pane.update_rows(fresh, [key for key in known if key not in present])
        self._tell()

    def _tell(self) -> None:
        """Tell the story of the selected decision; at the end of the list, read on."""
        record = self._pane.record
        self._show_possible()
        if record is None:
            self._told = 0
            self.query_one("#story", TextView).show(())
            return
        if record.seq != self._told:
            self._told = record.seq
            self.run_worker(
                self._tell_of(record.seq), name="its story", group="story", exclusive=True, exit_on_error=False
            )
        keys = self._pane.keys
        if len(keys) == self._most and keys[-1] == str(record.seq):
            self._most += PAGE
            self._read()

    async def _tell_of(self, seq: int) -> None:
        try:
            lines = await asyncio.to_thread(self._ports.story, seq)
        except (MidwatchError, OSError) as error:
            lines = (f"Its story cannot be read: {error}",)
        if seq == self._told:
            self.query_one("#story", TextView).show([Cell(line) for line in lines])

    def _show_proof(self, proof: Cell | None = None) -> None:
        self._proof = proof or self._proof
        self.query_one("#proof", TextView).show([self._proof])

    def action_undo(self) -> None:
        """Take the selected entry back."""
        self._want("undo")

    def action_overrule(self) -> None:
        """Overrule the selected entry."""
        self._want("overrule")

    def _want(self, name: str) -> None:
        record = self._pane.record
        if record is None:
            self.notify("No entry is selected.", severity="warning", markup=False)
        else:
            self.post_message(self.Wanted(name, entry(record)))

    def action_verify(self) -> None:
        """Prove that nobody changed the record."""
        self._show_proof(Cell("Verifying …", Tone.DIM))
        self.run_worker(self._verify(), name="verifying", group="proof", exclusive=True, exit_on_error=False)

    async def _verify(self) -> None:
        try:
            whole, told = await asyncio.to_thread(self._ports.verify)
        except (MidwatchError, OSError) as error:
            whole, told = False, f"The record cannot be verified: {error}"
        at = words.clock(self._clock.now(), seconds=True)
        self._show_proof(Cell(f"{'✓' if whole else '✗ DAMAGED'} {told} ({at})", Tone.GOOD if whole else Tone.BAD))

    def action_filter(self) -> None:
        """Ask for the words that are looked for in the whole record."""
        self.query_one(FilterBar).open(self._pane.NAME, self._wanted)

    def on_filter_bar_narrowed(self, event: FilterBar.Narrowed) -> None:
        """Look for the words, once they are all there."""
        if not event.done:
            return
        self.query_one(FilterBar).close()
        self._pane.focus()
        if event.text != self._wanted:
            self._wanted, self._most = event.text, PAGE
            self._read()

    def action_story(self) -> None:
        """Go into the story, to scroll."""
        self.query_one("#story", TextView).focus()

    def action_back(self) -> None:
        """Out of the story, then out of the search, then back to the lists."""
        if not self._pane.has_focus:
            self._pane.focus()
        elif self._wanted:
            self._wanted, self._most = "", PAGE
            self._read()
        else:
            self.dismiss()

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Tell of the newly selected decision."""
        self._tell()
