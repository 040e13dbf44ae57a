"""Tests of when builds ran."""

from datetime import timedelta

import pytest

from engine.reports import runs
from engine.reports.runs import Span
from state.model.build import Check, Finished, Result, Reviewing, Running
from tests.making import NOON, a_build

HOUR = timedelta(hours=1)
RUNNING = Running(token="t", pid=1, start_ticks=1, boot="b")
SPAN = Span(starts_at=NOON, ends_at=NOON + 8 * HOUR)


def over(ending: str, after: timedelta = 3 * HOUR) -> Finished:
    return Finished(ending=ending, text="", at=NOON + after)


def test_a_span_is_without_its_last_moment() -> None:
    """Two spans that follow each other share no moment."""
    assert SPAN.holds(NOON)
    assert not SPAN.holds(NOON + 8 * HOUR)
    assert not SPAN.holds(None)
    assert runs.until_now(NOON, NOON).holds(NOON)
    assert runs.until_now(NOON, NOON - HOUR).holds(NOON)


@pytest.mark.parametrize(
    ("start", "end", "hours"), [(-1, 1, 1.0), (1, 2, 1.0), (7, 9, 1.0), (-2, 10, 8.0), (9, 10, 0.0), (-2, -1, 0.0)]
)
def test_what_is_shared_is_never_less_than_nothing(start: int, end: int, hours: float) -> None:
    """Only the part of a stretch that lies in the span counts."""
    assert SPAN.shared_s(NOON + start * HOUR, NOON + end * HOUR) == hours * 3600


def test_a_run_ends_with_its_command() -> None:
    """The time that a result waits for its review is not the build's; one that still runs does so until now."""
    now = NOON + 5 * HOUR
    executed = Check(result=Result.YES, at=NOON + HOUR)
    waits = a_build(state=Reviewing(digest="d"), started_at=NOON, executed=executed)
    assert runs.ran_s(waits, now) == 3600
    assert runs.ran(a_build(state=RUNNING, started_at=NOON), now) == (NOON, now)
    killed = a_build(state=over("killed"), started_at=NOON, ended_at=NOON + 2 * HOUR)
    assert runs.ran_s(killed, now) == 7200
    assert runs.ran(a_build(state=over("failed")), now) is None
    assert runs.ran_s(a_build(state=over("failed")), now) == 0
    back = a_build(state=over("done"), started_at=NOON, ended_at=NOON - HOUR)
    assert runs.ran_s(back, now) == 0


def test_what_became_of_a_build() -> None:
    """Over, how, and merged when: nothing of it while it is not."""
    done = a_build(state=over("done"), delivered=Check(result=Result.YES, at=NOON + HOUR))
    assert (runs.ending(done), runs.over_at(done), runs.merged_at(done)) == ("done", NOON + 3 * HOUR, NOON + HOUR)
    running = a_build(state=RUNNING, started_at=NOON)
    assert (runs.ending(running), runs.over_at(running), runs.merged_at(running)) == ("", None, None)
    assert runs.started_between(running, SPAN)
    assert not runs.started_between(done, SPAN)
