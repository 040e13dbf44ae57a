"""The text view scrolls, follows, wraps and stays harmless."""

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.widgets.stage import HOSTILE, Stage, harmless, lines_of, play, until
from widgets.cells import Cell, Tone
from widgets.text_view import TextView, diff_lines


def numbered(first: int, last: int) -> list[Cell]:
    return [Cell(f"line {number}") for number in range(first, last)]


def test_follows_until_scrolled_up() -> None:
    """New lines stay in sight until the operator scrolls up, and again once they are back at the end."""
    view = TextView(follow=True)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show(numbered(0, 50))
        await until(pilot, lambda: "line 49" in lines_of(view)[view.size.height - 1])
        view.append(numbered(50, 60))
        await until(pilot, lambda: "line 59" in lines_of(view)[view.size.height - 1])
        view.focus()
        await pilot.press("pageup")
        await until(pilot, lambda: not view.at_end)
        before = lines_of(view)
        view.append(numbered(60, 70))
        await pilot.pause()
        assert lines_of(view) == before
        await pilot.press("end")
        await until(pilot, lambda: view.at_end)
        view.append(numbered(70, 80))
        await until(pilot, lambda: "line 79" in lines_of(view)[view.size.height - 1])

    play(view, scene)


def test_keeps_a_bounded_number_of_lines() -> None:
    """The oldest lines go, and what the operator reads meanwhile stays in its place."""
    view = TextView(follow=True, max_lines=100)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show(numbered(0, 100))
        await pilot.pause()
        view.scroll_to(y=50, animate=False)
        await until(pilot, lambda: "line 50" in lines_of(view)[0])
        view.append(numbered(100, 110))
        await until(pilot, lambda: "line 50" in lines_of(view)[0])
        assert view.text.startswith("line 10\n")
        assert view.text.endswith("line 109")

    play(view, scene)


def test_wraps_between_words() -> None:
    """Long lines break between words, keep their indent and lose nothing; a word too long is broken."""
    view = TextView(wrap=True)
    said = "    one two three four five six seven eight nine ten eleven twelve thirteen " + "x" * 90

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show([Cell(said)])
        await pilot.pause()
        shown = [line.rstrip() for line in lines_of(view) if line.strip()]
        assert all(line.startswith("    ") for line in shown)
        assert "".join("".join(shown).split()) == "".join(said.split())
        await pilot.resize_terminal(30, 12)
        await until(pilot, lambda: view.size.width == 30)
        assert "".join("".join(lines_of(view)).split()) == "".join(said.split())

    play(view, scene)


def test_goes_on_below_the_last_column() -> None:
    """What is too long for its column goes on in it, and the columns before it stay as wide as in short lines."""
    view = TextView(wrap=True)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show([Cell("  ✓ yes   short: it fits"), Cell("  ✓ yes   long: this one does not fit into the row")])
        await pilot.pause()
        assert [line.rstrip() for line in lines_of(view)[:3]] == [
            "  ✓ yes   short: it fits",
            "  ✓ yes   long: this one does",
            "          not fit into the row",
        ]

    play(view, scene, size=(32, 6))


def test_same_lines_change_nothing() -> None:
    """Lines that are the same again leave the reader where they were."""
    view = TextView(wrap=True)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show(numbered(0, 50))
        await pilot.pause()
        view.scroll_to(y=20, animate=False)
        await until(pilot, lambda: "line 20" in lines_of(view)[0])
        view.show(numbered(0, 50), keep_place=True)
        view.show(numbered(0, 51), keep_place=True)
        await pilot.pause()
        assert "line 20" in lines_of(view)[0]
        view.show(numbered(0, 50))
        await until(pilot, lambda: "line 0" in lines_of(view)[0])

    play(view, scene)


def test_hostile_lines_are_harmless() -> None:
    """No line makes a terminal do anything, and each line is as wide as the window."""
    view = TextView()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show([Cell(HOSTILE), Cell("tab\there")])
        await pilot.pause()
        assert harmless("".join(lines_of(view)))
        assert harmless(view.text)
        assert "[bold]bold[/bold]" in lines_of(view)[0]
        assert lines_of(view)[1].rstrip() == "tab here"
        assert all(cell_len(line) == view.size.width for line in lines_of(view))

    play(view, scene, (100, 12))


def test_draws_only_what_is_in_sight() -> None:
    """A diff of 100,000 lines is there at once."""
    view = TextView(max_lines=200_000)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show(numbered(0, 100_000))
        view.focus()
        await pilot.press("end")
        await until(pilot, lambda: "line 99999" in lines_of(view)[view.size.height - 1])

    play(view, scene)


def test_marks_with_the_pointer() -> None:
    """What the pointer is drawn over is marked and can be copied, across lines and as it is shown."""
    view = TextView()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show([Cell("first line"), Cell("second line")])
        await pilot.pause()
        await pilot.mouse_down(view, offset=(6, 0))
        await pilot.hover(view, offset=(6, 1))
        await pilot.mouse_up(view, offset=(6, 1))
        await until(pilot, stage.screen.get_selected_text)
        assert stage.screen.get_selected_text() == "line\nsecond "
        grounds = {segment.text: segment.style.bgcolor for segment in view.render_line(0) if segment.style}
        assert grounds["line"] != grounds["first "]

    play(view, scene)


@pytest.mark.parametrize(
    ("line", "tone"),
    [
        ("+new", Tone.ADDED),
        ("-old", Tone.REMOVED),
        (" same", Tone.PLAIN),
        ("@@ -1 +1 @@", Tone.BUSY),
        ("+++ b/x", Tone.STRONG),
        ("diff --git a/x b/x", Tone.STRONG),
        ("", Tone.PLAIN),
    ],
)
def test_diff_tones(line: str, tone: Tone) -> None:
    """A diff's line is coloured by what it does."""
    assert diff_lines(line) == [Cell(line, tone)]


def test_the_scroll_bar_hides_nothing_of_a_wrapped_line() -> None:
    """Lines are broken before the bar, also when it comes only with them, and use its column once it is gone."""
    view = TextView(wrap=True)
    line = Cell("abcdefghi jklmnopqrs")

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        view.show([line] * 30)
        await until(pilot, lambda: view.show_vertical_scrollbar and lines_of(view)[1].strip() == "jklmnopqrs")
        assert lines_of(view)[0].strip() == "abcdefghi"
        view.show([line])
        await until(pilot, lambda: lines_of(view)[0].strip() == line.text)
        assert not view.show_vertical_scrollbar

    play(view, scene, (20, 8))
