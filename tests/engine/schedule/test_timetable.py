"""Which schedules are due, and what becomes of the slots that passed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.schedule import timetable
from engine.schedule.cron import jitter_s, parse
from engine.schedule.expression import CronError
from engine.schedule.timetable import COUNTED, KEPT, Timetable, coming, ended, paused, set_out, shelved, take_turn
from state.model.when.schedule import Misfire, Ran, Schedule, ScheduleState

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(**changes: Any) -> Schedule:
    """A schedule with a slot at every full hour."""
    fields: dict[str, Any] = {"name": "hourly", "cron": "0 * * * *", "run": "status"}
    return Schedule(**{**fields, **changes})


def at(text: str, day: int = 4) -> datetime:
    """A time of that day."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{text}").replace(tzinfo=UTC)


def run_all(schedule: Schedule, state: ScheduleState, now: datetime) -> tuple[ScheduleState, list[datetime | None]]:
    """Take turns until nothing is due, each run ending at once."""
    ran = []
    while state.asked_by or state.owed or (state.next_slot and state.next_slot <= now):
        state, _ = take_turn(schedule, state, now)
        if state.running:
            ran.append(state.running.slot)
            state = ended(state, Ran.DONE, "", now, 0)
    return state, ran


def test_a_new_schedule_begins_with_the_slot_that_lies_ahead() -> None:
    """What was due before it was configured was not missed."""
    state = set_out(hourly(), None, NOON)
    assert state.next_slot == at("13:00")
    assert state.timing == hourly().timing
    assert not state.missed_count


def test_a_slot_is_on_record_before_it_runs() -> None:
    """The record names the slot and the real start, and has moved on to the next slot."""
    state, why = take_turn(hourly(), set_out(hourly(), None, NOON), at("13:00:02"))
    assert state.running is not None
    assert (state.running.slot, state.running.started_at) == (at("13:00"), at("13:00:02"))
    assert state.next_slot == at("14:00")
    assert why == "due at 2026-03-04 13:00 UTC"


@pytest.mark.parametrize(
    ("misfire", "at_most", "now", "runs", "missed"),
    [
        ("skip", 10, "16:20", [], ["13:00", "14:00", "15:00", "16:00"]),
        ("skip", 10, "16:00:59", ["16:00"], ["13:00", "14:00", "15:00"]),
        ("once", 10, "16:20", ["16:00"], ["13:00", "14:00", "15:00"]),
        ("once", 10, "13:59", ["13:00"], []),
        ("all", 10, "16:20", ["13:00", "14:00", "15:00", "16:00"], []),
        ("all", 2, "16:20", ["15:00", "16:00"], ["13:00", "14:00"]),
        ("skip", 10, "13:01", ["13:00"], []),
        ("skip", 10, "13:01:01", [], ["13:00"]),
    ],
)
def test_what_becomes_of_missed_slots(misfire: str, at_most: int, now: str, runs: list[str], missed: list[str]) -> None:
    """The policy says which of the slots that passed still run; all the others are on record as missed."""
    schedule = hourly(misfire=Misfire(misfire), at_most=at_most)
    state, ran = run_all(schedule, set_out(schedule, None, NOON), at(now))
    assert ran == [at(slot) for slot in runs]
    assert [noted.slot for noted in state.missed] == [at(slot) for slot in missed]
    assert state.missed_count == len(missed)
    assert state.next_slot == at(now).replace(minute=0, second=0) + HOUR


def test_a_run_made_up_is_told_from_one_on_time() -> None:
    """The reason says how late it is and what was missed before it."""
    schedule = hourly()
    _, why = take_turn(schedule, set_out(schedule, None, NOON), at("15:20"))
    assert why == (
        "due at 2026-03-04 15:00 UTC, 1,200 s ago; missed: 2, the last of 2026-03-04 14:00 UTC (misfire = once)"
    )


def test_a_year_away_costs_no_year() -> None:
    """After a long absence the count is bounded, the latest slots are right and so is the next one."""
    schedule = hourly(cron="* * * * *", misfire=Misfire.ALL, at_most=3)
    later = NOON + timedelta(days=365)
    state, ran = run_all(schedule, set_out(schedule, None, NOON), later)
    assert ran == [later - timedelta(minutes=2), later - timedelta(minutes=1), later]
    assert state.missed_count == COUNTED - 3
    assert len(state.missed) == KEPT
    assert state.next_slot == later + timedelta(minutes=1)


@given(
    st.sampled_from(tuple(Misfire)),
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(["wait", "back", "restart", "pause", "ask"]), st.integers(0, 200)), max_size=30),
)
def test_no_slot_runs_twice_whatever_happens(misfire: Misfire, at_most: int, steps: list[tuple[str, int]]) -> None:
    """Waiting, clocks put back, restarts, pauses: slots run in order, each at most once, never before their time."""
    schedule = hourly(cron="*/20 * * * *", misfire=misfire, at_most=at_most)
    now = NOON
    state = set_out(schedule, None, now)
    ran: list[datetime] = []
    decided = state.next_slot
    for step, minutes in steps:
        if step == "wait":
            now += timedelta(minutes=minutes)
        elif step == "back":
            now -= timedelta(minutes=min(minutes, 90))
        elif step == "restart":
            state = msgspec.json.decode(msgspec.json.encode(state), type=ScheduleState)
        elif step == "pause":
            state = paused(schedule, paused(schedule, state, True, now), False, now)
        else:
            state = msgspec.structs.replace(state, asked_by="operator:ada")
        state, slots = run_all(schedule, state, now)
        for slot in slots:
            if slot is not None:
                assert slot <= now
                ran.append(slot)
        assert state.next_slot is not None and decided is not None and state.next_slot >= decided
        decided = state.next_slot
    assert ran == sorted(set(ran))
    assert not set(ran) & {noted.slot for noted in state.missed}


