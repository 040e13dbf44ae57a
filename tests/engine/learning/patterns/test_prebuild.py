"""Tests of what is worth queueing before anybody asks for it."""

from datetime import timedelta

import msgspec
import pytest

from engine.learning.patterns.learn import learn
from engine.learning.patterns.likeness import of_task
from engine.learning.patterns.prebuild import ahead, built_for, noted, there
from state.model import task as t
from state.model.learning.pattern import SOURCE, Prebuilt
from tests.engine.learning.histories import CHICAGO, DAY, TO, a_view, done, habits, wall


def queued(tasks, known=None, over=0.8, now=TO):
    view = a_view(tasks, now)
    return ahead(learn(view, CHICAGO).routines, view.tasks, known or {}, over, now, CHICAGO)


def test_what_is_sure_enough_within_a_day_is_queued_ahead() -> None:
    """The work of the latest like task, under a label of the day that it is for, told as coming from a pattern."""
    deps, report = queued(habits())
    assert (deps.spec.label, deps.spec.title, deps.spec.source) == ("deps-2026-11-20", "Update dependencies", SOURCE)
    assert deps.at.astimezone(CHICAGO).hour == 9
    assert deps.since < deps.at - timedelta(hours=20)
    assert report.spec.title == "Weekly report"
    model = habits()["deps-1"].spec
    assert msgspec.structs.replace(deps.spec, label="", title="", source="") == msgspec.structs.replace(
        model, label="", title="", source=""
    )
    assert of_task(deps.spec) == of_task(model)


@pytest.mark.parametrize("over", [0.93, 1.0])
def test_what_is_not_sure_enough_is_not(over: float) -> None:
    """The threshold is the operator's."""
    assert "report-2026-11-20" not in [one.spec.label for one in queued(habits(), over=over)]


def test_each_occurrence_is_served_once() -> None:
    """One that was queued for already is left alone, though the pattern's time has moved by minutes."""
    view = a_view(habits())
    routines = learn(view, CHICAGO).routines
    rows = {row.id: row for row in noted(routines, {}, TO)}
    first = queued(habits(), rows)[0]
    made = (Prebuilt(at=first.at + timedelta(minutes=20), label="x"),)
    rows[first.pattern] = msgspec.structs.replace(rows[first.pattern], prebuilt=made)
    assert first.pattern not in [one.pattern for one in queued(habits(), rows)]
    assert built_for(made, first.at)
    assert not built_for(made, first.at + DAY)


@pytest.mark.parametrize(
    "state", [t.Queued(), t.Held(findings=()), t.Building(build="b"), t.AwaitingReview(build="b", digest="")]
)
def test_never_beside_a_like_task(state: t.TaskState) -> None:
    """While one waits, is built or is to be reviewed, however old it is, there is no second."""
    tasks = habits()
    old = tasks["deps-30"]
    tasks["deps-30"] = msgspec.structs.replace(old, state=state)
    assert [one.spec.title for one in queued(tasks)] == ["Weekly report"]


def test_never_after_it_was_wanted_already() -> None:
    """One that came since the last occasion was over is the one that is expected, though it came hours too soon."""
    tasks = habits() | {"deps-x": done("deps-x", wall(TO - DAY, 20), title="Update dependencies")}
    assert [one.spec.title for one in queued(tasks)] == ["Weekly report"]
    like = of_task(tasks["deps-x"].spec)
    assert there(tasks.values(), like, wall(TO - DAY, 19))
    assert not there(tasks.values(), like, wall(TO - DAY, 21))


def test_work_that_failed_last_is_not_repeated_unasked() -> None:
    """What did not go well under the operator's eyes does not go on without them."""
    tasks = habits()
    tasks["deps-1"] = msgspec.structs.replace(tasks["deps-1"], state=t.Failed(build="", text="", at=TO - DAY))
    assert [one.spec.title for one in queued(tasks)] == ["Weekly report"]


def test_a_row_keeps_when_it_was_noted() -> None:
    """The figures are of now, what is known beside them stays."""
    routines = learn(a_view(habits()), CHICAGO).routines
    before = noted(routines, {}, TO - DAY)[0]
    before = msgspec.structs.replace(before, prebuilt=(Prebuilt(at=TO, label="x"),), confidence=0.1)
    after = noted(routines, {before.id: before}, TO)[0]
    assert (after.noted_at, after.prebuilt) == (TO - DAY, before.prebuilt)
    assert after.confidence == routines[0].sure.confidence
