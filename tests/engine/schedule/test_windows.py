"""Windows as stretches of real time."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.schedule.windows import AHEAD, Week
from state.model.when.window import EVERY_DAY, Exceptional, Span, Window
from state.zones import zone_of

CHICAGO = zone_of("America/Chicago")
OVERNIGHT = Window(name="overnight", start_min=23 * 60, end_min=7 * 60, priority=50)
WORK = Window(name="work", days=(0, 1, 2, 3, 4), start_min=9 * 60, end_min=17 * 60, priority=20)
WEEKEND = Window(name="weekend", days=(5, 6), start_min=0, end_min=24 * 60, priority=40)
MINUTE = timedelta(minutes=1)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A wall time in Chicago as an instant."""
    return datetime(year, month, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


def week(*windows: Window, exceptions: Sequence[Exceptional] = (), zone: str = "America/Chicago") -> Week:
    return Week(windows, exceptions, zone_of(zone))


def told(spans: Sequence[Span]) -> list[tuple[str, str, str]]:
    """Spans by name and local times."""
    return [
        (
            span.window.name,
            f"{span.opens_at.astimezone(CHICAGO):%a %H:%M}",
            f"{span.closes_at.astimezone(CHICAGO):%a %H:%M}",
        )
        for span in spans
    ]


def test_over_midnight_and_over_one_another() -> None:
    """A window may end on the next day, and where two overlap the higher priority counts."""
    spans = week(OVERNIGHT, WORK, WEEKEND).spans(local(2026, 2, 6, 12), local(2026, 2, 9, 12))
    assert told(spans) == [
        ("work", "Fri 12:00", "Fri 17:00"),
        ("overnight", "Fri 23:00", "Sat 07:00"),
        ("weekend", "Sat 07:00", "Sat 23:00"),
        ("overnight", "Sat 23:00", "Sun 07:00"),
        ("weekend", "Sun 07:00", "Sun 23:00"),
        ("overnight", "Sun 23:00", "Mon 07:00"),
        ("work", "Mon 09:00", "Mon 12:00"),
    ]
    assert [span.endless for span in spans] == [False] * 6 + [True]


def test_days_of_one_window_join_and_equals_go_by_name() -> None:
    """Saturday and Sunday are one stretch; of two windows of one priority the first by name counts."""
    assert told(week(WEEKEND).spans(local(2026, 2, 6), local(2026, 2, 11))) == [("weekend", "Sat 00:00", "Mon 00:00")]
    twin = Window(name="twin", start_min=0, end_min=0, priority=40)
    both = told(week(twin, WEEKEND).spans(local(2026, 2, 6), local(2026, 2, 10)))
    assert both == [("twin", "Fri 00:00", "Tue 00:00")]


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        ("America/Chicago", date(2026, 3, 6), 8),
        ("America/Chicago", date(2026, 3, 7), 7),
        ("America/Chicago", date(2026, 10, 31), 9),
        ("America/Chicago", date(2026, 11, 1), 8),
        ("Europe/London", date(2026, 3, 28), 7),
        ("Europe/London", date(2026, 10, 24), 9),
        ("Australia/Lord_Howe", date(2026, 10, 3), 7.5),
        ("Australia/Lord_Howe", date(2026, 4, 4), 8.5),
        ("America/Sao_Paulo", date(2018, 11, 3), 7),
    ],
)
def test_the_night_of_the_change_is_as_long_as_it_is(zone: str, evening: date, hours: float) -> None:
    """23:00-07:00 is shorter or longer on the nights on which the clocks change, once and in one piece."""
    noon = datetime.combine(evening, time(12), zone_of(zone)).astimezone(UTC)
    (span,) = week(OVERNIGHT, zone=zone).spans(noon, noon + timedelta(days=1))
    assert (span.closes_at - span.opens_at) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("from_min", "to_min", "opens", "closes"),
    [
        (125, 155, "03:00 CDT", "03:30 CDT"),
        (125, 195, "03:00 CDT", "03:15 CDT"),
        (90, 150, "01:30 CST", "03:00 CDT"),
        (120, 180, "03:00 CDT", "04:00 CDT"),
    ],
)
def test_the_hour_that_is_skipped(from_min: int, to_min: int, opens: str, closes: str) -> None:
    """An edge in the gap is right after it; a window that lies wholly in it opens then, for as long as ever."""
    (span,) = week(Window(name="w", start_min=from_min, end_min=to_min)).spans(local(2026, 3, 8), local(2026, 3, 8, 12))
    assert [f"{at.astimezone(CHICAGO):%H:%M %Z}" for at in (span.opens_at, span.closes_at)] == [opens, closes]


@pytest.mark.parametrize(
    ("from_min", "to_min", "opens", "closes"),
    [
        (65, 80, "01:05 CDT", "01:20 CDT"),
        (0, 90, "00:00 CDT", "01:30 CDT"),
        (90, 150, "01:30 CDT", "02:30 CST"),
    ],
)
def test_the_hour_that_comes_twice(from_min: int, to_min: int, opens: str, closes: str) -> None:
    """A window that ends in the repeated hour ends at the first of the two times, and so none is ever open twice."""
    (span,) = week(Window(name="w", start_min=from_min, end_min=to_min)).spans(
        local(2026, 11, 1), local(2026, 11, 1, 12)
    )
    assert [f"{at.astimezone(CHICAGO):%H:%M %Z}" for at in (span.opens_at, span.closes_at)] == [opens, closes]


