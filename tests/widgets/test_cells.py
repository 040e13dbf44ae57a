"""Text is fitted into cells."""

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.pilot import Pilot

from tests.widgets.stage import HOSTILE, Stage, harmless, play
from widgets.cells import TONE_CLASSES, Column, Tone, fit, one_line, tone_css, tone_style, widths
from widgets.text_view import TextView


@pytest.mark.parametrize(
    "text", ["", "short", "exactly ten", "much longer than there is room for", "漢字漢字漢字漢字", HOSTILE]
)
@pytest.mark.parametrize("width", [1, 2, 7, 10, 40])
def test_fits_exactly(text: str, width: int) -> None:
    """Whatever comes in, what goes out is exactly as wide as asked for, and harmless."""
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    assert harmless(fitted)


def test_no_room() -> None:
    """Without room there is nothing."""
    assert fit("words", 0) == ""


def test_says_that_it_was_cut() -> None:
    """What was cut ends with an ellipsis; what was not cut does not."""
    assert fit("abcdefgh", 5) == "abcd…"
    assert fit("abcde", 5) == "abcde"


def test_numbers_stand_at_the_right_edge() -> None:
    """A number is padded on its left; one that is too wide is still cut."""
    assert fit("42", 5, right=True) == "   42"
    assert fit("1234567", 5, right=True) == "1234…"


def test_one_line() -> None:
    """Lines and tabs become single spaces."""
    assert one_line("a\n\tb  c\r\n") == "a b c"


@pytest.mark.parametrize("total", [5, 20, 40, 81, 200])
def test_widths_fill_the_line(total: int) -> None:
    """Columns never take more than there is, and all of it where one of them can grow."""
    found = widths((Column(8), Column(4), Column(6, 1), Column(10, 3)), total)
    assert sum(found) + 3 == max(total, 3)
    assert min(found) >= 0


def test_widths_share_what_is_left() -> None:
    """What is left over is shared as asked for."""
    assert widths((Column(10), Column(10, 1), Column(10, 3)), 72) == (10, 20, 40)


def test_every_tone_has_a_style() -> None:
    """A tone that is used can be drawn."""
    css = tone_css("Thing")
    assert all(f"Thing > .tone--{tone} " in css for tone in Tone)
    assert len(TONE_CLASSES) == len(Tone)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "gruvbox"])
def test_what_is_dim_stands_out_less_than_the_rest_in_every_theme(theme: str) -> None:
    """Nearer to the ground than plain text, on dark and on light ground, and still apart from it."""
    view = TextView()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        stage.theme = theme
        await pilot.pause()

        def apart(tone: Tone) -> float:
            color = tone_style(view, tone).color
            assert color is not None
            ground = view.background_colors[1]
            return abs(Color.from_rich_color(color).brightness - ground.brightness)

        assert 0.2 < apart(Tone.DIM) < apart(Tone.PLAIN)

    play(view, scene)
