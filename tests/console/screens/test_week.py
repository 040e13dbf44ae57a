"""The screen of the week shows its picture and each day in words."""

from datetime import UTC, datetime, timedelta

from console.screens.outlook import Outlook
from console.screens.week import day_lines
from state.model import command as c
from state.model.view import View
from state.model.when.window import Span, Window
from state.settings import Problem, SettingsError
from tests.console.fake_engine import FakeEngine, night
from tests.console.helm import Helm, sail
from tests.making import NOON, ManualClock, a_task
from widgets.week import Kind, Mark

HOUR = timedelta(hours=1)
OPEN = Span(
    window=Window(name="overnight", start_min=0, end_min=0), opens_at=NOON + 11 * HOUR, closes_at=NOON + 19 * HOUR
)
MARKS = (
    Mark(at=NOON - 2 * HOUR, until=NOON - HOUR, label="old-1", kind=Kind.FAILED),
    Mark(at=NOON + 11 * HOUR, until=NOON + 12 * HOUR, label="docs", kind=Kind.PLANNED, text="when it opens"),
)


def outlook(view: View, start: datetime, end: datetime) -> Outlook:
    """A week with one window, one build and one start."""
    assert start < NOON < end
    return Outlook(UTC, (OPEN,), MARKS)


def test_shows_the_week_in_a_small_window() -> None:
    """At 80x24 windows, marks, now, the legend and the chosen day's words are there without colour."""

    async def scene(helm: Helm) -> None:
        await helm.press("W")
        await helm.sees("00 01 02", "▸Wed 04", "ov…", "overnight░░░", "✗━━   ┃", "┃ now", "✗ failed old-1")
        await helm.sees("Wednesday, 04 March 2026", "23:00  overnight window until Thu 07:00", "builds 1/2", "Esc back")
        await helm.press("down")
        await helm.sees("▸Thu 05", "Nothing was built and nothing is foreseen.")
        await helm.press("K")
        await helm.sees("Engage the kill switch?")
        await helm.press("right", "enter")
        assert await helm.asked() == [c.KillAll()]
        await helm.press("escape")
        await helm.sees("Active builds")

    sail(scene, night(FakeEngine()), (80, 24), clock=ManualClock(), outlook=outlook)


def test_turns_the_weeks_and_comes_back() -> None:
    """The arrows lead to other weeks, `t` to today, and what changes is looked at anew."""
    seen: list[datetime] = []

    def looked(view: View, start: datetime, end: datetime) -> Outlook:
        seen.append(start)
        return Outlook(UTC, (), MARKS if "fresh" in view.tasks else ())

    async def scene(helm: Helm) -> None:
        await helm.press("W")
        await helm.sees("▸Wed 04")
        await helm.press("right")
        await helm.sees("▸Wed 11")
        await helm.press("left", "left")
        await helm.sees("▸Wed 25")
        await helm.press("t")
        await helm.sees("▸Wed 04")
        assert "old-1" not in helm.text
        helm.engine.put(a_task("fresh"))
        await helm.sees("old-1")
        assert max(seen) - min(seen) == timedelta(days=14)

    sail(scene, FakeEngine(), (80, 24), clock=ManualClock(), outlook=looked)


def test_settings_that_cannot_be_read_are_told() -> None:
    """The picture says what is wrong."""

    def broken(view: View, start: datetime, end: datetime) -> Outlook:
        raise SettingsError((Problem(file="midwatch.toml", line=3, key="", text="no TOML"),))

    async def scene(helm: Helm) -> None:
        await helm.press("W")
        await helm.sees("The settings cannot be read: midwatch.toml:3: no TOML")

    sail(scene, FakeEngine(), clock=ManualClock(), outlook=broken)


def test_a_day_in_words() -> None:
    """Each mark has its time, what it stands for, and what decides on it."""
    lines = [line.text for line in day_lines(Outlook(UTC, (OPEN,), MARKS), NOON.date())]
    assert lines[-1] == "23:00–00:00 ○ planned docs · when it opens"
    assert lines[-2] == "10:00–11:00 ✗ failed old-1"


def test_a_schedule_that_comes_often_has_one_line() -> None:
    """Its first time of the day stands for all, so that it does not bury what is built."""
    often = tuple(Mark(at=NOON + n * HOUR, until=NOON + n * HOUR, label="ping", kind=Kind.SCHEDULE) for n in range(5))
    lines = [line.text for line in day_lines(Outlook(UTC, (), often), NOON.date())]
    assert lines[1:] == ["12:00       · schedule ping (5 times)"]
