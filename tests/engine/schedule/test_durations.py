"""How long builds are taken to last."""

import math
import random
import statistics
from datetime import timedelta

import pytest

from engine.policy.estimate import ASSUMED_S
from engine.schedule.durations import FEWEST, SHARE, SPREAD, Durations, fails
from engine.telemetry.history import History
from state.model import build as b
from state.model.task import Category, Task
from tests.making import NOON, a_build, a_spec, a_task

NOTHING = Durations(History({}, []))


def history(hours: list[float], ending: str = "done", **fields: object) -> Durations:
    """What is known after builds of one kind lasted so long."""
    tasks: dict[str, Task] = {}
    builds = []
    for number, lasted in enumerate(hours):
        tasks[f"t{number}"] = a_task(f"t{number}", **{"command": "make", **fields})
        over = b.Finished(ending=ending, text="", at=NOON)
        result = b.Result.YES if ending == "done" else b.Result.NO
        ran = b.Check(result=result, at=NOON + timedelta(hours=lasted))
        builds.append(a_build(f"t{number}-1", over, started_at=NOON, executed=ran, ended_at=NOON + timedelta(days=9)))
    return Durations(History(tasks, builds))


TEN = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]


def test_history_of_the_same_kind_counts_first() -> None:
    """What ten builds of the same category, runner and repository took counts, whatever was estimated."""
    known = history(TEN).expected(a_spec(command="make", hours=99.0))
    assert (known.low_s, known.median_s, known.high_s) == (3600.0, 5.5 * 3600, 10 * 3600.0)
    assert known.said == "history of 10"
    assert known.spread == pytest.approx(statistics.stdev(map(math.log, TEN)))


def test_an_estimate_beats_builds_of_another_kind() -> None:
    """Another runner's builds say less of a task than its own estimate, and more than nothing."""
    known = history(TEN).expected(a_spec(command="claude -p", hours=2.0))
    assert (known.median_s, known.said) == (7200.0, "estimate")
    assert known.low_s < 7200.0 < known.high_s
    assert history(TEN).expected(a_spec(command="claude -p")).said == "history of 10"


@pytest.mark.parametrize(
    "known",
    [
        history([1.0] * (FEWEST - 1)),
        history([1.0] * FEWEST, category=Category.DOCUMENTATION),
        history([1.0] * FEWEST, ending="failed"),
    ],
)
def test_too_little_is_known(known: Durations) -> None:
    """A few builds, those of another category and failed ones tell nothing."""
    found = known.expected(a_spec(command="make"))
    assert (found.said, found.median_s) == ("default", ASSUMED_S)


@pytest.mark.parametrize("count", [10, 14, 19, 29, 50])
def test_the_interval_holds_the_next_build_as_often_as_it_says(count: int) -> None:
    """Of builds that are spread in whatever way, four of five and hardly more last as long as foretold."""
    dice = random.Random(count)
    inside = 0
    for _ in range(400):
        *before, following = (dice.paretovariate(1.2) for _ in range(count + 1))
        known = history(before).expected(a_spec(command="make"))
        inside += known.low_s <= following * 3600.0 <= known.high_s
    assert SHARE - 0.06 < inside / 400 < SHARE + 0.13


def test_draws_are_the_same_for_the_same_seed() -> None:
    """A draw depends on task, attempt and seed alone."""
    spec = a_spec(hours=2.0)
    assert NOTHING.draw_s(spec, 1, 7) == NOTHING.draw_s(spec, 1, 7)
    assert len({NOTHING.draw_s(spec, 1, 7), NOTHING.draw_s(spec, 2, 7), NOTHING.draw_s(spec, 1, 8)}) == 3
    assert NOTHING.draw_s(spec, 1, 7) != NOTHING.draw_s(a_spec("other", hours=2.0), 1, 7)


def test_draws_lie_around_the_estimate() -> None:
    """Of many draws the median is the estimate and the spread what is said."""
    drawn = [NOTHING.draw_s(a_spec(hours=2.0), 1, seed) for seed in range(2000)]
    assert statistics.median(drawn) == pytest.approx(7200, rel=0.05)
    assert statistics.stdev(map(math.log, drawn)) == pytest.approx(SPREAD, rel=0.1)


def test_nothing_lasts_no_time() -> None:
    """An estimate of nothing is a second."""
    assert NOTHING.draw_s(a_spec(hours=0.0), 1, 0) >= 1.0
    assert NOTHING.expected(a_spec(hours=0.0)).low_s >= 1.0


def test_a_share_of_the_attempts_fails() -> None:
    """None, all, or about as many as are asked for; the same ones for the same seed."""
    spec = a_spec()
    assert not any(fails(spec, attempt, 0, 0.0) for attempt in range(100))
    assert all(fails(spec, attempt, 0, 1.0) for attempt in range(100))
    failed = [fails(spec, attempt, 0, 0.3) for attempt in range(1000)]
    assert sum(failed) == pytest.approx(300, abs=50)
    assert failed == [fails(spec, attempt, 0, 0.3) for attempt in range(1000)]
