"""Wall times as instants."""

from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.schedule.local import instant
from state.zones import zone_of

wall = partial(datetime, tzinfo=None)
ZONES = ["America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia", "UTC"]


@pytest.mark.parametrize(
    ("zone", "shown", "expected"),
    [
        ("America/Chicago", wall(2026, 3, 8, 1, 59), wall(2026, 3, 8, 7, 59)),
        ("America/Chicago", wall(2026, 3, 8, 2, 0), wall(2026, 3, 8, 8, 0)),
        ("America/Chicago", wall(2026, 3, 8, 2, 30), wall(2026, 3, 8, 8, 0)),
        ("America/Chicago", wall(2026, 3, 8, 3, 0), wall(2026, 3, 8, 8, 0)),
        ("America/Chicago", wall(2026, 11, 1, 1, 30), wall(2026, 11, 1, 6, 30)),
        ("America/Chicago", wall(2026, 11, 1, 2, 0), wall(2026, 11, 1, 8, 0)),
        ("Australia/Lord_Howe", wall(2026, 10, 4, 2, 10), wall(2026, 10, 3, 15, 30)),
        ("Australia/Lord_Howe", wall(2026, 4, 5, 1, 45), wall(2026, 4, 4, 14, 45)),
        ("America/Sao_Paulo", wall(2018, 11, 4, 0, 0), wall(2018, 11, 4, 3, 0)),
        ("Pacific/Apia", wall(2011, 12, 30, 12, 0), wall(2011, 12, 30, 10, 0)),
    ],
)
def test_skipped_times_are_right_after_the_gap_and_repeated_ones_the_first(
    zone: str, shown: datetime, expected: datetime
) -> None:
    """Every wall time is exactly one instant, also on the nights on which the clocks change, and on a day left out."""
    assert instant(shown, zone_of(zone)) == expected.replace(tzinfo=UTC)


@given(
    st.sampled_from(ZONES),
    st.datetimes(wall(2009, 1, 1), wall(2030, 1, 1)),
    st.datetimes(wall(2009, 1, 1), wall(2030, 1, 1)),
)
def test_later_on_the_wall_is_never_earlier_in_fact(zone: str, one: datetime, other: datetime) -> None:
    """The order of wall times is kept, and an instant that the clocks do show shows them again."""
    first, second = sorted((one.replace(microsecond=0), other.replace(microsecond=0)))
    early, late = instant(first, zone_of(zone)), instant(second, zone_of(zone))
    assert early <= late
    assert early.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0) >= first
