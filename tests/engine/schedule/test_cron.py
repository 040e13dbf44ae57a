"""When an expression fires: against the real cron's record, a second implementation, and every minute of the clock."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from cronsim import CronSim, CronSimError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.schedule.cron import Cron, CronError, jitter_s, next_after, next_local, parse, slots
from state.model.when.schedule import Seconds
from state.zones import zone_of
from tests.engine.schedule.expressions import CHANGES, ZONES, Walk, expressions, utc

CHICAGO = ZoneInfo("America/Chicago")
SPRING, AUTUMN = datetime(2026, 3, 8, 0, 59), datetime(2026, 11, 1, 0, 59)

# What Debian's cron 3.0pl1 did with these lines in America/Chicago, recorded over both changes up to 04:00.
RECORDED = [
    ("30 2 * * *", "03:00D", "02:30S"),
    ("0 2 * * *", "03:00D", "02:00S"),
    ("30 1 * * *", "01:30S", "01:30D"),
    ("0 1 * * *", "01:00S", "01:00D"),
    ("15 1,2,3 * * *", "01:15S 03:00D 03:15D", "01:15D 02:15S 03:15S"),
    ("0 */2 * * *", "04:00D", "02:00S 04:00S"),
    ("30 */2 * * *", "", "02:30S"),
    ("30 * * * *", "01:30S 03:30D", "01:30D 01:30S 02:30S 03:30S"),
    (
        "*/30 1-3 * * *",
        "01:00S 01:30S 03:00D 03:30D",
        "01:00D 01:30D 01:00S 01:30S 02:00S 02:30S 03:00S 03:30S",
    ),
    ("0 3 * * *", "03:00D", "03:00S"),
    ("*/5 2 * * *", "", " ".join(f"02:{minute:02}S" for minute in range(0, 60, 5))),
]


def times(cron: Cron, zone: Any, after: datetime, count: int) -> list[datetime]:
    """The next so many moments."""
    found = []
    for _ in range(count):
        after = next_after(cron, zone, after)
        found.append(after)
    return found


def until(cron: Cron, zone: Any, after: datetime, end: datetime) -> list[datetime]:
    """Every moment up to an end."""
    found = []
    while (after := next_after(cron, zone, after)) <= end:
        found.append(after)
    return found


def shown(moments: list[datetime]) -> str:
    """Moments as Chicago's clocks show them, with S for standard and D for daylight time."""
    local = [at.astimezone(CHICAGO) for at in moments]
    return " ".join(f"{at:%H:%M}{'D' if at.dst() else 'S'}" for at in local)


