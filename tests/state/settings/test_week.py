"""Days, times of day and dates as operators write them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.model.when.window import EVERY_DAY, Exceptional
from state.settings.week import (
    read_clock,
    read_date,
    read_days,
    read_exception,
    read_hours,
    read_opening,
    show_clock,
    show_days,
)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", EVERY_DAY),
        ("weekdays", (0, 1, 2, 3, 4)),
        ("weekend", (5, 6)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("Sat, Sun", (5, 6)),
        ("fri-mon", (0, 4, 5, 6)),
        ("tue", (1,)),
        ("wednesday", (2,)),
        ("mon,wed-thu", (0, 2, 3)),
        ("mon-sun", EVERY_DAY),
    ],
)
def test_days_are_read_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    """Ranges, lists, names in full and over the weekend."""
    assert read_days(text) == days


@pytest.mark.parametrize("value", ["", "monkey", "mon-", "-fri", "m", 3, ["mon"], "mon;tue"])
def test_what_is_no_day_is_refused(value: Any) -> None:
    """The message says how days are written."""
    with pytest.raises(ValueError, match=r"daily"):
        read_days(value)


@given(st.sets(st.sampled_from(EVERY_DAY), min_size=1))
def test_days_are_shown_as_they_are_read(days: set[int]) -> None:
    """The commented file can be uncommented."""
    shown = show_days(tuple(sorted(days)))
    assert read_days(shown.strip('"')) == tuple(sorted(days))


@pytest.mark.parametrize(("text", "minutes"), [("00:00", 0), ("7:05", 425), (" 23:59 ", 1439), ("24:00", 1440)])
def test_times_are_minutes_after_midnight(text: str, minutes: int) -> None:
    """Any minute of the day, and its end."""
    assert read_clock(text) == minutes
    assert read_clock(show_clock(minutes).strip('"')) == minutes


@pytest.mark.parametrize("value", ["", "25:00", "12:60", "24:01", "7", 7, "7pm", "12:00:00"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    """The message shows a time."""
    with pytest.raises(ValueError, match='such as "23:00"'):
        read_clock(value)


def test_nothing_opens_at_the_end_of_the_day() -> None:
    """24:00 is where a window ends."""
    with pytest.raises(ValueError, match="the day after"):
        read_opening("24:00")


@pytest.mark.parametrize(
    ("value", "hours"), [("off", None), ("10:00-14:00", (600, 840)), ("22:00 - 6:00", (1320, 360))]
)
def test_hours_of_one_day(value: str, hours: tuple[int, int] | None) -> None:
    """Two times, or none at all."""
    assert read_hours(value) == hours


@pytest.mark.parametrize("value", ["on", "10:00", "10:00-", 3, "10:00-25:00", None])
def test_what_are_no_hours_is_refused(value: Any) -> None:
    """The message says what can stand there."""
    with pytest.raises(ValueError, match="expected"):
        read_hours(value)


def test_what_a_date_counts_as() -> None:
    """Off, or another day of the week."""
    day = read_date("2026-12-25")
    assert day == date(2026, 12, 25)
    assert read_exception(day, "off") == Exceptional(day=day, off=True)
    assert read_exception(day, "Sunday") == Exceptional(day=day, counts_as=6)
    with pytest.raises(ValueError, match="write it as 2026-12-25"):
        read_date("25.12.2026")
    for value in ("holiday", 3, None):
        with pytest.raises(ValueError, match="expected"):
            read_exception(day, value)