def test_a_clock_put_back_an_hour_runs_nothing_again() -> None:
    """The next slot only ever moves on, so an hour that comes twice has one run for each slot."""
    schedule = hourly()
    state, ran = run_all(schedule, set_out(schedule, None, NOON), at("13:00"))
    table = Timetable({"hourly": schedule}, {"hourly": state})
    assert table.due(at("13:00"), 9) == ()
    assert table.next_due() == at("14:00")
    assert coming(schedule, state, at("12:00"), 2) == (at("14:00"), at("15:00"))
    assert ran == [at("13:00")]


def test_jitter_makes_it_later_and_never_earlier() -> None:
    """A schedule with jitter is due at its own time after the slot, and the slot stays what it is."""
    schedule = hourly(jitter_s=600.0)
    late = timedelta(seconds=jitter_s("hourly", 600.0))
    state = set_out(schedule, None, NOON)
    table = Timetable({"hourly": schedule}, {"hourly": state})
    assert table.next_due() == at("13:00") + late
    assert table.due(at("13:00") + late - timedelta(microseconds=1), 9) == ()
    assert table.due(at("13:00") + late, 9) == ("hourly",)
    taken, _ = take_turn(schedule, state, at("13:00") + late)
    assert taken.running is not None
    assert taken.running.slot == at("13:00")


def test_a_changed_time_begins_anew_and_does_not_go_back() -> None:
    """A new expression has its first slot ahead of now, and ahead of the slot that ran last."""
    schedule = hourly()
    state, _ = run_all(schedule, set_out(schedule, None, NOON), at("13:00"))
    assert set_out(hourly(cron="30 * * * *"), state, at("13:10")).next_slot == at("13:30")
    assert set_out(hourly(cron="59 * * * *"), state, at("12:10")).next_slot == at("13:59")


def test_what_passes_while_paused_is_not_made_up() -> None:
    """A pause is the operator's wish: nothing is missed, and the next slot lies ahead."""
    schedule = hourly(misfire=Misfire.ALL)
    state = paused(schedule, set_out(schedule, None, NOON), True, at("12:30"))
    assert Timetable({"hourly": schedule}, {"hourly": state}).next_due() is None
    assert coming(schedule, state, at("12:30"), 3) == ()
    state = paused(schedule, state, False, at("16:10"))
    assert state.next_slot == at("17:00")
    assert not state.missed_count
    early = paused(schedule, paused(schedule, set_out(schedule, None, NOON), True, NOON), False, at("12:10"))
    assert early.next_slot == at("13:00")


def test_what_is_configured_no_more_is_not_made_up_when_it_comes_back() -> None:
    """A schedule that was taken out of the settings has no slot until it stands there again."""
    schedule = hourly(misfire=Misfire.ALL)
    state = shelved(set_out(schedule, None, NOON))
    assert Timetable({"hourly": schedule}, {"hourly": state}).next_due() is None
    assert set_out(schedule, state, at("18:10")).next_slot == at("19:00")


def test_a_schedule_that_runs_or_is_switched_off_is_not_due() -> None:
    """One run at a time; what comes due meanwhile is decided when it has ended."""
    schedule = hourly()
    taken, _ = take_turn(schedule, set_out(schedule, None, NOON), at("13:00"))
    table = Timetable({"hourly": schedule}, {"hourly": taken})
    assert table.next_due() is None
    table.update(ended(taken, Ran.DONE, "", at("15:30"), 0))
    assert table.due(at("15:30"), 9) == ("hourly",)
    off = hourly(enabled=False)
    assert Timetable({"hourly": off}, {"hourly": set_out(off, None, NOON)}).next_due() is None


def test_the_timetable_follows_every_change() -> None:
    """What is due is due in the order of its time, once, and stays so until its record changes."""
    schedules = {name: hourly(name=name, cron=cron) for name, cron in (("a", "30 * * * *"), ("b", "0 * * * *"))}
    states = {name: set_out(schedule, None, NOON) for name, schedule in schedules.items()}
    table = Timetable(schedules, states)
    assert table.next_due() == at("12:30")
    assert table.due(at("13:00"), 9) == table.due(at("13:00"), 9) == ("a", "b")
    table.update(msgspec.structs.replace(states["b"], asked_by="operator:ada"))
    assert table.due(NOON, 9) == ("b",)
    table.update(states["b"])
    table.update(states["b"])
    assert table.due(at("13:00"), 9) == ("a", "b")
    assert table.due(at("13:00"), 1) == ("a",)
    table.update(shelved(states["a"]))
    table.update(ScheduleState(name="stranger", next_slot=NOON))
    assert table.due(at("13:00"), 9) == ("b",)
    assert table.next_due() == at("13:00")


def test_ten_thousand_schedules_are_indexed_without_reading_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their next slots are on record, so a start parses nothing."""
    schedules = {f"s{n}": hourly(name=f"s{n}", cron=f"{n % 60} {n % 24} * * *") for n in range(10_000)}
    states = {name: set_out(schedule, None, NOON) for name, schedule in schedules.items()}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an expression was parsed")

    parse.cache_clear()
    monkeypatch.setattr(timetable, "parse", refuse)
    table = Timetable(schedules, states)
    assert table.next_due() == min(state.next_slot for state in states.values() if state.next_slot)


def test_an_expression_that_cannot_be_is_refused() -> None:
    """Nobody is set out on a time that never comes."""
    with pytest.raises(CronError):
        set_out(hourly(cron="0 0 31 2 *"), None, NOON)
