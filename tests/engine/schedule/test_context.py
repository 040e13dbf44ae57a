"""What kind of time it is, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.schedule.context import Known, Presence, situation, upcoming
from engine.schedule.windows import Week
from state.model.when.context import Context, ContextRule, Meeting, Override
from state.settings.windows import BUILT_IN, CONTEXTS
from state.zones import zone_of

CHICAGO = zone_of("America/Chicago")
WEEK = Week(tuple(BUILT_IN.values()), (), CHICAGO)
MONDAY = datetime(2026, 2, 9, tzinfo=CHICAGO).astimezone(UTC)


def at(hour: float) -> datetime:
    """An hour of Monday, 9 February 2026, in Chicago; more than 24 is later in the week."""
    return MONDAY + timedelta(hours=hour)


def known(**changes: Any) -> Known:
    fields: dict[str, Any] = {"week": WEEK, "rules": CONTEXTS, "slots": 2}
    return Known(**{**fields, **changes})


def told(found: Any) -> tuple[Any, ...]:
    """A situation with its times as hours of Monday."""
    hours = [
        None if moment is None else (moment - MONDAY).total_seconds() / 3600 for moment in (found.since, found.until)
    ]
    return (found.context.value, *hours, found.window, found.slots)


STANDUP = Meeting(starts_at=at(9.5), ends_at=at(10), title="Standup")


def test_a_usual_monday() -> None:
    """Windows give the context, and between two of them the operator is away."""
    assert [told(situation(known(), at(hour))) for hour in (3, 8, 12, 18, 20, 23.5)] == [
        ("sleeping", -1, 7, "overnight", 2),
        ("away", 7, 9, "", 2),
        ("working", 9, 17, "work", 1),
        ("away", 17, 19, "", 2),
        ("available", 19, 23, "quick_win", 2),
        ("sleeping", 23, 31, "overnight", 2),
    ]


def test_the_weekend_is_one_but_for_the_nights() -> None:
    """Saturday by day is weekend, Saturday night is for sleeping."""
    assert told(situation(known(), at(5 * 24 + 12))) == ("weekend", 127, 143, "weekend", 2)
    assert told(situation(known(), at(5 * 24 + 23.5)))[0] == "sleeping"


def test_a_meeting_goes_before_the_window_and_lets_nothing_start() -> None:
    """For as long as the calendar says, and the window stays open meanwhile."""
    mine = known(meetings=(STANDUP,))
    assert told(situation(mine, at(9.75))) == ("meeting", 9.5, 10, "work", 0)
    assert situation(mine, at(9.75)).why == "the calendar has 'Standup' until 10:00"
    assert told(situation(mine, at(9.25))) == ("working", 9, 9.5, "work", 1)
    assert told(situation(mine, at(10))) == ("working", 10, 17, "work", 1)


def test_meetings_that_overlap_are_one_stretch() -> None:
    """The context ends with the last of them."""
    other = Meeting(starts_at=at(9.75), ends_at=at(11), title="Planning")
    assert told(situation(known(meetings=(STANDUP, other)), at(9.8)))[:3] == ("meeting", 9.5, 11)


def test_who_touches_keys_is_there() -> None:
    """Presence goes before the window, not before a meeting."""
    present = Presence(at(12), at(12.5))
    assert told(situation(known(presence=present), at(12.25))) == ("available", 12, 12.5, "work", 2)
    assert told(situation(known(presence=present, meetings=(STANDUP,)), at(9.75)))[0] == "meeting"
    assert told(situation(known(presence=present), at(12.5)))[0] == "working"


def test_the_operators_word_goes_before_everything_until_it_ends() -> None:
    """Also before a meeting; without an end it holds."""
    gym = Override(context=Context.GYM, by="operator:ada", set_at=at(9), until=at(19))
    mine = known(override=gym, meetings=(STANDUP,))
    assert told(situation(mine, at(9.75))) == ("gym", 9, 19, "work", 2)
    assert situation(mine, at(9.75)).why == "set by ada until 19:00"
    assert told(situation(mine, at(19)))[0] == "available"
    ever = Override(context=Context.GYM, by="operator:ada", set_at=at(9))
    assert told(situation(known(override=ever), at(12))) == ("gym", 9, None, "work", 2)


def test_without_windows_it_is_always_the_same_time() -> None:
    """Available, with every slot, and nothing is foreseen to change that."""
    none = known(week=Week((), (), CHICAGO))
    assert told(situation(none, at(3))) == ("available", None, None, "", 2)


def test_a_calendar_that_was_never_read_lets_nothing_start() -> None:
    """There could be a meeting."""
    found = situation(known(blind=True, trouble="no such file"), at(3))
    assert (found.context, found.slots, found.trouble) == (Context.SLEEPING, 0, "no such file")


def test_what_is_coming_up() -> None:
    """Each change of context, window or slots once, beginning with how it stands."""
    changes = upcoming(known(meetings=(STANDUP,)), at(8), at(32))
    assert [
        ((change.at - MONDAY).total_seconds() / 3600, change.context.value, change.window) for change in changes
    ] == [
        (8, "away", ""),
        (9, "working", "work"),
        (9.5, "meeting", "work"),
        (10, "working", "work"),
        (17, "away", ""),
        (19, "available", "quick_win"),
        (23, "sleeping", "overnight"),
        (31, "away", ""),
    ]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 168), st.integers(1, 5)), max_size=4),
    st.one_of(
        st.none(), st.tuples(st.sampled_from(Context), st.integers(0, 100), st.one_of(st.none(), st.integers(1, 60)))
    ),
    st.integers(0, 168 * 4),
)
def test_what_is_foreseen_comes_true(
    meetings: list[tuple[int, int]], override: tuple[Context, int, int | None] | None, quarter: int
) -> None:
    """The context holds from `since` until just before `until`, and is another then and before."""
    word = None
    if override is not None:
        context, hour, length = override
        until = None if length is None else at(hour + length)
        word = Override(context=context, by="x", set_at=at(hour), until=until)
    mine = known(
        meetings=tuple(Meeting(starts_at=at(hour), ends_at=at(hour + length), title="") for hour, length in meetings),
        override=word,
    )
    now = at(quarter / 4)
    found = situation(mine, now)
    moment = timedelta(microseconds=1)
    if found.since is not None:
        assert found.since <= now
        assert situation(mine, found.since).context is found.context
        assert situation(mine, found.since - moment).context is not found.context
    if found.until is not None:
        assert found.until > now
        assert situation(mine, found.until - moment).context is found.context
        assert situation(mine, found.until).context is not found.context


def test_slots_follow_the_share_of_the_context() -> None:
    """Half of three is one, and no share is none."""
    rules = {**CONTEXTS, Context.WORKING: ContextRule(intensity=50), Context.SLEEPING: ContextRule(intensity=0)}
    assert situation(known(rules=rules, slots=3), at(12)).slots == 1
    assert situation(known(rules=rules, slots=3), at(3)).slots == 0
    assert situation(known(rules=rules, slots=3), at(12)).intensity == 50


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 7, 23, 30, tzinfo=CHICAGO), datetime(2026, 10, 31, 23, 30, tzinfo=CHICAGO)]
)
def test_a_night_on_which_the_clocks_change_is_one_night(night: datetime) -> None:
    """From 23:00 to 07:00 by the clock, however long that is."""
    found = situation(known(), night.astimezone(UTC))
    assert found.since is not None and found.until is not None
    assert [f"{moment.astimezone(CHICAGO):%H:%M}" for moment in (found.since, found.until)] == ["23:00", "07:00"]