def test_holidays_and_exceptions() -> None:
    """A date may count as another day, be off, or give a window other times or none."""
    exceptions = (
        Exceptional(day=date(2026, 2, 9), counts_as=6),
        Exceptional(day=date(2026, 2, 10), off=True),
        Exceptional(day=date(2026, 2, 11), off=True, hours={"work": (600, 660)}),
        Exceptional(day=date(2026, 2, 12), hours={"work": None, "overnight": (22 * 60, 6 * 60)}),
    )
    spans = week(OVERNIGHT, WORK, WEEKEND, exceptions=exceptions).spans(local(2026, 2, 8, 23), local(2026, 2, 14))
    assert told(spans) == [
        ("overnight", "Sun 23:00", "Mon 07:00"),
        ("weekend", "Mon 07:00", "Mon 23:00"),
        ("overnight", "Mon 23:00", "Tue 07:00"),
        ("work", "Wed 10:00", "Wed 11:00"),
        ("overnight", "Thu 22:00", "Fri 06:00"),
        ("work", "Fri 09:00", "Fri 17:00"),
        ("overnight", "Fri 23:00", "Sat 00:00"),
    ]


def test_what_is_now_and_what_comes() -> None:
    """The present span and the next change agree, inside a window and between two."""
    mine = week(OVERNIGHT, WORK)
    monday = local(2026, 2, 9, 16, 30)
    span = mine.at(monday)
    assert span is not None and span.window is WORK and span.opens_at == local(2026, 2, 9, 9)
    assert mine.next_change(monday) == local(2026, 2, 9, 17)
    assert mine.at(local(2026, 2, 9, 17)) is None
    assert mine.next_change(local(2026, 2, 9, 17)) == local(2026, 2, 9, 23)
    assert mine.next_change(local(2026, 2, 1, 12)) == local(2026, 2, 1, 23)  # the clock was set back


def test_a_window_without_end_and_no_window_at_all() -> None:
    """What never changes is not given an end, and a week without windows has no spans."""
    always = week(Window(name="always", start_min=0, end_min=0))
    now = local(2026, 2, 9, 12)
    assert always.next_change(now) is None
    assert week().ahead(now) == ()
    assert week().next_change(now) is None


windows = st.builds(
    Window,
    name=st.sampled_from("abcd"),
    days=st.lists(st.sampled_from(EVERY_DAY), unique=True).map(tuple),
    start_min=st.integers(0, 1439),
    end_min=st.integers(1, 1440),
    priority=st.integers(0, 3),
)
nights = st.sampled_from(
    [
        ("America/Chicago", datetime(2026, 3, 7, 12, tzinfo=UTC)),
        ("America/Chicago", datetime(2026, 10, 31, 12, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 2, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 2, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2018, 11, 3, 12, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 5, 1, 12, tzinfo=UTC)),
    ]
)


def walked(mine: Week, start: datetime, minutes: int) -> list[str]:
    """The window that counts at each minute, by looking at the wall: a repeated hour counts as one long moment."""
    names = []
    furthest = (start - timedelta(days=4)).replace(tzinfo=None)
    at = start - timedelta(days=3)
    while at < start + minutes * MINUTE:
        furthest = max(furthest, at.astimezone(mine.zone).replace(tzinfo=None, fold=0))
        if at >= start:
            open_now = [window for window in mine.windows if _shows(window, furthest)]
            best = min(open_now, key=lambda window: (-window.priority, window.name), default=None)
            names.append(best.name if best else "")
        at += MINUTE
    return names


def _shows(window: Window, wall: datetime) -> bool:
    minute = wall.hour * 60 + wall.minute
    if window.end_min > window.start_min:
        return wall.weekday() in window.days and window.start_min <= minute < window.end_min
    today = wall.weekday() in window.days and minute >= window.start_min
    return today or ((wall.weekday() - 1) % 7 in window.days and minute < window.end_min)


@settings(deadline=None, max_examples=60)
@given(st.lists(windows, max_size=4, unique_by=lambda window: window.name), nights)
def test_spans_agree_with_a_walk_minute_by_minute(found: list[Window], night: tuple[str, datetime]) -> None:
    """Over a night on which the clocks change, spans cover exactly the minutes at which the wall shows a window."""
    zone, noon = night
    # One that lies wholly in a gap is the one thing that a look at the wall cannot show.
    mine = week(*(window for window in found if (window.end_min - window.start_min) % 1440 > 60), zone=zone)
    minutes = 30 * 60
    spans = mine.spans(noon, noon + minutes * MINUTE)
    seen = [""] * minutes
    for span in spans:
        for index in range((span.opens_at - noon) // MINUTE, (span.closes_at - noon) // MINUTE):
            assert not seen[index]
            seen[index] = span.window.name
    assert seen == walked(mine, noon, minutes)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(windows, max_size=4, unique_by=lambda window: window.name),
    nights,
    st.integers(0, 4 * 24 * 60),
)
def test_spans_are_in_order_and_agree_with_the_moment(
    found: list[Window], night: tuple[str, datetime], minute: int
) -> None:
    """Spans never overlap, two neighbours differ, and asking for a moment gives the span that it lies in."""
    zone, noon = night
    mine = week(*found, zone=zone)
    spans = mine.spans(noon, noon + AHEAD)
    for one, other in pairwise(spans):
        assert one.opens_at < one.closes_at <= other.opens_at
        assert one.closes_at < other.opens_at or one.window != other.window
    at = noon + minute * MINUTE
    inside = [span.window for span in spans if span.opens_at <= at < span.closes_at]
    now = mine.at(at)
    assert ([now.window] if now else []) == inside
    change = mine.next_change(at)
    if change is not None:
        assert change > at
        after = mine.at(change)
        assert (after.window if after else None) != (now.window if now else None)
