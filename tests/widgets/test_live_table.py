"""The live table repaints what changed and keeps its selection on a key."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from textual.pilot import Pilot
from textual.strip import Strip

from tests.widgets.stage import HOSTILE, Stage, harmless, lines_of, play, until
from widgets.cells import Cell, Column, Tone
from widgets.live_table import LiveTable


class Row(NamedTuple):
    rank: int
    text: str


class Table(LiveTable[Row]):
    NAME = "Rows"
    NOTHING = "No rows."
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column(4), Column(10, 1))

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[int] = []
        self.made = 0
        self.opened: list[str] = []

    def order(self, record: Row) -> Any:
        return record.rank

    def cells(self, record: Row) -> tuple[Cell, ...]:
        self.made += 1
        return Cell(str(record.rank)), Cell(record.text, Tone.STRONG)

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)

    def on_live_table_opened(self) -> None:
        self.opened.append(self.selected)


def rows(*ranks: int) -> Mapping[str, Row]:
    return {f"k{rank:03d}": Row(rank, f"row {rank}") for rank in ranks}


def test_rows_stand_in_order() -> None:
    """Rows stand in their order, whatever order they came in."""

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table = Table()
        await stage.mount(table)
        table.update_rows(rows(5, 1, 3))
        table.update_rows(rows(2))
        assert table.keys == ["k001", "k002", "k003", "k005"]
        await pilot.pause()
        assert [line[1:9].split() for line in lines_of(table)[:4]] == [
            ["1", "row"],
            ["2", "row"],
            ["3", "row"],
            ["5", "row"],
        ]

    play(Table(), scene)


def test_empty_list_says_so() -> None:
    """An empty list says what is not there, and a filter that nothing passes says that."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        assert "No rows." in lines_of(table)[0]
        table.update_rows(rows(1))
        table.filter("nothing like it")
        assert "No row has these words." in lines_of(table)[0]

    play(table, scene)


def test_one_changed_row_repaints_only_itself() -> None:
    """A row that changes in its place is the only line that is drawn again."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows(rows(*range(8)))
        await pilot.pause()
        table.drawn.clear()
        made = table.made
        table.update_rows({"k003": Row(3, "other words")})
        await until(pilot, lambda: table.drawn)
        await pilot.pause()
        assert set(table.drawn) == {3}
        assert table.made == made + 1
        assert "other words" in lines_of(table)[3]

    play(table, scene)


def test_a_row_that_is_out_of_sight_repaints_nothing() -> None:
    """A change below the window draws nothing at all."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows(rows(*range(100)))
        await pilot.pause()
        table.drawn.clear()
        table.update_rows({"k090": Row(90, "other words")})
        await pilot.pause(0.1)
        assert table.drawn == []

    play(table, scene)


def test_rows_above_a_new_one_are_not_drawn_again() -> None:
    """A row that is put in between moves only what stands below it."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows(rows(*range(0, 100, 2)))
        await pilot.pause()
        made = table.made
        table.update_rows(rows(5))
        await pilot.pause(0.1)
        assert "5" in lines_of(table)[3]
        assert table.made <= made + 2

    play(table, scene)


def test_selection_stays_on_its_key() -> None:
    """Rows that come, go and move around the selected one leave it selected."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.focus()
        table.update_rows(rows(10, 20, 30))
        await pilot.press("down")
        assert table.selected == "k020"
        assert not table.update_rows(rows(1, 2, 3))
        assert not table.update_rows({"k010": Row(99, "to the end")})
        assert not table.update_rows({}, gone=("k030",))
        assert not table.update_rows({"k020": Row(0, "to the top")})
        assert table.selected == "k020"
        assert table.keys[0] == "k020"
        await pilot.pause()
        assert lines_of(table)[0].startswith("▸")
        assert [message.table for message in stage.messages] == [table]

    play(table, scene)


