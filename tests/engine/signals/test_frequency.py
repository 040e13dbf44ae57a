"""Words for how often, and the moments that they mean."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.signals.frequency import Frequency, following, latest, parse
from tests.making import NOON

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hourly", Frequency(every_s=3600)),
        ("Every 30 min", Frequency(every_s=1800)),
        ("every 90 minutes", Frequency(every_s=5400)),
        ("every 2h", Frequency(every_s=7200)),
        ("every hour", Frequency(every_s=3600)),
        ("every 3 days", Frequency(every_s=3 * 86_400)),
        ("daily", Frequency(times_min=(0,))),
        ("2x daily", Frequency(times_min=(0, 720))),
        ("3 x  daily", Frequency(times_min=(0, 480, 960))),
        ("twice a day", Frequency(times_min=(0, 720))),
        ("4 times per day", Frequency(times_min=(0, 360, 720, 1080))),
        ("at 07:00", Frequency(times_min=(420,))),
        ("daily at 19:30 and 7:00", Frequency(times_min=(420, 1170))),
        ("07:00, 12:00", Frequency(times_min=(420, 720))),
        ("weekly", Frequency(times_min=(0,), weekday=0)),
        ("weekly on friday at 18:00", Frequency(times_min=(1080,), weekday=4)),
        ("Fridays at 18:00", Frequency(times_min=(1080,), weekday=4)),
        ("every sun", Frequency(times_min=(0,), weekday=6)),
    ],
)
def test_words_for_how_often(text: str, expected: Frequency) -> None:
    """People write the same thing in several ways."""
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "often", "0x daily", "99x daily", "at 25:00", "every 0 min", "every 400 days"])
def test_other_words_are_refused_with_an_example(text: str) -> None:
    """The operator learns what could be written."""
    with pytest.raises(ValueError, match=r"2x daily|between|once to"):
        parse(text)


def test_slots_follow_the_operators_clock() -> None:
    """Times of the day are local, also where the clocks change; intervals go by UTC."""
    often = parse("2x daily")
    assert latest(often, NOON, UTC) == NOON
    assert latest(often, NOON - timedelta(seconds=1), UTC) == NOON - timedelta(hours=12)
    assert following(often, NOON, UTC) == NOON + timedelta(hours=12)
    morning = parse("at 07:00")
    before, after = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert latest(morning, before, BERLIN) == datetime(2026, 3, 28, 6, tzinfo=UTC)
    assert latest(morning, after, BERLIN) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert latest(parse("every 30 min"), NOON + timedelta(minutes=44), UTC) == NOON + timedelta(minutes=30)
    friday = parse("fridays at 18:00")
    assert latest(friday, NOON, UTC) == datetime(2026, 2, 27, 18, tzinfo=UTC)
    assert following(friday, NOON, UTC) == datetime(2026, 3, 6, 18, tzinfo=UTC)


@pytest.mark.parametrize("text", ["hourly", "every 2h", "daily", "3x daily", "at 02:30", "weekly on sunday at 02:30"])
def test_no_change_of_clocks_repeats_a_slot(text: str) -> None:
    """Over a year in quarter hours the latest slot only moves on, and the next is always ahead."""
    often, now = parse(text), datetime(2026, 1, 1, tzinfo=UTC)
    before = latest(often, now, BERLIN)
    for _ in range(366 * 24 * 2):
        now += timedelta(minutes=30)
        slot = latest(often, now, BERLIN)
        assert before <= slot <= now
        before = slot
    assert following(often, now, BERLIN) > now
