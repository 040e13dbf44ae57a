"""The status line says how things stand, in words."""

from datetime import timedelta

import msgspec
import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from state.model.brakes.usage import Usage
from state.model.control import Control
from state.model.mode import Observation
from state.model.view import EngineInfo
from state.model.when.context import Context, Situation
from tests.making import NOON, ManualClock
from tests.widgets.stage import Stage, play, screen_lines
from widgets import words
from widgets.status_line import StatusLine, time_words

WELL = EngineInfo(pid=4711, mode="headless", started_at=NOON, slots=2)


def shown(engine: EngineInfo, control: Control, *, active: int = 0, questions: int = 0, hosted: bool = False) -> str:
    """What the line says at 80 columns."""
    line = StatusLine("ledger", hosted=hosted, now=lambda: NOON)
    said: list[str] = []

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        line.show(engine, control, active, questions)
        await pilot.pause()
        said.extend(screen_lines(stage)[: line.size.height])

    play(line, scene, (80, 12))
    return "\n".join(said)


@pytest.mark.parametrize(
    ("engine", "hosted", "words"),
    [
        (WELL, False, "attached to headless 4711"),
        (msgspec.structs.replace(WELL, mode="hosted"), True, "engine hosted here"),
        (EngineInfo(), False, "✗ engine stopped"),
    ],
)
def test_says_whose_engine(engine: EngineInfo, hosted: bool, words: str) -> None:
    """It says whether the engine is this process's, another's or nobody's."""
    assert words in shown(engine, Control(), hosted=hosted)


def test_says_how_busy_it_is() -> None:
    """It counts builds, slots and questions."""
    said = shown(WELL, Control(), active=1, questions=2)
    assert "builds 1/2" in said
    assert "2 questions" in said
    assert "● armed" in said
    assert "PAUSED" not in said
    assert "1 question " in shown(WELL, Control(), questions=1) + " "


def test_says_that_it_is_paused() -> None:
    """It says that nothing more starts."""
    assert "‖ PAUSED" in shown(WELL, Control(paused=True))


def test_says_who_stopped_everything() -> None:
    """The kill switch shows in words, with who and what to do, on a line of its own."""
    said = shown(WELL, Control(stopped=True, stopped_at=NOON, stopped_by="operator:ann"))
    first, second = said.split("\n")
    assert "■ STOPPED" in first
    assert "by operator:ann" in second
    assert "K arms" in second


def test_a_stop_file_counts_as_stopped() -> None:
    """A STOP file that somebody put there shows even before the journal knows of it."""
    said = shown(msgspec.structs.replace(WELL, stop_file=True), Control())
    assert "■ STOPPED" in said
    assert "STOP file" in said


def test_says_its_trouble() -> None:
    """What keeps the engine from working shows in words."""
    said = shown(msgspec.structs.replace(WELL, trouble="no room on the disk\x1b[2J"), Control())
    assert "no room on the disk" in said
    assert "\x1b" not in said


def test_draws_only_changes() -> None:
    """The same facts again draw nothing: an idle console is idle."""
    drawn = 0

    class Counting(StatusLine):
        def render_line(self, y: int) -> Strip:
            nonlocal drawn
            drawn += 1
            return super().render_line(y)

    line = Counting("ledger", hosted=True, now=lambda: NOON)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        line.show(WELL, Control(), 1, 0)
        await pilot.pause(0.05)
        before = drawn
        line.show(WELL, Control(), 1, 0)
        await pilot.pause(0.05)
        assert drawn == before

    play(line, scene)


def test_a_long_name_gives_way() -> None:
    """A workspace with a long name leaves room for what matters."""
    line = StatusLine("a" * 200, hosted=False, now=lambda: NOON)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        line.show(WELL, Control(stopped=True, paused=True), 2, 3)
        await pilot.pause()
        said = screen_lines(stage)[0]
        assert "■ STOPPED" in said
        assert "‖ PAUSED" in said
        assert "3 questions" in said

    play(line, scene, (80, 12))


