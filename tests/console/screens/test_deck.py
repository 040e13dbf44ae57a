"""The deck shows everything in any window, and keeps up."""

from typing import Any

import pytest
from textual.screen import Screen
from textual.strip import Strip

from state.model import task as t
from state.model.build import Finished
from state.model.escalation import EscalationKind
from state.model.progress import Progress
from tests.console.fake_engine import FakeEngine, anomaly, night, question, running
from tests.console.helm import Helm, sail
from tests.making import NOON, ManualClock, a_task
from tests.widgets.stage import HOSTILE, harmless
from widgets.builds import BuildsPane
from widgets.queue import QueuePane

PANES = ("Queue 4 waiting · 1 ended", "Active builds 2", "Escalations 2", "Anomalies 1")
ROWS = ("○ queued", "? approve", "↻ retry", "✗ failed", "▶ running", "? review", "! high", "▲ time")


@pytest.mark.parametrize("size", [(80, 24), (120, 30), (200, 50), (300, 80)])
def test_all_panes_show_in_every_window(size: tuple[int, int]) -> None:
    """Four panes, the status and the keys are there, with a row of each kind in words."""
    engine = night(FakeEngine())
    engine.put(a_task("more"))

    async def scene(helm: Helm) -> None:
        await helm.sees(*PANES, *ROWS, "builds 1/2", "● armed", "2 questions", "a approve", "? help", "q quit")

    sail(scene, engine, size)


def test_a_small_window_opens_the_details_over_the_panes() -> None:
    """At 80x24, Enter shows the details instead of the panes and Escape brings those back, on the same row."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        assert "What is wanted" not in helm.text
        await helm.press("enter")
        await helm.sees("ledger — Fix the rounding of totals", "5 passed")
        assert "Anomalies" not in helm.text
        assert "a approve" in helm.text
        await helm.press("escape")
        await helm.sees("Anomalies", "Active builds")
        await helm.until(lambda: helm.app.focused is helm.app.deck.query_one(BuildsPane))
        assert helm.app.deck.drawn is not None
        assert helm.app.deck.drawn.key == "ledger-1"

    sail(scene, night(FakeEngine()), (80, 24))


def test_one_frame_moves_the_selection_and_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever row is shown as selected, the same frame shows its details."""
    frames: list[tuple[str, str]] = []

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "docs")
        display = helm.app._display

        def show(screen: Screen[Any], renderable: Any) -> None:
            rows = helm.text.splitlines()
            selected = next(row for row in rows if row.startswith("▸")).partition("│")[0]
            told = next(row for row in rows if " — " in row).partition(" — ")[0].split()[-1]
            frames.append((selected, told))
            display(screen, renderable)

        monkeypatch.setattr(helm.app, "_display", show)
        for key in ("end", "up", "up", "home"):
            frames_before = len(frames)
            await helm.press(key)
            while len(frames) == frames_before:
                await helm.pilot.pause(0.01)

    sail(scene, night(FakeEngine()))
    assert len({told for _, told in frames}) >= 3
    assert all(told in selected for selected, told in frames)


def test_answers_from_the_details() -> None:
    """With the details open over the panes, a key is about what they show."""

    async def scene(helm: Helm) -> None:
        await helm.at("escalations", "q-csv")
        await helm.press("enter")
        await helm.sees("diff of csv-1", "+new csv-1")
        await helm.press("a")
        assert [type(command).__name__ for command in await helm.asked()] == ["Approve"]

    sail(scene, night(FakeEngine()), (80, 24))


def test_resizing_keeps_everything() -> None:
    """A window that changes its size shows the same things in another order."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        for size in ((200, 50), (60, 20), (120, 40), (80, 24)):
            await helm.pilot.resize_terminal(*size)
            await helm.sees("Queue", "Active builds", "Escalations", "Anomalies", "ledger")
        assert helm.app.deck.drawn is not None
        assert helm.app.deck.drawn.key == "ledger-1"

    sail(scene, night(FakeEngine()), (80, 24))


def test_records_move_between_panes() -> None:
    """A task that starts leaves the queue and shows as a build; when it is over it is back at the queue's end."""
    engine = FakeEngine()
    engine.put(a_task("x"))

    async def scene(helm: Helm) -> None:
        queue, builds = helm.app.deck.query_one(QueuePane), helm.app.deck.query_one(BuildsPane)
        assert queue.keys == ["x"]
        engine.put(a_task("x", t.Building(build="x-1")), running("x-1"))
        await helm.until(lambda: queue.keys == [] and builds.keys == ["x-1"])
        engine.put(
            a_task("x", t.Done(build="x-1", note="merged", at=NOON)),
            running("x-1", state=Finished(ending="done", text="", at=NOON)),
        )
        await helm.until(lambda: queue.keys == ["x"] and builds.keys == [])
        await helm.sees("✓ done", "Queue 1 ended")

    sail(scene, engine)


