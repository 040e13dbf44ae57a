"""Tests of when nights and weekends are."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.reports.spans import last_night, last_weekend, next_night, night_now, weekend
from state.model.when.context import Context
from state.model.when.window import Exceptional, Window
from state.settings import Settings, TimeSettings
from tests.engine.schedule.playing import CHICAGO, local


def settings(zone: str = "America/Chicago", **changes: Any) -> Settings:
    return msgspec.structs.replace(Settings(time=TimeSettings(zone=zone)), **changes)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-02-06T22:59", False), ("2026-02-06T23:00", True), ("2026-02-07T06:59", True),
        ("2026-02-07T07:00", False), ("2026-02-07T12:00", False),
    ],
)  # fmt: skip
def test_without_windows_it_goes_by_the_clock(now: str, night: bool) -> None:
    """From 23:00 to 07:00 by the operator's clock, and no window is named."""
    found = night_now(settings(), local(now))
    assert (found is not None) is night
    assert found is None or found.window == ""


def test_the_last_night_is_the_one_that_began_last() -> None:
    """At 06:30, at 07:00 and at noon it is the same; at 23:00 another, kept under the date of its own morning."""
    for now in ("2026-02-07T06:30", "2026-02-07T07:00", "2026-02-07T22:59"):
        found = last_night(settings(), local(now))
        assert (found.opens_at, found.morning) == (local("2026-02-06T23:00"), date(2026, 2, 7))
    found = last_night(settings(), local("2026-02-07T23:00"))
    assert (found.opens_at, found.morning) == (local("2026-02-07T23:00"), date(2026, 2, 8))


def test_the_night_that_is_configured_counts() -> None:
    """The window of that name, or else those in which the operator sleeps, with his holidays."""
    late = Window(name="overnight", start_min=60, end_min=9 * 60)
    asleep = Window(name="bed", start_min=21 * 60, end_min=5 * 60, context=Context.SLEEPING)
    work = Window(name="work", start_min=9 * 60, end_min=17 * 60)
    found = last_night(settings(windows={"overnight": late, "bed": asleep}), local("2026-02-07T12:00"))
    assert (found.window, found.opens_at) == ("overnight", local("2026-02-07T01:00"))
    found = last_night(settings(windows={"work": work, "bed": asleep}), local("2026-02-07T12:00"))
    assert (found.window, found.opens_at) == ("bed", local("2026-02-06T21:00"))
    found = last_night(settings(windows={"work": work}), local("2026-02-07T12:00"))
    assert (found.window, found.opens_at) == ("", local("2026-02-06T23:00"))
    off = {day: Exceptional(day=day, off=True) for day in (date(2026, 2, 6), date(2026, 2, 7))}
    closed = settings(windows={"bed": asleep}, holidays=off)
    assert last_night(closed, local("2026-02-07T12:00")).opens_at == local("2026-02-05T21:00")
    assert night_now(closed, local("2026-02-06T23:00")) is None


def test_a_month_without_a_night_still_has_a_last_one() -> None:
    """Where holidays close all of them, reports go by the window as it would be."""
    days = [date(2026, 2, 1) + timedelta(days=number) for number in range(28)]
    off = settings(holidays={day: Exceptional(day=day, off=True) for day in days})
    now = local("2026-02-20T12:00")
    assert last_night(off, now).opens_at == local("2026-02-19T23:00")
    assert night_now(off, local("2026-02-20T23:30")) is None


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-07", 7), ("2026-10-31", 9), ("2026-02-06", 8)])
def test_nights_on_which_clocks_change_are_as_long_as_they_are(evening: str, hours: int) -> None:
    """Seven hours in spring, nine in autumn, never none and never two."""
    start = local(f"{evening}T23:00")
    found = night_now(settings(), start)
    assert found is not None
    assert found.closes_at - found.opens_at == timedelta(hours=hours)
    later = night_now(settings(), found.closes_at - timedelta(minutes=1))
    assert later == found
    coming = next_night(settings(), start)
    assert coming is not None
    assert coming.opens_at - found.opens_at == timedelta(hours=hours + 16)


@pytest.mark.parametrize(
    ("now", "this", "last"),
    [
        ("2026-02-06T18:00", "2026-02-07", "2026-01-31"),
        ("2026-02-07T00:00", "2026-02-07", "2026-02-07"),
        ("2026-02-08T23:59", "2026-02-07", "2026-02-07"),
        ("2026-02-09T00:00", "2026-02-14", "2026-02-07"),
    ],
)
def test_weekends_begin_on_saturday_and_end_before_monday(now: str, this: str, last: str) -> None:
    """By weekday the coming one is planned and the last one told; on its own days it is the one meant."""
    starts_at, ends_at = weekend(settings(), local(now))
    assert starts_at == local(f"{this}T00:00")
    assert ends_at == (starts_at.astimezone(CHICAGO) + timedelta(days=2)).astimezone(UTC)
    assert last_weekend(settings(), local(now))[0] == local(f"{last}T00:00")


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(["America/Chicago", "Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo", "UTC"]),
)
def test_at_any_moment_there_are_a_last_night_and_a_weekend(now: datetime, zone: str) -> None:
    """The last night began within a day, the present one is the last, and weekends are 47 to 49 hours long."""
    made = settings(zone)
    found = last_night(made, now)
    assert timedelta() <= now - found.opens_at < timedelta(hours=26)
    present = night_now(made, now)
    assert present is None or present == found
    assert (present is None) == (now >= found.closes_at)
    for starts_at, ends_at in (weekend(made, now), last_weekend(made, now)):
        assert timedelta(hours=47) <= ends_at - starts_at <= timedelta(hours=49)
        assert abs(now - starts_at) < timedelta(days=8)
    assert last_weekend(made, now)[0] <= now < weekend(made, now)[1]