def test_selection_says_when_it_had_to_move() -> None:
    """Only when its row is gone does the selection go to the row in its place, and it says so."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        assert not table.update_rows(rows(1, 2, 3))
        table.select("k002")
        assert table.update_rows({}, gone=("k002",))
        assert table.selected == "k003"
        assert table.update_rows({}, gone=("k003",))
        assert table.selected == "k001"
        assert table.update_rows({}, gone=("k001",))
        assert table.selected == ""
        assert table.record is None

    play(table, scene)


def test_selected_row_stays_where_it_is_on_the_screen() -> None:
    """Rows that come in above a scrolled list do not push the selected row out of sight."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows(rows(*range(100, 200)))
        await pilot.pause()
        table.select("k150")
        await pilot.pause()
        shown_at = next(y for y, line in enumerate(lines_of(table)) if line.startswith("▸"))
        table.update_rows(rows(*range(50)))
        await pilot.pause()
        assert next(y for y, line in enumerate(lines_of(table)) if line.startswith("▸")) == shown_at
        table.update_rows({}, gone=tuple(rows(*range(50))))
        await pilot.pause()
        assert next(y for y, line in enumerate(lines_of(table)) if line.startswith("▸")) == shown_at

    play(table, scene)


def test_keys_move_the_selection() -> None:
    """Arrows, pages and ends move the selection and bring it into sight."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.focus()
        table.update_rows(rows(*range(100)))
        await pilot.pause()
        for key, selected in (("up", 0), ("down", 1), ("end", 99), ("up", 98), ("home", 0)):
            await pilot.press(key)
            assert table.selected == f"k{selected:03d}"
            await pilot.pause()
            assert any(line.startswith("▸") for line in lines_of(table))
        await pilot.press("pagedown")
        assert table.selected == f"k{table.size.height - 1:03d}"
        await pilot.press("pageup")
        assert table.selected == "k000"

    play(table, scene)


def test_mouse_selects_and_opens() -> None:
    """A click selects the row under it, a double click opens it, a click below the rows does nothing."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows(rows(1, 2, 3))
        await pilot.pause()
        await pilot.click(table, offset=(3, 2))
        assert table.selected == "k002"
        assert table.opened == []
        await pilot.click(table, offset=(3, 3), times=2)
        assert table.opened == ["k003"]
        await pilot.click(table, offset=(3, 8))
        assert table.selected == "k003"

    play(table, scene)


def test_filter_narrows_and_follows_changes() -> None:
    """A filter shows the rows with all its words, also as rows change and come."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows({"a": Row(1, "fix Login page"), "b": Row(2, "login docs"), "c": Row(3, "other")})
        table.filter("LOGIN page")
        assert table.keys == ["a"]
        assert table.selected == "a"
        table.update_rows({"c": Row(3, "page of the login"), "d": Row(4, "nothing")})
        assert table.keys == ["a", "c"]
        table.update_rows({"c": Row(3, "no more")})
        assert table.keys == ["a"]
        table.update_rows({"c": Row(3, "login page again")})
        assert table.keys == ["a", "c"]
        table.filter("")
        assert table.keys == ["a", "b", "c", "d"]

    play(table, scene)


def test_hostile_words_are_harmless() -> None:
    """Nothing in a record reaches the terminal but text, as wide as the row."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows({"a": Row(1, HOSTILE)})
        await pilot.pause()
        line = table.render_line(0)
        assert harmless(line.text)
        assert "[bold]bold[/bold]" in line.text
        assert line.cell_length == table.size.width

    play(table, scene)


def test_many_rows_stay_quick() -> None:
    """10,000 rows make only the cells that are in sight, and a change in one of them makes only its own."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows({f"k{rank:05d}": Row(rank, f"row {rank}") for rank in range(10_000)})
        await pilot.pause()
        assert table.made <= 2 * table.size.height
        made = table.made
        table.update_rows({"k00001": Row(1, "changed"), "k09999": Row(9_999, "changed")})
        await pilot.pause()
        assert table.made == made + 1
        table.focus()
        await pilot.press("end")
        assert table.selected == "k09999"
        await until(pilot, lambda: any("changed" in line for line in lines_of(table)))

    play(table, scene)


def test_title_counts() -> None:
    """The title says how many rows there are."""
    table = Table()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        table.update_rows(rows(1, 2))
        assert str(table.border_title).strip() == "Rows 2"

    play(table, scene)