NIGHT = Situation(
    context=Context.SLEEPING, window="overnight", window_until=NOON + timedelta(hours=5, minutes=12, seconds=9)
)


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        (None, ""),
        (Situation(), "available"),
        (NIGHT, "sleeping · overnight · 5 h 12 m left"),
        (msgspec.structs.replace(NIGHT, window_until=None), "sleeping · overnight"),
        (msgspec.structs.replace(NIGHT, window_until=NOON + timedelta(seconds=59)), "overnight · under a minute left"),
        (Situation(context=Context.AWAY, window_until=NOON + timedelta(minutes=42)), "away · next window in 42 m"),
    ],
)
def test_says_what_kind_of_time_it_is(situation: Situation | None, said: str) -> None:
    """Context, window and the time that is left stand there, or when the next window opens."""
    assert time_words(situation, NOON).endswith(said)


def test_says_until_when_the_context_holds() -> None:
    """A context that ends before its window says when."""
    until = NOON + timedelta(hours=1)
    told = time_words(msgspec.structs.replace(NIGHT, context=Context.GYM, until=until), NOON)
    assert told.startswith(f"gym until {until.astimezone():%H:%M} · overnight")


def test_says_all_that_there_is_in_a_small_window() -> None:
    """At 80 columns mode, time and the latest noticed file have a row of their own, and alarms another."""
    engine = msgspec.structs.replace(
        WELL,
        situation=NIGHT,
        noticed=("11:40 GOALS.md",),
        settings="/home/ann/work/midwatch.toml:3: queue.slots: must be a number\nmidwatch.toml:9: oh",
    )
    said = shown(engine, Control(observation=Observation(since=NOON, by="operator:ann")))
    first, second, third = said.split("\n")
    assert "● armed" in first
    assert "observe: nothing executes │ sleeping · overnight · 5 h 12 m left │ noticed 1" in second
    assert third.strip().startswith("settings: line 3: queue.slots: must be a number (and 1 more)")


def test_time_goes_on_without_news() -> None:
    """Once a minute the time that is left is told anew, and only while there is any to tell."""
    clock = ManualClock()
    line = StatusLine("ledger", hosted=True, now=clock.now)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        line.show(WELL, Control(), 0, 0)
        await pilot.pause()
        assert not line._ticking._active.is_set()
        line.show(msgspec.structs.replace(WELL, situation=NIGHT), Control(), 0, 0)
        assert line._ticking._active.is_set()
        clock.forward(3600)
        line._tick()
        await pilot.pause()
        assert "4 h 12 m left" in "\n".join(screen_lines(stage))

    play(line, scene, (80, 12))


def test_says_whether_decisions_are_carried_out() -> None:
    """Live and observing are words of their own, with the end of observing, and never a word too much."""
    assert "● armed, live" in shown(WELL, Control())
    observation = Observation(since=NOON, by="the settings", live_at=NOON + timedelta(days=7))
    said = shown(WELL, Control(observation=observation))
    assert "live" not in said
    assert f"observe: nothing executes until {words.moment(NOON + timedelta(days=7))}" in said
    assert "observe: nothing starts or merges" in shown(WELL, Control(observation=observation), active=1)


def test_what_all_builds_may_use_together_is_shown_once_half_of_it_is_taken() -> None:
    """A bar with its figures in the header; below half of it, nothing."""

    def told(used: int) -> list[str]:
        line = StatusLine("space", hosted=False, now=lambda: NOON)
        usage = Usage(figure="calls_per_min", used=used, limit=100, window_s=60)
        line._engine = EngineInfo(limits=(usage,))
        return [cell.text for cell in line.times()]

    assert told(49) == []
    assert told(72) == ["calls a minute ███░ 72/100"]


def test_what_slid_out_of_its_window_is_told_no_more() -> None:
    """Nobody else need say so: the line looks at the clock once a minute while something is taken."""
    clock = ManualClock()
    line = StatusLine("ledger", hosted=False, now=clock.now)
    usage = Usage(figure="calls_per_min", used=80, limit=100, window_s=60, frees=((NOON + timedelta(seconds=30), 80),))

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        line.show(msgspec.structs.replace(WELL, limits=(usage,)), Control(), 0, 0)
        await pilot.pause()
        assert "80/100" in "\n".join(screen_lines(stage))
        assert not line._counts_nothing
        clock.forward(30)
        line._tick()
        await pilot.pause()
        assert "80/100" not in "\n".join(screen_lines(stage))
        assert line._counts_nothing

    play(line, scene, (80, 12))
