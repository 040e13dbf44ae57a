"""Tests of the figures about builds."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reports.runs import Span
from engine.reports.stats import ALL, count, durations, rate
from state.model.build import Build, Check, Finished, Result, Running
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.task import Category
from state.model.view import View
from tests.making import NOON, a_build, a_task

SPAN = Span(starts_at=NOON, ends_at=NOON + timedelta(days=30))


def a_run(build_id: str, ending: str, minutes: int, merged: bool = False) -> Build:
    """A build that began at noon."""
    end = NOON + timedelta(minutes=minutes)
    check = Check(result=Result.YES, at=end) if merged else Check()
    return a_build(build_id, Finished(ending=ending, text="", at=end), started_at=NOON, ended_at=end, delivered=check)


def a_view(*builds: Build, escalations: tuple[Escalation, ...] = (), **categories: Category) -> View:
    labels = {build.label for build in builds}
    tasks = {label: a_task(label, category=categories.get(label, Category.BUG_FIX)) for label in labels}
    return View(
        at=SPAN.ends_at,
        tasks=tasks,
        builds={build.id: build for build in builds},
        escalations={asked.id: asked for asked in escalations},
    )


def test_builds_are_counted_by_category_and_all_together() -> None:
    """Endings, retries and merges each in their place; what is not over or was over before is left out."""
    view = a_view(
        a_run("a-1", "failed", 5),
        a_run("a-2", "done", 10, merged=True),
        a_run("b-1", "done", 20),
        a_run("b-2", "killed", 30),
        a_run("c-1", "unknown", 40),
        a_run("old-1", "done", -5),
        a_build("now-1", Running(token="t", pid=1, start_ticks=1, boot="b"), started_at=NOON),
        b=Category.DOCUMENTATION,
        c=Category.DOCUMENTATION,
    )
    found = count(view, SPAN)
    assert [row.category for row in found.rows] == ["bug_fix", "documentation", ALL]
    bugs, docs, everything = found.rows
    assert (bugs.builds, bugs.again, bugs.merged, bugs.killed, bugs.unknown) == (2, 1, 1, 0, 0)
    assert (bugs.rate.successes, bugs.rate.n) == (1, 2)
    assert (docs.builds, docs.again, docs.merged, docs.killed, docs.unknown) == (3, 1, 0, 1, 1)
    assert (docs.rate.successes, docs.rate.n) == (1, 1)
    assert (everything.builds, everything.rate.n, everything.ran.n) == (5, 3, 2)
    assert everything.ran.median_s == 15 * 60


def test_a_killed_build_says_nothing_on_how_well_builds_do() -> None:
    """What the operator stops, and what nobody knows the end of, is in neither half of the rate."""
    found = count(a_view(*(a_run(f"a-{number}", "killed", 5) for number in range(1, 9))), SPAN)
    assert (found.rows[-1].rate.n, found.rows[-1].rate.interval) == (0, None)


def test_nothing_has_one_row_of_nothing() -> None:
    """A fresh workspace has figures, all of them 0, and no middle of nothing."""
    (row,) = count(a_view(), SPAN).rows
    assert (row.builds, row.rate.n, row.ran.n, row.ran.median_s) == (0, 0, 0, None)


def test_waiting_is_counted_for_questions_of_approval_only() -> None:
    """From when it was asked to when it was answered; an open one is told as open."""

    def asked(name: str, kind: EscalationKind, minutes: int | None) -> Escalation:
        answered = None if minutes is None else NOON + timedelta(minutes=minutes)
        return Escalation(
            id=name, type=kind, priority=Urgency.LOW, text="", created_at=NOON, label="a", answered_at=answered
        )

    found = count(
        a_view(
            escalations=(
                asked("e1", EscalationKind.APPROVAL_NEEDED, 10),
                asked("e2", EscalationKind.REVIEW_NEEDED, 30),
                asked("e3", EscalationKind.REVIEW_NEEDED, None),
                asked("e4", EscalationKind.BUILD_FAILED, 500),
            )
        ),
        SPAN,
    )
    assert (found.waited.n, found.waited.median_s, found.waiting) == (2, 20 * 60, 1)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (1, 1), (0, 3), (4, 4)])
def test_few_cases_have_no_interval(successes: int, n: int) -> None:
    """Under five, only the cases are told."""
    assert rate(successes, n).interval is None
    assert durations(range(n)).interval is None
    assert durations(range(n)).p90_s is None


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(5, 5, 0.6489, 1.0), (0, 5, 0.0, 0.3511), (8, 10, 0.5408, 0.9314), (50, 100, 0.4188, 0.5812)],
)
def test_rates_have_wilsons_interval(successes: int, n: int, low: float, high: float) -> None:
    """Figures from the formula in its textbook form, worked out by hand."""
    found = rate(successes, n).interval
    assert found is not None
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)


@pytest.mark.parametrize(
    ("n", "rank"), [(5, 1), (6, 1), (7, 1), (8, 2), (10, 2), (11, 3), (13, 4), (20, 6), (50, 19), (100, 42)]
)
def test_medians_have_the_interval_of_the_sign_test(n: int, rank: int) -> None:
    """The ranks are those of the tables for 90 %."""
    found = durations(range(1, n + 1)).interval
    assert found is not None
    assert (found.low, found.high) == (rank, n + 1 - rank)


def test_nine_of_ten_medians_lie_in_their_interval() -> None:
    """Drawn a thousand times from a skewed spread whose median is known, the interval holds it as often as it says."""
    draw = random.Random(7)
    held = 0
    for _ in range(1000):
        found = durations([draw.lognormvariate(0.0, 1.0) for _ in range(21)]).interval
        assert found is not None
        held += found.low <= 1.0 <= found.high
    assert held >= 880


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=5, max_size=200))
def test_the_middle_lies_between_its_bounds(values: list[float]) -> None:
    """Whatever the durations are, low, median, high and the nine of ten are in order."""
    found = durations(values)
    assert found.interval is not None
    assert found.median_s is not None
    assert found.p90_s is not None
    assert min(values) <= found.interval.low <= found.median_s <= found.interval.high <= max(values)
    assert sum(value <= found.p90_s for value in values) >= 0.9 * len(values)


def test_many_builds_are_counted_exactly() -> None:
    """The count of ways grows far beyond any float; the answer stays a pair of ranks close to the middle."""
    found = durations(range(10_000)).interval
    assert found is not None
    assert (found.low, found.high) == (4917, 5082)
