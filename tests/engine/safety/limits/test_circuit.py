"""The circuit breaker as a table of what happens and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest

from engine.safety.limits import circuit
from state.model.brakes.breaker import COMMAND, Breaker, Closed, HalfOpen, Open
from state.settings import BreakerSettings
from tests.making import NOON

RULES = BreakerSettings(failures=3, unchanged=2, wait_s=900.0, longest_s=3000.0)
LATER = NOON + timedelta(hours=1)


def a_breaker(state: Any = None, **changes: Any) -> Breaker:
    return Breaker(runner=COMMAND, repo="/srv/code", state=state or Closed(), **changes)


def trying(**changes: Any) -> Breaker:
    """A breaker that opened once and lets `a-9` try."""
    return a_breaker(HalfOpen(since=NOON, build="a-9"), **{"failures": 3, "opened": 1, **changes})


def test_it_opens_after_so_many_failures_in_a_row_whosever_they_are() -> None:
    """The last failure before the limit does not open it, the next one does, and says what for."""
    breaker = a_breaker()
    for build in ("a-1", "b-1"):
        breaker = circuit.failed(breaker, build, "exit code 1", NOON, RULES)
        assert breaker.state == Closed()
    breaker = circuit.failed(breaker, "a-2", "exit code 1", NOON, RULES)
    assert breaker.state == Open(since=NOON, until=NOON + timedelta(seconds=900))
    assert (breaker.opened, breaker.text) == (1, "3 builds in a row failed, the last one: exit code 1")


def test_a_success_begins_the_count_anew() -> None:
    """Only failures in a row count."""
    breaker = circuit.failed(a_breaker(failures=2, unchanged=1), "a-1", "no", NOON, BreakerSettings(failures=9))
    assert (breaker.failures, breaker.unchanged) == (3, 0)
    assert circuit.passed(breaker, "a-2", True, NOON, RULES) == a_breaker()


def test_it_opens_when_successes_change_nothing() -> None:
    """A loop that succeeds and does nothing is stopped too; work that is meant to change nothing is not."""
    once = circuit.passed(a_breaker(), "a-1", False, NOON, RULES)
    assert (once.state, once.unchanged) == (Closed(), 1)
    assert circuit.passed(once, "b-1", None, NOON, RULES) == once
    assert circuit.passed(once, "b-1", True, NOON, RULES).unchanged == 0
    twice = circuit.passed(once, "a-2", False, NOON, RULES)
    assert isinstance(twice.state, Open)
    assert twice.text == "2 builds in a row succeeded and changed nothing"


def test_it_never_opens_where_the_settings_say_so() -> None:
    """0 is never."""
    never = BreakerSettings(failures=0, unchanged=0)
    assert circuit.failed(a_breaker(failures=99), "a-1", "no", NOON, never).state == Closed()
    assert circuit.passed(a_breaker(unchanged=99), "a-1", False, NOON, never).state == Closed()


def test_after_the_wait_one_build_tries() -> None:
    """Not before; and while it tries, another that begins changes nothing."""
    opened = a_breaker(Open(since=NOON, until=LATER), opened=1)
    assert circuit.began(opened, "a-9", LATER - timedelta(seconds=1)) == opened
    half = circuit.began(opened, "a-9", LATER)
    assert half.state == HalfOpen(since=NOON, build="a-9")
    assert circuit.began(half, "b-9", LATER) == half
    assert circuit.began(a_breaker(), "a-9", LATER) == a_breaker()


def test_the_one_that_tries_closes_it_or_opens_it_for_longer() -> None:
    """Its success forgets everything; its failure doubles the wait."""
    assert circuit.passed(trying(), "a-9", True, LATER, RULES) == a_breaker()
    again = circuit.failed(trying(), "a-9", "exit code 2", LATER, RULES)
    assert again.state == Open(since=NOON, until=LATER + timedelta(seconds=1800))
    assert (again.opened, again.text) == (2, "the build that tried again failed as well: exit code 2")
    idle = circuit.passed(trying(unchanged=2), "a-9", False, LATER, RULES)
    assert isinstance(idle.state, Open) and idle.opened == 2


@pytest.mark.parametrize("state", [HalfOpen(since=NOON, build="a-9"), Open(since=NOON, until=LATER)])
def test_what_was_begun_before_proves_nothing(state: Any) -> None:
    """An older build's success does not close it, and its failure does not make the wait longer."""
    breaker = a_breaker(state, failures=3, opened=1)
    assert circuit.passed(breaker, "old-1", True, LATER, RULES) == breaker
    assert circuit.failed(breaker, "old-1", "no", LATER, RULES).state == state


def test_one_that_somebody_ended_lets_another_try() -> None:
    """Killing the build that tries leaves neither a closed breaker nor one that waits for ever."""
    assert circuit.withdrawn(trying(), "a-9", LATER).state == Open(since=NOON, until=LATER)
    assert circuit.withdrawn(trying(), "old-1", LATER) == trying()
    assert circuit.withdrawn(a_breaker(failures=2), "a-1", LATER) == a_breaker(failures=2)


@pytest.mark.parametrize(("opened", "wait_s"), [(1, 900), (2, 1800), (3, 3000), (4, 3000), (100_000, 3000)])
def test_each_time_the_wait_doubles_up_to_the_longest(opened: int, wait_s: float) -> None:
    """Bounded, and the same each time."""
    assert circuit.wait_s(opened, RULES) == wait_s


def test_a_first_wait_beyond_the_longest_is_kept() -> None:
    """The longest bounds the doubling, not what the operator asked for."""
    assert circuit.wait_s(1, BreakerSettings(wait_s=60.0, longest_s=1.0)) == 60.0
