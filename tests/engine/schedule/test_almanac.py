"""What is remembered of the time between two changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.schedule.almanac import Almanac
from engine.schedule.calendar import Reading
from engine.schedule.context import Presence
from state.model.control import Control
from state.model.when.context import Context, Meeting, Override
from state.settings import CalendarSettings, Settings
from state.settings.values import TimeSettings
from state.settings.windows import BUILT_IN
from state.zones import zone_of

CHICAGO = zone_of("America/Chicago")
NINE = datetime(2026, 2, 9, 9, tzinfo=CHICAGO).astimezone(UTC)
HOUR = timedelta(hours=1)
SETTINGS = Settings(windows=BUILT_IN, time=TimeSettings(zone="America/Chicago"))


def test_an_answer_holds_until_the_next_change_and_no_longer() -> None:
    """Asked again within the same stretch it is the very same; after it, or before it, another."""
    almanac = Almanac(SETTINGS)
    first = almanac.situation(NINE, Control())
    assert first.context is Context.WORKING
    assert almanac.situation(NINE + 7 * HOUR, Control()) is first
    assert almanac.situation(NINE + 8 * HOUR, Control()).context is Context.AWAY
    assert almanac.situation(NINE - HOUR, Control()).context is Context.AWAY


def test_an_answer_falls_with_what_it_stands_on() -> None:
    """A word of the operator, his presence or a fresh reading of the calendar counts at once."""
    almanac = Almanac(SETTINGS)
    assert almanac.situation(NINE, Control()).context is Context.WORKING
    gym = Control(override=Override(context=Context.GYM, by="x", set_at=NINE, until=NINE + HOUR))
    assert almanac.situation(NINE, gym).context is Context.GYM
    assert almanac.next_change(NINE, gym) == NINE + HOUR
    assert almanac.situation(NINE, Control(), Presence(NINE, NINE + HOUR)).context is Context.AVAILABLE
    almanac.take(Reading(meetings=(Meeting(starts_at=NINE, ends_at=NINE + HOUR, title=""),)))
    assert almanac.situation(NINE, Control()).context is Context.MEETING


def test_the_next_change_is_of_the_context_or_of_the_window() -> None:
    """Whichever comes first; without windows and calendar nothing is foreseen."""
    almanac = Almanac(SETTINGS)
    assert almanac.next_change(NINE, Control()) == NINE + 8 * HOUR
    away = Control(override=Override(context=Context.AWAY, by="x", set_at=NINE))
    assert almanac.next_change(NINE, away) == NINE + 8 * HOUR
    assert Almanac(Settings()).next_change(NINE, Control()) is None
    assert not Almanac(Settings()).varies


def test_a_calendar_counts_as_unknown_until_it_was_read(tmp_path: Path) -> None:
    """Nothing may start before the first reading."""
    almanac = Almanac(Settings(calendar=CalendarSettings(files=(str(tmp_path / "work.ics"),))))
    assert almanac.varies
    assert almanac.situation(NINE, Control()).slots == 0
    almanac.take(Reading())
    assert almanac.situation(NINE, Control()).slots == 2


def test_spans_and_changes_are_those_of_the_settings() -> None:
    """The open window comes first, and what comes up begins with now."""
    almanac = Almanac(SETTINGS)
    assert [span.window.name for span in almanac.spans(NINE)][:3] == ["work", "quick_win", "overnight"]
    changes = almanac.changes(NINE, NINE + 12 * HOUR, Control())
    assert [(change.at, change.context.value) for change in changes] == [
        (NINE, "working"),
        (NINE + 8 * HOUR, "away"),
        (NINE + 10 * HOUR, "available"),
    ]
