"""The rule on tasks that fail in the same way again and again."""

from collections.abc import Sequence

from engine.learning.problems.detectors.failing import look
from state.model import build as b
from state.model import task as t
from tests.engine.learning.problems.looks import a_look, seen
from tests.making import NOON, a_build, a_task

BOOM = "exit code 1: ledger.py:{}: error: no such column: total"


def past(label: str, endings: Sequence[tuple[str, str]]) -> dict[str, b.Build]:
    """Builds of one task, the first first."""
    builds = (
        a_build(f"{label}-{number}", b.Finished(ending=ending, text=text.format(number), at=NOON))
        for number, (ending, text) in enumerate(endings, 1)
    )
    return {build.id: build for build in builds}


def failed(label: str = "tidy") -> t.Task:
    return a_task(label, t.Failed(build=f"{label}-1", text="", at=NOON))


def told(builds: dict[str, b.Build], *tasks: t.Task) -> list[tuple[str, str]]:
    return seen(look(a_look(builds=builds, tasks={task.label: task for task in tasks or (failed(),)})))


def test_the_same_words_count_whatever_differs_in_them() -> None:
    """Three times with another line number are the same failure; two are not enough, six are worse."""
    assert told(past("tidy", [("failed", BOOM)] * 2)) == []
    assert told(past("tidy", [("failed", BOOM)] * 3)) == [("failing:tidy", "medium")]
    assert told(past("tidy", [("failed", BOOM)] * 6)) == [("failing:tidy", "high")]


def test_only_what_came_last_counts() -> None:
    """A success, or a failure of another kind, ends the row; kills are passed over."""
    row = [("failed", BOOM)] * 2
    assert told(past("tidy", [*row, ("done", ""), *row])) == []
    assert told(past("tidy", [*row, ("failed", "exit code 1: error: out of memory"), *row])) == []
    assert told(past("tidy", [*row, ("killed", "by the operator"), *row[:1]])) == [("failing:tidy", "medium")]


def test_a_task_that_is_done_does_not_fail() -> None:
    """However often it did."""
    done = a_task("tidy", t.Done(build="tidy-4", note="", at=NOON))
    assert told(past("tidy", [("failed", BOOM)] * 5), done) == []


def test_one_cause_of_many_is_one_problem() -> None:
    """Three tasks that fail with the same words are told together."""
    labels = ("one", "two", "three")
    builds = {key: build for label in labels for key, build in past(label, [("failed", BOOM)]).items()}
    facts = a_look(builds=builds, tasks={label: failed(label) for label in labels})
    [found] = look(facts) or ()
    assert found.severity == "high"
    assert found.figures == {"tasks": 3, "failures": 3}
    assert "one, two, three" in found.text and "no such column" in found.text
