"""The same failure is one incident."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.builds.incidents import given_up
from engine.hall import Hall
from engine.questions import Questions
from engine.work.sandbox import Machine
from state.files import create_workspace
from state.model import build as b
from state.settings import Settings
from state.store import Store
from tests.engine.engines import SETUP
from tests.making import NOON, ManualClock, a_build, a_task


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    workspace, clock = create_workspace(tmp_path), ManualClock()
    store = Store.open(workspace, clock)
    hall = Hall(workspace, store, Settings(), clock, Machine(), lambda: None, lambda _: None)
    yield hall
    store.close()


def tried(hall: Hall, build_id: str, text: str, ending: str = "failed") -> b.Build:
    build = a_build(build_id, b.Finished(ending=ending, text=text, at=NOON))
    hall.store.stage([a_task(build.label, attempts=build.attempt, failures=3), build], SETUP)
    return build


def gave_up(hall: Hall, build: b.Build) -> str:
    """The text of the question about a build that was the last try."""
    assert isinstance(build.state, b.Finished)
    rows = given_up(hall, build, build.state.text)
    hall.store.stage(rows, SETUP)
    return rows[0].text


def rows(hall: Hall) -> list[tuple[str, str, int]]:
    return [(row.label, row.signature, row.count) for row in hall.store.escalations.values() if row.open]


def test_forty_times_the_same_failure_is_one_row(hall: Hall) -> None:
    """Through retries and answers: a counter, not forty rows."""
    text = ""
    for attempt in range(1, 41):
        build = tried(hall, f"tidy-{attempt}", f"exit code 1: assert {attempt} == 4")
        text = gave_up(hall, build)
        if attempt < 40:
            hall.store.stage(hall.questions.answer("tidy", "retried", NOON), SETUP)
    assert len(hall.store.escalations) == 1
    assert rows(hall) == [("tidy", "exit code 1: assert # == #", 40)]
    assert text == "failed 40 times in the same way since it last succeeded: exit code 1: assert 40 == 4"


def test_another_error_of_the_same_task_is_another_row(hall: Hall) -> None:
    """Each with its own count."""
    gave_up(hall, tried(hall, "tidy-1", "exit code 1: KeyError: 'a'"))
    gave_up(hall, tried(hall, "tidy-2", "exit code 1: KeyError: 'b'"))
    assert gave_up(hall, tried(hall, "tidy-3", "exit code 1: KeyError: 'a'")).startswith("failed 4 times; the last")
    assert [(row[0], row[2]) for row in rows(hall)] == [("tidy", 2), ("tidy", 1)]


def test_after_a_success_the_same_failure_is_a_new_incident(hall: Hall) -> None:
    """What was mended and came back is not the old row."""
    gave_up(hall, tried(hall, "tidy-1", "boom 1"))
    hall.store.stage(hall.questions.answer("tidy", "retried", NOON), SETUP)
    hall.clock.forward(60)  # type: ignore[attr-defined]
    mended = a_build("tidy-2", b.Finished(ending="done", text="", at=hall.clock.now()))
    hall.store.stage([mended], SETUP)
    gave_up(hall, tried(hall, "tidy-3", "boom 3"))
    assert [row.count for row in hall.store.escalations.values()] == [1, 1]


def test_tasks_that_fail_alike_are_told_as_one_incident(hall: Hall) -> None:
    """Each names the others, and the first one learns of those that came later."""
    gave_up(hall, tried(hall, "a-1", "cannot reach the registry, port 4873"))
    assert gave_up(hall, tried(hall, "b-1", "cannot reach the registry, port 4874")).endswith("; also: a")
    assert gave_up(hall, tried(hall, "c-1", "cannot reach the registry, port 4875")).endswith("; also: a, b")
    assert "also" not in gave_up(hall, tried(hall, "d-1", "out of memory"))
    first = hall.store.escalations["e1"]
    assert first.text == "failed 4 times; the last time: cannot reach the registry, port 4873; also: b, c"
    assert first.also == ("b", "c")


def test_a_long_incident_names_few_and_counts_the_rest(hall: Hall) -> None:
    """A hundred tasks that fail alike are no text of a hundred names."""
    text = ""
    for number in range(20):
        text = gave_up(hall, tried(hall, f"t{number}-1", "boom"))
    assert text.endswith("and 11 more") and text.count(",") == 7


def test_a_restart_knows_the_incident(hall: Hall) -> None:
    """The count goes on where it was."""
    gave_up(hall, tried(hall, "tidy-1", "boom 1"))
    hall.questions = Questions(hall.store)
    gave_up(hall, tried(hall, "tidy-2", "boom 2"))
    assert rows(hall) == [("tidy", "boom #", 2)]