@pytest.mark.parametrize(("expression", "spring", "autumn"), RECORDED)
def test_it_fires_as_debians_cron_did(expression: str, spring: str, autumn: str) -> None:
    """All 22 recorded nights of the real cron are met to the minute."""
    for night, expected in ((SPRING, spring), (AUTUMN, autumn)):
        start = night.replace(tzinfo=CHICAGO).astimezone(UTC)
        end = night.replace(hour=4, minute=0, tzinfo=CHICAGO).astimezone(UTC)
        assert shown(until(parse(expression), CHICAGO, start, end)) == expected


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        # Lord Howe's clocks move by half an hour, at 02:00.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T14:00", "2026-10-03T15:30"),
        ("*/15 2 * * *", "Australia/Lord_Howe", "2026-10-03T14:00", "2026-10-03T15:30"),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:00", "2026-04-04T14:45"),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45", "2026-04-05T15:15"),
        ("45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:45", "2026-04-04T15:15"),
        # Cairo's day begins at 01:00 in spring.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00", "2026-04-23T22:00"),
        ("30 0 * * *", "Africa/Cairo", "2026-04-23T12:00", "2026-04-23T22:00"),
        # A day that Samoa never had: what was due in it runs as it ends.
        ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T20:00", "2011-12-30T10:00"),
        # A midnight that Kathmandu skipped by a quarter of an hour.
        ("5 0 * * *", "Asia/Kathmandu", "1985-12-31T12:00", "1985-12-31T18:30"),
        # Six fields mean the same.
        ("0 30 2 * * *", "America/Chicago", "2026-03-08T06:00", "2026-03-08T08:00"),
        ("*/20 30 1 * * *", "America/Chicago", "2026-11-01T06:30:40", "2026-11-01T07:30"),
        ("0 30 1 * * *", "America/Chicago", "2026-11-01T06:30", "2026-11-02T07:30"),
    ],
)
def test_changes_of_other_kinds(expression: str, zone: str, after: str, expected: str) -> None:
    """Half hours, midnights, a lost day, seconds: the same two rules."""
    assert next_after(parse(expression), zone_of(zone), utc(after)) == utc(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 L * *", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("0 0 L,15 * *", ["2026-01-15", "2026-01-31", "2026-02-15"]),
        ("0 0 * * 5L", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("0 0 * * L5", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("0 0 * * 7L", ["2026-01-25", "2026-02-22", "2026-03-29"]),
        ("0 0 * * fri#2", ["2026-01-09", "2026-02-13", "2026-03-13"]),
        ("0 0 * * 1#1,1#3", ["2026-01-05", "2026-01-19", "2026-02-02"]),
        ("0 0 15W * *", ["2026-01-15", "2026-02-16", "2026-03-16"]),
        ("0 0 * 2 1#5", ["2044-02-29", "2072-02-29", "2112-02-29"]),
        ("0 0 29 2 *", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("0 0 29 2 */7", ["2032-02-29", "2060-02-29", "2088-02-29"]),
        ("0 0 31 2 0", ["2026-02-01", "2026-02-08", "2026-02-15"]),
        ("0 0 13 * 5", ["2026-01-02", "2026-01-09", "2026-01-13"]),
        ("0 0 */2 * MON", ["2026-01-05", "2026-01-19", "2026-02-09"]),
        ("0 0 1-7 * */7", ["2026-01-04", "2026-02-01", "2026-03-01"]),
        ("@weekly", ["2026-01-04", "2026-01-11", "2026-01-18"]),
        ("@Yearly", ["2027-01-01", "2028-01-01", "2029-01-01"]),
        ("0 0 1,*/2 * 0,*/1", ["2026-01-02", "2026-01-03", "2026-01-04"]),
        ("0 0 * JAN-mar 5-7", ["2026-01-02", "2026-01-03", "2026-01-04"]),
    ],
)
def test_days_that_need_a_calendar(expression: str, expected: list[str]) -> None:
    """Last days, working days, weeks of a month, leap days, and the two ways in which days and weekdays combine."""
    found = times(parse(expression), UTC, utc("2026-01-01"), 3)
    assert [f"{at:%Y-%m-%d}" for at in found] == expected


def test_seconds_stand_where_it_is_said() -> None:
    """The same six fields mean noon or every second of a minute; the place is never guessed."""
    noon = "0 0 12 * * *"
    assert times(parse(noon), UTC, utc("2026-01-01"), 2) == [utc("2026-01-01T12:00"), utc("2026-01-02T12:00")]
    found = times(parse(noon, seconds=Seconds.LAST), UTC, utc("2026-01-01"), 2)
    assert found == [utc("2026-01-12T00:00:00"), utc("2026-01-12T00:00:01")]


@settings(max_examples=150, deadline=None)
@given(expressions, st.sampled_from(ZONES), st.data())
def test_it_agrees_with_every_minute_around_a_change(expression: str, zone_name: str, data: st.DataObject) -> None:
    """Whatever is written, the two days around a change of clocks are as if every minute had been asked."""
    zone = zone_of(zone_name)
    change = utc(data.draw(st.sampled_from(CHANGES[zone_name])))
    start, end = change - timedelta(hours=26), change + timedelta(hours=26)
    try:
        cron = parse(expression)
    except CronError:
        assume(False)
        return
    assert until(cron, zone, start, end) == list(Walk(expression, zone).between(start, end))


@settings(max_examples=200, deadline=None)
@given(expressions, st.sampled_from(ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)))
def test_it_goes_only_forward(expression: str, zone_name: str, start: datetime) -> None:
    """Each moment is after the one before, whole to the second, and asking from just before it gives it again."""
    zone, after = zone_of(zone_name), start.replace(tzinfo=UTC)
    try:
        cron = parse(expression)
    except CronError:
        assume(False)
        return
    for found in times(cron, zone, after, 5):
        assert found > after
        assert found.second == found.microsecond == 0
        assert next_after(cron, zone, found - timedelta(microseconds=1)) == found
        middle = after + (found - after) / 2
        assert next_after(cron, zone, middle) == found
        after = found


def croniter_reads(expression: str) -> bool:
    """Whether croniter reads the days as cron does, which looks for a star at the beginning of a field only.

    Of `1,*/2 * 0,*/1` it makes all weekdays and so a field with a star: odd days, where cron and cronsim say every day.
    """
    return not any(",*" in field for field in expression.split()[2:5])


@settings(max_examples=300, deadline=None)
@given(expressions, st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)))
def test_the_quick_way_agrees_with_croniter(expression: str, start: datetime) -> None:
    """What the masks say of a plain expression is what croniter says on a clock that never changes."""
    try:
        cron = parse(expression)
    except CronError:
        assume(False)
        return
    assert cron.plain
    assume(croniter_reads(expression))
    judge = croniter(expression, start, datetime, implement_cron_bug=True)
    for expected in islice(judge.all_next(), 5):
        found = next_local(cron, start)
        assert found == expected
        start = found


