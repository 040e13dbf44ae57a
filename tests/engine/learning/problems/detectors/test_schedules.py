"""The rule on schedules."""

from datetime import timedelta
from typing import Any

import pytest

from engine.learning.problems.detectors.schedules import look
from state.model.learning.problem import Fix, Kind, Problem, Severity, Sighting
from state.model.when.schedule import Missed, Ran, Run, Schedule, ScheduleState
from state.settings import Settings
from tests.engine.learning.problems.looks import a_look, seen
from tests.making import NOON

AGO = NOON - timedelta(hours=1)


def told(run: str = "snapshot create --routine", *, problems: Any = (), **state: Any) -> tuple[Sighting, ...]:
    """What is seen of a schedule of that command in that state."""
    settings = Settings(schedules={"own": Schedule(name="own", cron="0 3 * * *", run=run)})
    known = {problem.id: problem for problem in problems}
    facts = a_look(settings=settings, schedules={"own": ScheduleState(name="own", **state)}, problems=known)
    found = look(facts)
    assert found is not None
    return found


def ran(outcome: Ran, code: int | None = None) -> Run:
    return Run(slot=AGO, by="engine", started_at=AGO, ended_at=AGO, outcome=outcome, exit_code=code, text="no room")


@pytest.mark.parametrize(
    ("run", "last", "fix"),
    [
        ("snapshot create --routine", ran(Ran.FAILED, 4), Fix.RERUN),
        ("snapshot create --routine", ran(Ran.INTERRUPTED), Fix.RERUN),
        ("snapshot create --routine", ran(Ran.FAILED, 1), Fix.NONE),
        ("drill", ran(Ran.FAILED, 4), Fix.NONE),
        ("problems fix --safe", ran(Ran.INTERRUPTED), Fix.NONE),
        ("snapshot restore latest", ran(Ran.FAILED, 4), Fix.NONE),
    ],
)
def test_one_that_failed(run: str, last: Run, fix: Fix) -> None:
    """It is run again only where the reason passes, and its command does no harm twice."""
    [found] = told(run, last=last)
    assert (found.id, found.severity, found.fix) == ("schedule:own", "medium", fix)
    assert "no room" in found.text


def test_it_is_tried_again_once() -> None:
    """What was tried since that run is not tried again."""
    last = ran(Ran.FAILED, 4)
    [found] = told(last=last)
    known = Problem(id=found.id, seen=found, first_at=AGO, last_at=AGO)
    assert told(last=last, problems=[known])[0].fix is Fix.RERUN
    tried = Problem(id=found.id, seen=found, first_at=AGO, last_at=AGO, tried_at=NOON)
    assert told(last=last, problems=[tried])[0].fix is Fix.NONE
    assert told(last=last, running=ran(Ran.RUNNING))[0].fix is Fix.NONE


def test_times_that_pass_without_a_run() -> None:
    """Three within a day, and none of a schedule that is paused."""
    missed = tuple(Missed(slot=AGO, why="asleep", noted_at=NOON - timedelta(hours=n)) for n in (30, 3, 2, 1))
    assert seen(told(missed=missed)) == [("schedule:own", "low")]
    assert told(missed=missed[:3]) == ()
    assert told(missed=missed, paused=True) == ()


@pytest.mark.parametrize("outcome", [Ran.DONE, Ran.KILLED])
def test_what_went_well_or_was_ended_is_no_problem(outcome: Ran) -> None:
    """Nor is a schedule that has never run."""
    assert told(last=ran(outcome)) == ()
    assert told() == ()
    assert Sighting(kind=Kind.SCHEDULE, subject="own", severity=Severity.LOW, text="").id == "schedule:own"
