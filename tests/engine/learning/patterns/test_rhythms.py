"""Tests of finding rhythms, and of finding none where there are none."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from engine.learning.patterns import rhythms
from engine.learning.patterns.rhythm import LAST, WORKDAYS

NOW = datetime(2026, 11, 20, 12, 0)
"""A Friday, on the wall."""
DAY = timedelta(days=1)


def days_back(count: int, chosen: Callable[[datetime], bool] = lambda day: True) -> list[datetime]:
    """Midnights of days before today, the oldest first."""
    midnight = datetime(NOW.year, NOW.month, NOW.day)
    return [day for day in (midnight - DAY * back for back in range(count, 0, -1)) if chosen(day)]


def around(days: list[datetime], hour: float, spread_min: float, dice: random.Random) -> list[datetime]:
    """Once on each day, about an hour of it."""
    return sorted(day + timedelta(hours=hour, minutes=dice.uniform(-spread_min, spread_min)) for day in days)


def test_a_daily_time_is_found_with_its_spread() -> None:
    """Every day about nine: so said, with how much it gives and how sure it is."""
    (found,) = rhythms.find(around(days_back(30), 9, 10, random.Random(1)), NOW)
    assert found.rhythm.days == tuple(range(7))
    assert abs(found.rhythm.minute - 540) <= 6
    assert 15 <= found.rhythm.give_min <= 30
    assert found.sure.confidence > 0.85
    assert (found.sure.hits, found.sure.n) == (29, 30)


def test_weekdays_are_told_from_every_day() -> None:
    """What never comes on weekends is not expected there, and weekends do not count against it."""
    (found,) = rhythms.find(around(days_back(40, lambda day: day.weekday() < 5), 17.5, 20, random.Random(2)), NOW)
    assert found.rhythm.days == WORKDAYS
    assert found.sure.hits == found.sure.n


def test_a_weekly_time_is_found() -> None:
    """Every Friday afternoon for two months."""
    (found,) = rhythms.find(around(days_back(60, lambda day: day.weekday() == 4), 16.5, 15, random.Random(3)), NOW)
    assert found.rhythm.days == (4,)
    assert found.sure.confidence > 0.8


@pytest.mark.parametrize(
    ("chosen", "month_day"), [(lambda day: day.day == 3, 3), (lambda day: (day + DAY).day == 1, LAST)]
)
def test_a_monthly_time_is_found(chosen: Callable[[datetime], bool], month_day: int) -> None:
    """The third of each month, or its last day, which is another number each time."""
    (found,) = rhythms.find(around(days_back(300, chosen), 8, 10, random.Random(4)), NOW)
    assert (found.rhythm.days, found.rhythm.month_day) == ((), month_day)
    assert found.sure.confidence > 0.8


def test_midnight_lies_in_the_middle_of_a_night() -> None:
    """Times before and after midnight are near each other, and belong to the same night."""
    (found,) = rhythms.find(around(days_back(30), 24, 25, random.Random(5)), NOW)
    assert found.rhythm.days == tuple(range(7))
    assert min(found.rhythm.minute, 1440 - found.rhythm.minute) <= 12
    assert found.sure.hits == found.sure.n


def test_two_times_of_a_day_are_two_rhythms() -> None:
    """Morning and evening do not blur into noon."""
    dice = random.Random(6)
    found = rhythms.find(sorted(around(days_back(30), 8, 10, dice) + around(days_back(30), 20, 10, dice)), NOW)
    assert [round(beat.rhythm.minute / 60) for beat in found] == [8, 20]


def test_a_routine_that_ended_is_given_up() -> None:
    """What did not come for as long as it takes to be sure is not expected any more."""
    walls = around(days_back(60), 9, 10, random.Random(7))
    (alive,) = rhythms.find(walls, NOW)
    (fading,) = rhythms.find(walls, NOW + DAY * 5)
    assert fading.sure.confidence < 0.8 < alive.sure.confidence
    assert rhythms.find(walls, NOW + DAY * 60) == []


def test_today_counts_once_its_time_is_over() -> None:
    """Nobody is late before the time has come; afterwards the miss counts."""
    walls = around(days_back(20), 15, 5, random.Random(8))
    assert rhythms.find(walls, NOW)[0].sure.n == 19
    assert rhythms.find(walls, NOW.replace(hour=18))[0].sure.n == 20


def test_out_of_few_nothing_is_made() -> None:
    """Three times are no rhythm, however regular; nor are four about which chance might say the same."""
    walls = around(days_back(21, lambda day: day.weekday() == 4), 16.5, 1, random.Random(9))
    assert len(walls) == 3
    assert rhythms.find(walls, NOW) == []
    four = around(days_back(28, lambda day: day.weekday() == 4), 16.5, 80, random.Random(9))
    assert len(four) == 4
    assert rhythms.find(four, NOW, series=50) == []


def test_several_in_one_day_are_one_occasion() -> None:
    """A day with five of them is a day with one: else a busy week would be a routine."""
    day = days_back(2)[0]
    assert rhythms.find([day + timedelta(hours=9, minutes=minute) for minute in range(0, 60, 5)], NOW) == []


def anywhere(day: datetime, dice: random.Random) -> datetime:
    return day + timedelta(minutes=dice.uniform(0, 1440))


def in_the_office(day: datetime, dice: random.Random) -> datetime:
    """From nine to five on a weekday."""
    while day.weekday() > 4:
        day += DAY
    return day + timedelta(hours=9, minutes=dice.uniform(0, 480))


@pytest.mark.parametrize("when", [anywhere, in_the_office])
@pytest.mark.parametrize("often", [6, 25, 60])
def test_times_without_a_rhythm_show_none(often: int, when: Callable[[datetime, random.Random], datetime]) -> None:
    """Of histories thrown by dice, hardly one in fifty shows anything, and none what would be built ahead for."""
    days = days_back(100)
    shown, sure_of_it, series = 0, 0, 10
    for seed in range(60):
        dice = random.Random(seed)
        for _ in range(series):
            walls = sorted(when(dice.choice(days[:-3]), dice) for _ in range(often))
            found = rhythms.find(walls, NOW, series)
            shown += bool(found)
            sure_of_it += any(beat.sure.confidence > 0.8 for beat in found)
    assert shown <= 12
    assert sure_of_it == 0