@settings(max_examples=100, deadline=None)
@given(expressions, st.integers(0, 59), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_seconds_agree_with_croniter_in_both_places(expression: str, second: int, start: datetime) -> None:
    """Six fields with the seconds first and last are one expression."""
    try:
        first, last = parse(f"{second} {expression}"), parse(f"{expression} {second}", seconds=Seconds.LAST)
    except CronError:
        assume(False)
        return
    assume(croniter_reads(expression))
    judge = croniter(f"{expression} {second}", start, datetime, implement_cron_bug=True)
    expected = list(islice(judge.all_next(), 3))
    for cron in (first, last):
        at, found = start, []
        for _ in range(3):
            at = next_local(cron, at) or at
            found.append(at)
        assert found == expected


def opinion(cron: Cron, expression: str, zone_name: str, start: datetime) -> CronSim:
    """What cronsim, which is written to do as Debian's cron, says; the test ends where it is not to be trusted."""
    if cron.follows_clock and zone_name == "Australia/Lord_Howe":
        # It steps by whole hours, so after a change by half an hour it goes 02:30, 02:35 ... 02:00.
        pytest.skip("cronsim loses its way where clocks move by half an hour")
    return CronSim(expression, start.astimezone(zone_of(zone_name)))


@settings(max_examples=80, deadline=None)
@given(expressions, st.sampled_from([zone for zone in ZONES if zone != "Australia/Lord_Howe"]))
def test_a_second_opinion(expression: str, zone_name: str) -> None:
    """cronsim gives the same sixty moments."""
    start = utc("2026-02-20")
    try:
        cron = parse(expression)
        other = opinion(cron, expression, zone_name, start)
    except (CronError, CronSimError):
        assume(False)
        return
    expected = [at.astimezone(UTC) for at in islice(other, 60)]
    assert times(cron, zone_of(zone_name), start, 60) == expected


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "expression",
    [
        *(expression for expression, _, _ in RECORDED),
        *("0 0 * * *", "15 0 L * *", "30 2 * * 0#2", "5 1 * * 0L", "59 23 31 12 *"),
    ],
)
def test_a_second_opinion_over_ten_years(expression: str, zone: str) -> None:
    """cronsim agrees on every single moment of ten years, in zones that change in every way."""
    start, end = utc("2018-01-01"), utc("2028-01-01")
    cron = parse(expression)
    other = opinion(cron, expression, zone, start)
    for at in until(cron, zone_of(zone), start, end):
        assert next(other).astimezone(UTC) == at
    assert next(other).astimezone(UTC) > end


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["America/Chicago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("expression", ["30 2 * * *", "*/45 */3 * * 0", "10-50/20 1,2 8-14 3,11 *"])
def test_three_years_minute_by_minute(expression: str, zone: str) -> None:
    """Three whole years are as if every minute had been asked."""
    start, end = utc("2025-06-01"), utc("2028-06-01")
    found = until(parse(expression), zone_of(zone), start, end)
    assert found == list(Walk(expression, zone_of(zone)).between(start, end))


def test_an_expression_is_parsed_once() -> None:
    """Asking again gives the very same object."""
    assert parse("7 7 * * *") is parse("7 7 * * *")


@pytest.mark.parametrize("bad", ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6 *", "0 0 30-31 2 */2"])
def test_what_can_never_fire_is_refused(bad: str) -> None:
    """A day that no month has is told at once, not when the time has passed."""
    with pytest.raises(CronError, match="never fire") as refused:
        parse(bad)
    assert refused.value.column == 5


def test_beyond_the_calendar_it_says_so() -> None:
    """The last leap day before the year 10000 has no successor."""
    with pytest.raises(CronError, match="calendar ends"):
        next_after(parse("0 0 29 2 *"), UTC, utc("9996-03-01"))


def test_slots_of_a_span_are_all_found() -> None:
    """The end of a span counts, its beginning does not."""
    hourly = parse("0 * * * *")
    found, more = slots(hourly, UTC, utc("2026-01-01T00:00"), utc("2026-01-01T03:00"), 10)
    assert [at.hour for at in found] == [1, 2, 3]
    assert not more
    assert slots(hourly, UTC, utc("2026-01-01T00:00"), utc("2026-01-01T00:59"), 10) == ((), False)


@settings(max_examples=100, deadline=None)
@given(expressions, st.integers(0, 5), st.integers(0, 60 * 24 * 40))
def test_slots_are_the_latest_of_all(expression: str, most: int, minutes: int) -> None:
    """Looking back from the end finds what walking from the beginning finds."""
    try:
        cron = parse(expression)
    except CronError:
        assume(False)
        return
    start = utc("2026-02-15")
    end = start + timedelta(minutes=minutes)
    every = until(cron, CHICAGO, start, end)
    found, more = slots(cron, CHICAGO, start, end, most)
    assert list(found) == (every[-most:] if most else [])
    assert more == (len(every) > most)


def test_slots_of_a_long_absence_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of minutes is not walked over to find its last three."""
    calls = 0

    def counted(*given: Any) -> datetime:
        nonlocal calls
        calls += 1
        return next_after(*given)

    monkeypatch.setattr("engine.schedule.cron.next_after", counted)
    found, more = slots(parse("* * * * *"), CHICAGO, utc("2025-01-01"), utc("2026-01-01"), 3)
    assert [at.minute for at in found] == [58, 59, 0]
    assert more
    assert calls < 50


def test_jitter_is_each_schedules_own() -> None:
    """A name always has the same delay, names have different ones, and none leaves the bounds."""
    delays = [jitter_s(f"schedule-{number}", 60.0) for number in range(1000)]
    assert delays == [jitter_s(f"schedule-{number}", 60.0) for number in range(1000)]
    assert len(set(delays)) == 1000
    assert 0 <= min(delays) < 1 and 59 < max(delays) < 60
    assert jitter_s("anything", 0.0) == 0.0
