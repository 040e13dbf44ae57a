"""Tests what use is counted in."""

from datetime import UTC, datetime, timedelta, timezone

from state.model.brakes.usage import Amount, Used, minute_key


def test_amounts_add_up_figure_by_figure() -> None:
    """Calls, money and files never mix."""
    assert Amount(calls=1, spent=2) + Amount(spent=3, files=4) == Amount(calls=1, spent=5, files=4)


def test_what_is_beyond_is_never_negative() -> None:
    """A count that went back is no use, and gives nothing back either."""
    assert Amount(calls=5, files=1).beyond(Amount(calls=3, files=4)) == Amount(calls=2)


def test_a_minute_gives_its_place_to_the_same_minute_of_the_next_day() -> None:
    """The record of use never grows beyond a day."""
    at = datetime(2026, 3, 4, 14, 5, 59, tzinfo=UTC)
    assert Used(at=at, by={}).key == "14:05" == minute_key(at + timedelta(days=1))
    assert minute_key(at.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "14:05"
