"""What is counted, of whom, and what a restart knows of it."""

from datetime import timedelta

import pytest

from engine.safety.limits.meter import Meter, NightSpan, Rate
from state.model.brakes.usage import Amount, Used
from tests.making import NOON

HOURLY = Rate("files_per_h", 50, 3600.0)
OF_TIDY = Rate("usd_per_h", 500, 3600.0, "task:tidy")
NIGHTLY = Rate("usd_per_night", 900, 0.0)


def scopes(build: str) -> tuple[str, ...]:
    return (f"task:{build.partition('-')[0]}",)


@pytest.fixture
def meter() -> Meter:
    meter = Meter({}, scopes)
    meter.limit([HOURLY, OF_TIDY], [NIGHTLY], NOON)
    return meter


def used(meter: Meter, minutes: float = 0) -> dict[str, int]:
    return {usage.figure: usage.used for usage in meter.usages(NOON + timedelta(minutes=minutes))}


def test_only_what_is_beyond_the_last_count_counts(meter: Meter) -> None:
    """A build tells its totals, again and again; a total that goes back gives nothing back."""
    assert meter.take("tidy-1", Amount(files=3), NOON)
    assert not meter.take("tidy-1", Amount(files=3), NOON)
    assert not meter.take("tidy-1", Amount(files=1), NOON)
    assert meter.take("tidy-1", Amount(files=5), NOON)
    assert used(meter)["files_per_h"] == 5


def test_each_limit_counts_its_own_figure_and_its_own_builds(meter: Meter) -> None:
    """The money of another task is none of this one's."""
    meter.take("tidy-1", Amount(spent=100), NOON)
    meter.take("other-1", Amount(spent=200, files=2), NOON)
    assert used(meter) == {"files_per_h": 2, "usd_per_h": 100}
    of_tidy = meter.usages(NOON)[1]
    assert meter.concerns("tidy-1", of_tidy) and not meter.concerns("other-1", of_tidy)


def test_an_hour_later_it_is_free_again_and_said_so_before(meter: Meter) -> None:
    """The usage tells when how much of it ends."""
    meter.take("tidy-1", Amount(files=7), NOON)
    assert meter.usages(NOON)[0].frees == ((NOON + timedelta(hours=1), 7),)
    assert used(meter, 59)["files_per_h"] == 7
    assert used(meter, 60)["files_per_h"] == 0


def test_the_night_counts_from_its_opening_to_its_close(meter: Meter) -> None:
    """What was used in the evening is not the night's, and by day there is no such limit."""
    meter.take("tidy-1", Amount(spent=50), NOON - timedelta(minutes=5))
    assert "usd_per_night" not in used(meter)
    night = NightSpan(NOON - timedelta(minutes=1), NOON + timedelta(hours=8))
    meter.take("tidy-1", Amount(spent=80), NOON)
    meter.begin_night(night)
    meter.take("tidy-1", Amount(spent=100), NOON)
    (usage,) = [one for one in meter.usages(NOON) if one.figure == "usd_per_night"]
    assert (usage.used, usage.window_s, usage.frees) == (50, 0.0, ((night.closes_at, 50),))
    meter.begin_night(None)
    assert "usd_per_night" not in used(meter)


def test_a_new_meter_knows_what_the_records_say(meter: Meter) -> None:
    """The hour is not reset by a restart, and a build that goes on is not counted twice."""
    meter.take("tidy-1", Amount(files=7, spent=3), NOON)
    meter.take("tidy-1", Amount(files=9, spent=3), NOON + timedelta(seconds=90))
    rows = meter.unwritten()
    assert [row.key for row in rows] == ["12:00", "12:01"]
    after = Meter({row.key: row for row in rows}, scopes)
    after.limit([HOURLY, OF_TIDY], [], NOON + timedelta(minutes=30))
    after.known("tidy-1")
    after.take("tidy-1", Amount(files=10, spent=3), NOON + timedelta(minutes=30))
    assert used(after, 30) == {"files_per_h": 10, "usd_per_h": 3}


def test_yesterdays_minute_gives_its_place_to_todays(meter: Meter) -> None:
    """The records hold a day and never grow beyond it."""
    meter.take("tidy-1", Amount(files=7), NOON)
    meter.take("other-1", Amount(files=1), NOON + timedelta(days=1))
    assert meter.unwritten() == (Used(at=NOON + timedelta(days=1), by={"other-1": Amount(files=1)}),)


def test_what_the_table_does_not_hold_is_to_be_written() -> None:
    """Until it is there in just this form, be it that a failed disk had it taken back."""
    table: dict[str, Used] = {}
    meter = Meter(table, scopes)
    meter.take("tidy-1", Amount(files=7), NOON)
    (row,) = meter.unwritten()
    assert meter.unwritten() == (row,)
    table[row.key] = row
    assert meter.unwritten() == ()
    meter.take("tidy-1", Amount(files=8), NOON)
    assert meter.unwritten() == (Used(at=NOON, by={"tidy-1": Amount(files=8)}),)


def test_new_limits_hold_for_what_was_used_before(meter: Meter) -> None:
    """A limit that is set while builds run does not begin at nothing."""
    meter.take("tidy-1", Amount(calls=30), NOON)
    assert used(meter) == {"files_per_h": 0, "usd_per_h": 0}
    meter.limit([Rate("calls_per_min", 10, 60.0)], [], NOON)
    assert used(meter) == {"calls_per_min": 30}


def test_a_build_that_is_over_is_counted_no_more(meter: Meter) -> None:
    """Only those under way are kept in mind."""
    meter.take("tidy-1", Amount(), NOON)
    assert meter.is_under_way("tidy-1")
    meter.forget("tidy-1")
    assert not meter.is_under_way("tidy-1")