def test_live_figures_repaint_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress of one build draws its row and nothing else of its pane."""
    engine = night(FakeEngine())
    engine.put(running("other-1"), a_task("other", t.Building(build="other-1")))
    drawn: list[int] = []
    plain = BuildsPane.render_line

    def counting(pane: BuildsPane, y: int) -> Strip:
        drawn.append(y)
        return plain(pane, y)

    async def scene(helm: Helm) -> None:
        builds = helm.app.deck.query_one(BuildsPane)
        await helm.at("queue", "docs")
        await helm.pilot.pause(0.1)
        monkeypatch.setattr(BuildsPane, "render_line", counting)
        row = builds.keys.index("ledger-1")
        helm.engine.put(Progress(build="ledger-1", percent=77, step="almost"))
        await helm.sees("77%", "almost")
        assert set(drawn) == {row}

    sail(scene, engine)


def test_filter_narrows_the_focused_list() -> None:
    """`/` narrows the list that has the focus, Enter keeps it, Escape brings all rows back."""

    async def scene(helm: Helm) -> None:
        queue = helm.app.deck.query_one(QueuePane)
        await helm.at("queue", "docs")
        await helm.press("slash")
        await helm.sees("Filter Queue:")
        await helm.press(*"old", "enter")
        await helm.until(lambda: queue.keys == ["old"])
        assert helm.app.focused is queue
        await helm.sees("/old shows 1")
        await helm.press("escape")
        await helm.until(lambda: len(queue.keys) == 4)
        assert "/old" not in helm.text

    sail(scene, night(FakeEngine()))


def test_typing_a_filter_is_not_taken_for_keys() -> None:
    """Letters that are keys elsewhere are only letters in the filter."""

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "docs")
        await helm.press("slash", *"akKrpq")
        await helm.sees("akKrpq")
        assert helm.engine.commands == []
        assert helm.app.is_running

    sail(scene, night(FakeEngine()))


def test_tab_goes_round_the_panes() -> None:
    """Tab leads from pane to pane, and the details follow."""

    async def scene(helm: Helm) -> None:
        seen = []
        for _ in range(4):
            assert helm.app.focused is not None
            seen.append(helm.app.focused.id)
            await helm.press("tab")
        assert set(seen) == {"queue", "builds", "escalations", "anomalies"}

    sail(scene, night(FakeEngine()), (80, 24))


def test_keys_that_do_nothing_now_are_dim() -> None:
    """The key bar follows the selection."""

    async def scene(helm: Helm) -> None:
        def possible(name: str) -> bool:
            hints = helm.app.deck.query_one("#keys")._hints  # type: ignore[attr-defined]
            return next(hint.possible for hint in hints if hint.name == name)

        await helm.at("queue", "docs")
        assert not possible("approve")
        await helm.at("escalations", "q-csv")
        assert possible("approve")

    sail(scene, night(FakeEngine()))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
def test_hostile_words_are_harmless_everywhere(size: tuple[int, int]) -> None:
    """Escape sequences, markup and overrides in every field show as text, in every pane and in the details."""
    label = "x"
    engine = FakeEngine()
    engine.put(
        a_task(
            label, t.Building(build="x-1"), title=HOSTILE, description=HOSTILE, criteria=(HOSTILE,), paths=(HOSTILE,)
        ),
        a_task("y", title=HOSTILE),
        running("x-1", step=HOSTILE, notes=(HOSTILE,)),
        question(label, EscalationKind.BUILD_FAILED, text=HOSTILE),
        anomaly(label, figure=HOSTILE),
    )

    async def scene(helm: Helm) -> None:
        for pane, key in (("queue", "y"), ("builds", "x-1"), ("escalations", "q-x"), ("anomalies", "n-x")):
            await helm.at(pane, key)
            assert harmless(helm.text)
            await helm.press("enter")
            await helm.sees("[bold]bold[/bold]")
            assert harmless(helm.text)
            await helm.press("escape")
            await helm.sees("Anomalies")

    sail(scene, engine, size, diff=lambda build: f"+{HOSTILE}")


def test_without_colour_everything_is_still_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR nothing is drawn in colour, and the selection and the states still show."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene(helm: Helm) -> None:
        assert helm.app.no_color
        await helm.at("escalations", "q-csv")
        await helm.sees("▸! high", "● armed", "▶ running")
        for strip in helm.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(helm.app._filters[-1], helm.app.screen.background_colors[1]):
                colour = segment.style.color if segment.style else None
                if colour is not None and colour.triplet is not None:
                    assert max(colour.triplet) - min(colour.triplet) <= 1

    sail(scene, night(FakeEngine()))


def test_the_time_of_a_silent_build_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes of it, and still its details say how long it has run."""
    monkeypatch.setattr("console.screens.deck.AGAIN_S", 0.05)
    clock, engine = ManualClock(), FakeEngine()
    engine.put(
        a_task("x", t.Building(build="x-1")), running("x-1", started_at=NOON), Progress(build="x-1", life_at=NOON)
    )

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "x-1")
        clock.forward(90 * 60)
        await helm.sees("1.5 h/")

    sail(scene, engine, clock=clock)


def test_ten_thousand_tasks() -> None:
    """With 10,000 tasks keys are obeyed one by one, and changes keep coming in."""
    engine = FakeEngine()
    engine.put(*(a_task(f"task-{number:05d}") for number in range(10_000)))

    async def scene(helm: Helm) -> None:
        queue = helm.app.deck.query_one(QueuePane)
        await helm.sees("Queue 10000 waiting")
        await helm.at("queue", "task-00000")
        for _ in range(10):
            await helm.pilot.press("down")
        assert queue.selected == "task-00010"
        engine.put(a_task("task-00010", title="another title"))
        await helm.sees("another title")
        await helm.press("end")
        assert queue.selected == "task-09999"

    sail(scene, engine)
