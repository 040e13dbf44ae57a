"""The figures against goals, from tables of what is on record."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.reports.kpis import Kpis, measure
from engine.reports.runs import Span, until_now
from engine.safety import crash
from state.journal import Decision
from state.model import build as b
from state.model.learning.pattern import NOTED
from state.model.task import Category
from state.model.view import EngineInfo, View
from tests.making import NOON, a_build, a_task

DAY = timedelta(days=1)
SPAN = until_now(NOON - 7 * DAY, NOON)


def decided(hours_ago: float, action: str, actor: str = "engine") -> Decision:
    """A line of the journal."""
    at = NOON - timedelta(hours=hours_ago)
    return Decision(seq=1, at=at, actor=actor, action=action, why="", prev="", hash="")


def over(number: int, ending: str, hours_ago: float = 1, **changes: Any) -> b.Build:
    """A build that is over; one that is done was verified, if nothing else is said."""
    state = b.Finished(ending=ending, text="", at=NOON - timedelta(hours=hours_ago))
    verified = b.Check(result=b.Result.YES if ending == "done" else b.Result.NO)
    return a_build(f"t{number}-1", state, **{"verified": verified, **changes})


def kpis(*decisions: Decision, builds: tuple[b.Build, ...] = (), running_since: datetime | None = None) -> Kpis:
    """What is measured of a week that ends at noon."""
    engine = EngineInfo(mode="headless", pid=1, started_at=running_since) if running_since else EngineInfo()
    tasks = {build.label: a_task(build.label, category=Category.BUG_FIX, hours=2.0) for build in builds}
    view = View(at=NOON, engine=engine, builds={build.id: build for build in builds}, tasks=tasks)
    return measure(view, decisions, SPAN)


H = 3600.0


@pytest.mark.parametrize(
    ("decisions", "running", "covered_h", "up_h", "unknown_h", "crashes"),
    [
        ([], False, 0, 0, 0, 0),
        ([(10, "engine_started")], True, 10, 10, 0, 0),
        ([(10, "engine_started"), (4, "engine_ended")], False, 10, 6, 0, 0),
        ([(10, "engine_started"), (8, "engine_ended"), (2, "engine_started")], True, 10, 4, 0, 0),
        ([(10, "engine_ended")], False, 168, 158, 0, 0),
        ([(10, "engine_started"), (8, "build_decided"), (5, crash.KIND), (5, "engine_started")], True, 10, 7, 3, 1),
        ([(10, "engine_started"), (8, "build_decided")], False, 10, 2, 8, 0),
        ([(9, crash.KIND), (9, "engine_started")], True, 168, 9, 159, 1),
    ],
    ids=["nothing", "runs", "ended", "twice", "ran before", "crashed", "dead and not noticed yet", "crashed at once"],
)
def test_uptime_is_what_the_record_proves(
    decisions: list[tuple[float, str]], running: bool, covered_h: float, up_h: float, unknown_h: float, crashes: int
) -> None:
    """From a start to an end or a last sign of life; what lies between that and a crash's discovery is unknown."""
    told = [decided(hours, action) for hours, action in decisions]
    found = kpis(*told, running_since=NOON - timedelta(hours=1) if running else None).uptime
    assert (found.covered_s / H, found.up_s / H, found.unknown_s / H) == (covered_h, up_h, unknown_h)
    assert found.crashes == crashes


def test_an_operator_at_work_is_no_sign_of_an_engine() -> None:
    """A task that was queued after a crash does not make the engine live longer."""
    told = [decided(10, "engine_started"), decided(6, "task_added", "operator:ada"), decided(5, crash.KIND)]
    assert kpis(*told).uptime.up_s == 0


def test_an_engine_without_an_entry_in_the_span_ran_all_the_time() -> None:
    """Who started before the span and runs now was up for all of it."""
    found = kpis(running_since=NOON - 9 * DAY)
    assert found.figures["uptime_ratio"].value == pytest.approx(1.0)


