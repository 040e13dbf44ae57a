"""The detail pane shows facts, and a log or a diff below them."""

from textual.pilot import Pilot

from tests.widgets.stage import HOSTILE, Stage, harmless, play, screen_lines
from widgets.cells import Cell
from widgets.detail import Body, DetailPane


def test_shows_one_body_at_a_time() -> None:
    """Log and diff share one place, and without either the facts have it all."""
    pane = DetailPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.show_facts("fix — Fix it", [Cell("a fact")], same=False)
        pane.log_view.show([Cell("a log line")])
        pane.show_diff("+an added line")
        for body, here, gone in (
            (Body.NONE, ["a fact"], ["a log line", "an added line"]),
            (Body.LOG, ["a fact", "a log line", "of fix-1"], ["an added line"]),
            (Body.DIFF, ["a fact", "an added line", "of fix-1"], ["a log line"]),
        ):
            pane.show_body(body, "of fix-1" if body is not Body.NONE else "")
            await pilot.pause()
            said = "\n".join(screen_lines(stage))
            assert all(text in said for text in here)
            assert not any(text in said for text in gone)

    play(pane, scene)


def test_titles_are_harmless() -> None:
    """A title from others is text, neither markup nor control."""
    pane = DetailPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.show_facts(HOSTILE, [Cell(HOSTILE)], same=False)
        pane.show_body(Body.LOG, HOSTILE)
        await pilot.pause()
        said = "\n".join(screen_lines(stage))
        assert harmless(said)
        assert said.count("[bold]bold[/bold]") == 3

    play(pane, scene, (120, 12))
