"""Tests of moments and people in words."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from engine.policy.times import lasting, say, say_here, who


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 2, 6, 15, 0, tzinfo=UTC), "2026-02-06 15:00 UTC"),
        (datetime(2026, 2, 6, 15, 0, 7, tzinfo=UTC), "2026-02-06 15:00:07 UTC"),
        (datetime(2026, 2, 6, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-02-05 23:30 UTC"),
    ],
)
def test_a_moment_is_told_in_utc(at: datetime, text: str) -> None:
    """Whatever zone it comes in, with seconds only where they matter."""
    assert say(at) == text


@pytest.mark.parametrize(("actor", "name"), [("operator:ann", "ann"), ("engine", "engine"), ("", "the operator")])
def test_an_actor_is_told_by_name(actor: str, name: str) -> None:
    """Operators go by their own name."""
    assert who(actor) == name


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 2, 6, 23, 0, tzinfo=UTC), "17:00"),
        (datetime(2026, 2, 7, 5, 59, tzinfo=UTC), "23:59"),
        (datetime(2026, 2, 7, 6, 0, tzinfo=UTC), "Sat 00:00"),
        (datetime(2026, 2, 13, 5, 0, tzinfo=UTC), "Thu 23:00"),
        (datetime(2026, 2, 13, 6, 0, tzinfo=UTC), "2026-02-13 00:00"),
        (datetime(2026, 2, 6, 5, 0, tzinfo=UTC), "2026-02-05 23:00"),
    ],
)
def test_a_moment_near_is_told_by_the_operators_clock(at: datetime, text: str) -> None:
    """Today by the time alone, within the week by the day, else by the date, and never in doubt."""
    now = datetime(2026, 2, 6, 15, 0, tzinfo=UTC)
    assert say_here(at, now, ZoneInfo("America/Chicago")) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 min"), (59, "0 min"), (1200, "20 min"), (5400, "1 h 30 min"), (14400, "4 h")]
)
def test_a_duration_is_told_to_the_minute(seconds: float, text: str) -> None:
    """Hours and minutes, neither of them as a fraction."""
    assert lasting(seconds) == text
