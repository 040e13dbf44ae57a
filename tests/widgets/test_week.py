"""The week's picture says in symbols and words what lies where."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot

from state.model.when.window import Span, Window
from tests.making import NOON
from tests.widgets.stage import HOSTILE, Stage, harmless, lines_of, play
from widgets.week import Kind, Mark, WeekView, on_day

DAY = NOON.date()
MONDAY = DAY - timedelta(days=2)
HOUR = timedelta(hours=1)


def span(name: str, opens: datetime, hours: float) -> Span:
    """A window that counts for some hours."""
    return Span(window=Window(name=name, start_min=0, end_min=0), opens_at=opens, closes_at=opens + hours * HOUR)


def mark(hours: float, kind: Kind, lasts: float = 0.0, label: str = "csv") -> Mark:
    """Something that begins some hours after noon."""
    return Mark(at=NOON + hours * HOUR, until=NOON + (hours + lasts) * HOUR, label=label, kind=kind)


def drawn(spans: list[Span], marks: list[Mark], width: int = 80, zone: tzinfo = UTC, first: date = MONDAY) -> list[str]:
    """What the picture shows."""
    week = WeekView()
    lines: list[str] = []

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        week.show(first, NOON, zone, spans, marks)
        await pilot.pause()
        lines.extend(lines_of(week))

    play(week, scene, (width, 20))
    return lines


def at(hour: float, per_hour: int = 3) -> int:
    """The cell of an hour."""
    return 8 + int(hour * per_hour)


def test_windows_are_bands_over_midnight() -> None:
    """At 80 columns a window has its name and its own fill, goes on on the next day, and now is marked."""
    lines = drawn([span("overnight", NOON + 11 * HOUR - timedelta(hours=4), 12), span("work", NOON, 3)], [])
    wednesday, thursday = lines[5], lines[7]
    assert wednesday.startswith(" Wed 04 ")
    assert wednesday[at(12) : at(15)] == "┃ork▒▒▒▒▒"
    assert wednesday[at(15) : at(19)].isspace()
    assert wednesday[at(19) :].rstrip() == "overnight░░░░░░"
    assert thursday[at(0) : at(7)] == "overnight" + "░" * 12
    assert thursday[at(7) :].isspace()
    assert lines[0][at(0) : at(3)] == "00 01 02 "
    assert lines[15].startswith(" ┃ now ✓ done ✗ failed ? review ▶ running ○ planned · schedule ░ overnight")


def test_builds_and_starts_are_marks() -> None:
    """What was built is a line for as long as it ran, what is planned a dotted one, and what failed shows first."""
    marks = [mark(-11, Kind.DONE, 2), mark(-6, Kind.FAILED), mark(-6, Kind.DONE), mark(1, Kind.PLANNED, 1)]
    row = drawn([], marks)[6]
    assert row[at(1) : at(3)] == "✓━━━━━"
    assert row[at(6)] in "✗✓"
    assert row[at(12)] == "┃"
    assert row[at(13) : at(14)] == "○┄┄"
    assert drawn([], [mark(-6, Kind.SCHEDULE), mark(-6, Kind.FAILED)])[6][at(6)] == "✗"
    assert drawn([], [mark(2, Kind.SCHEDULE), mark(1, Kind.PLANNED, 2)])[6][at(13) : at(15)] == "○┄┄┄┄┄"


@pytest.mark.parametrize(("width", "per_hour"), [(80, 3), (120, 4), (200, 8)])
def test_uses_the_width(width: int, per_hour: int) -> None:
    """A wider window gives each hour more cells."""
    lines = drawn([], [mark(6, Kind.PLANNED)], width)
    assert lines[6][at(18, per_hour)] == "○"
    assert all(len(line) == width for line in lines)


def test_days_are_the_operators() -> None:
    """The clock on the wall counts, also in the night in which it goes back."""
    chicago = ZoneInfo("America/Chicago")
    opens = datetime(2026, 10, 31, 23, tzinfo=chicago).astimezone(UTC)
    lines = drawn([span("overnight", opens, 9)], [], zone=chicago, first=date(2026, 10, 31))
    assert lines[1][at(23) :].rstrip() == "ov…"
    assert lines[3][at(0) : at(8)].rstrip() == "overnight" + "░" * 12


def test_steps_through_the_days() -> None:
    """The arrows choose a day and stop at the edges."""
    week = WeekView()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        week.show(MONDAY, NOON, UTC, [], [])
        week.focus()
        await pilot.press("up", "down", "down")
        assert week.day == DAY
        assert lines_of(week)[5].startswith("▸Wed 04")
        await pilot.press(*["down"] * 9)
        assert week.day == MONDAY + timedelta(days=6)

    play(week, scene, (80, 20))


def test_foreign_text_is_harmless() -> None:
    """A window's name that would move the cursor only shows."""
    assert harmless("\n".join(drawn([span(HOSTILE, NOON - HOUR, 5)], [])))


def test_a_day_has_what_begins_on_it() -> None:
    """What begins on another day is not told."""
    assert [found.label for found in on_day([mark(1, Kind.DONE), mark(20, Kind.DONE)], DAY, UTC)] == ["csv"]
