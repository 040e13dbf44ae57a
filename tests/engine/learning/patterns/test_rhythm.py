"""Tests of a time that comes again."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.learning.patterns.rhythm import EVERY_DAY, LAST, WEEKEND, WORKDAYS, Rhythm
from engine.schedule import cron
from tests.engine.schedule.playing import CHICAGO
from tests.engine.schedule.playing import local as at


@pytest.mark.parametrize(
    ("rhythm", "told", "expression"),
    [
        (Rhythm(minute=545, give_min=15, days=WORKDAYS), "on weekdays around 09:05", "5 9 * * mon-fri"),
        (Rhythm(minute=0, give_min=15, days=EVERY_DAY), "every day around 00:00", "0 0 * * *"),
        (Rhythm(minute=600, give_min=15, days=WEEKEND), "on weekends around 10:00", "0 10 * * sat,sun"),
        (Rhythm(minute=990, give_min=15, days=(4,)), "on Fridays around 16:30", "30 16 * * fri"),
        (Rhythm(minute=1, give_min=5, days=(0, 2)), "on Mondays and Wednesdays around 00:01", "1 0 * * mon,wed"),
        (Rhythm(minute=60, give_min=5, month_day=3), "on day 3 of the month around 01:00", "0 1 3 * *"),
        (Rhythm(minute=60, give_min=5, month_day=LAST), "on the last day of the month around 01:00", "0 1 L * *"),
    ],
)
def test_it_is_said_as_words_and_as_a_cron_expression(rhythm: Rhythm, told: str, expression: str) -> None:
    """Both mean the same, and the expression is one that schedules take."""
    assert rhythm.said() == told
    assert rhythm.cron == expression
    cron.parse(rhythm.cron)


@pytest.mark.parametrize(
    "rhythm",
    [
        Rhythm(minute=545, give_min=15, days=(0, 3)),
        Rhythm(minute=5, give_min=5, month_day=31),
        Rhythm(minute=1439, give_min=5, month_day=LAST),
    ],
)
def test_it_comes_when_its_cron_expression_does(rhythm: Rhythm) -> None:
    """The times that are foretold are those at which a schedule made of it would run."""
    start, end = at("2026-03-01T12:00"), at("2027-01-01T00:00")
    expected, _ = cron.slots(cron.parse(rhythm.cron), CHICAGO, start, end, 1000)
    assert len(expected) > 4
    assert rhythm.coming(start, end, CHICAGO) == list(expected)


def test_it_keeps_to_the_clock_on_the_wall_when_clocks_change() -> None:
    """09:05 stays 09:05: the day of the change is 23 or 25 hours away."""
    rhythm = Rhythm(minute=545, give_min=15, days=EVERY_DAY)
    spring = rhythm.coming(at("2026-03-07T00:00"), at("2026-03-09T00:00"), CHICAGO)
    assert spring[1] - spring[0] == timedelta(hours=23)
    autumn = rhythm.coming(at("2026-10-31T00:00"), at("2026-11-02T00:00"), CHICAGO)
    assert autumn[1] - autumn[0] == timedelta(hours=25)


def test_a_time_that_the_clocks_skip_or_repeat_comes_once() -> None:
    """02:30 is an hour later on the day without it, and the first of two on the day with both."""
    rhythm = Rhythm(minute=150, give_min=15, days=EVERY_DAY)
    assert rhythm.coming(at("2026-03-08T00:00"), at("2026-03-08T12:00"), CHICAGO) == [at("2026-03-08T03:30")]
    rhythm = Rhythm(minute=90, give_min=15, days=EVERY_DAY)
    (only,) = rhythm.coming(at("2026-11-01T00:00"), at("2026-11-01T12:00"), CHICAGO)
    assert only == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    # Asked between the two, it has been.
    assert rhythm.coming(only, at("2026-11-01T12:00"), CHICAGO) == []


def test_the_last_day_is_that_of_each_month() -> None:
    """Months of 28, 30 and 31 days each have theirs."""
    rhythm = Rhythm(minute=0, give_min=5, month_day=LAST)
    found = rhythm.coming(at("2026-02-01T12:00"), at("2026-05-01T00:00"), CHICAGO)
    assert [(moment.astimezone(CHICAGO).month, moment.astimezone(CHICAGO).day) for moment in found] == [
        (2, 28), (3, 31), (4, 30),
    ]  # fmt: skip