def test_builds_hours_and_fixes_are_told_by_the_time_that_is_covered() -> None:
    """Two builds in half a week are four a week; killed ones count for nothing, failed ones against the accuracy."""
    builds = (over(1, "done"), over(2, "done", 30), over(3, "failed"), over(4, "killed"), over(5, "done", 9999))
    found = kpis(decided(84, "engine_started"), builds=builds, running_since=NOON - timedelta(hours=84))
    figures = {name: figure.value for name, figure in found.figures.items()}
    assert found.shipped == 2
    assert figures["shipped_per_week"] == pytest.approx(4.0)
    assert figures["shipped_hours_per_week"] == pytest.approx(8.0)
    assert figures["problems_fixed_per_day"] == pytest.approx(2 / 3.5)
    assert figures["accuracy_ratio"] == pytest.approx(2 / 3)
    assert found.figures["shipped_per_week"].met is False


def test_patterns_are_counted_by_the_week() -> None:
    """Each when it was noted first; two in half a week are four a week, which is more than is looked for."""
    noted = [decided(hours, NOTED, "operator:ada") for hours in (80, 3)]
    found = kpis(decided(84, "engine_started"), *noted, running_since=NOON - timedelta(hours=84))
    assert found.figures["patterns_per_week"].value == pytest.approx(4.0)
    assert found.figures["patterns_per_week"].met is True
    none = kpis(decided(84, "engine_started"), running_since=NOON - timedelta(hours=84))
    assert none.figures["patterns_per_week"].met is False


def test_problems_that_were_fixed_count_beside_bug_fixes() -> None:
    """Only what was really fixed."""
    told = [decided(48, "engine_started"), decided(20, "problem_fixed"), decided(9, "problem_not_fixed")]
    told += [decided(8, "problem_fixed"), decided(7, "problem_fixed")]
    found = kpis(*told, builds=(over(1, "done"),), running_since=NOON - timedelta(hours=48))
    figure = found.figures["problems_fixed_per_day"]
    assert figure.value == pytest.approx(4 / 2)
    assert figure.met is True


def test_what_was_taken_back_was_not_shipped() -> None:
    """A reverted build counts as wrong."""
    back = over(1, "done", reverted=b.Check(result=b.Result.YES))
    found = kpis(decided(100, "engine_started"), builds=(back,), running_since=NOON)
    assert found.shipped == 0 and found.figures["accuracy_ratio"].value == 0.0


def test_money_is_shared_among_what_was_shipped() -> None:
    """What failed builds cost is paid by those that were shipped."""
    builds = (over(1, "done", spent=1_500_000), over(2, "failed", spent=500_000))
    figures = kpis(decided(100, "engine_started"), builds=builds, running_since=NOON).figures
    assert figures["dollars_per_build"].value == pytest.approx(2.0)
    assert figures["dollars_per_hour_shipped"].value == pytest.approx(1.0)


def test_what_the_record_does_not_tell_stays_unknown() -> None:
    """On an empty record every figure is unknown, and says why."""
    for name, figure in kpis().figures.items():
        assert figure.value is None and figure.text and figure.met is None, name
    assert kpis(decided(2, "engine_started")).figures["shipped_per_week"].value is None


def test_nights_are_counted_one_by_one() -> None:
    """What was shipped by day counts for no night."""
    builds = (over(1, "done", 9), over(2, "done", 10), over(3, "done", 1))
    view = View(at=NOON, builds={build.id: build for build in builds})
    nights = [Span(starts_at=NOON - day * DAY - timedelta(hours=13), ends_at=NOON - day * DAY - timedelta(hours=5))
              for day in (1, 0)]  # fmt: skip
    begun = decided(60, crash.STARTED)
    found = measure(view, [begun], SPAN, [Span(starts_at=NOON - 5 * DAY, ends_at=NOON - 4 * DAY), *nights])
    assert found.nights == (0, 2), "the night before the record begins is no night without a result"
    assert found.figures["shipped_per_night"].value == 1.0
    assert found.figures["shipped_per_night"].met is False
