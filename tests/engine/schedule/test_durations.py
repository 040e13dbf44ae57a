"""How long builds are taken to last."""

import math
import statistics
from datetime import timedelta

import pytest

from engine.policy.estimate import ASSUMED_S
from engine.schedule.durations import FEWEST, SPREAD, Durations, fails
from state.model import build as b
from state.model.task import Category, Task
from tests.making import NOON, a_build, a_spec, a_task


def history(hours: list[float], category: Category = Category.BUG_FIX, ending: str = "done") -> Durations:
    """What is known after builds of one category lasted so long."""
    tasks: dict[str, Task] = {}
    builds = []
    for number, lasted in enumerate(hours):
        tasks[f"t{number}"] = a_task(f"t{number}", category=category)
        over = b.Finished(ending=ending, text="", at=NOON)
        times = {"started_at": NOON, "ended_at": NOON + timedelta(hours=lasted)}
        builds.append(a_build(f"t{number}-1", over, **times))
    return Durations(tasks, builds)


def test_an_estimate_counts_first() -> None:
    """What the operator estimated counts, whatever such builds took before."""
    known = history([1.0, 2.0, 3.0]).expected(a_spec(hours=5.0))
    assert (known.median_s, known.source) == (5 * 3600.0, "estimate")


def test_history_counts_where_nothing_is_estimated() -> None:
    """The median of what builds of the category took, and their own spread."""
    known = history([1.0, 2.0, 4.0]).expected(a_spec())
    assert known.source == "history"
    assert known.median_s == pytest.approx(2 * 3600.0)
    assert known.spread == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    "known",
    [
        history([1.0] * (FEWEST - 1)),
        history([1.0] * FEWEST, Category.DOCUMENTATION),
        history([1.0] * FEWEST, ending="failed"),
    ],
)
def test_too_little_is_known(known: Durations) -> None:
    """A few builds, those of another category and failed ones tell nothing."""
    assert known.expected(a_spec()).source == "default"
    assert known.expected(a_spec()).median_s == ASSUMED_S


def test_draws_are_the_same_for_the_same_seed() -> None:
    """A draw depends on task, attempt and seed alone."""
    known = Durations({}, [])
    spec = a_spec(hours=2.0)
    assert known.draw_s(spec, 1, 7) == known.draw_s(spec, 1, 7)
    assert len({known.draw_s(spec, 1, 7), known.draw_s(spec, 2, 7), known.draw_s(spec, 1, 8)}) == 3
    assert known.draw_s(spec, 1, 7) != known.draw_s(a_spec("other", hours=2.0), 1, 7)


def test_draws_lie_around_the_estimate() -> None:
    """Of many draws the median is the estimate and the spread what is said."""
    drawn = [Durations({}, []).draw_s(a_spec(hours=2.0), 1, seed) for seed in range(2000)]
    assert statistics.median(drawn) == pytest.approx(7200, rel=0.05)
    assert statistics.stdev(map(math.log, drawn)) == pytest.approx(SPREAD, rel=0.1)


def test_nothing_lasts_no_time() -> None:
    """An estimate of nothing is a second."""
    assert Durations({}, []).draw_s(a_spec(hours=0.0), 1, 0) >= 1.0


def test_a_share_of_the_attempts_fails() -> None:
    """None, all, or about as many as are asked for; the same ones for the same seed."""
    spec = a_spec()
    assert not any(fails(spec, attempt, 0, 0.0) for attempt in range(100))
    assert all(fails(spec, attempt, 0, 1.0) for attempt in range(100))
    failed = [fails(spec, attempt, 0, 0.3) for attempt in range(1000)]
    assert sum(failed) == pytest.approx(300, abs=50)
    assert failed == [fails(spec, attempt, 0, 0.3) for attempt in range(1000)]
