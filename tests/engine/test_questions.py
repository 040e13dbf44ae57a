"""One row for one question, however often it comes up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.questions import Questions
from state.files import create_workspace
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.task import Priority
from state.store import Store
from tests.engine.engines import SETUP
from tests.making import NOON, ManualClock, a_task


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(create_workspace(tmp_path), ManualClock()) as store:
        yield store


def asked(store: Store, questions: Questions, kind: EscalationKind, text: str = "?", label: str = "tidy") -> Escalation:
    question = questions.ask(kind, a_task(label), text, NOON)
    store.stage([question], SETUP)
    return question


def test_the_same_question_again_is_counted_not_repeated(store: Store) -> None:
    """It keeps its id and its age, and tells the newest text."""
    questions = Questions(store)
    first = asked(store, questions, EscalationKind.DELIVERY_BLOCKED, "a.txt is in the way")
    again = asked(store, questions, EscalationKind.DELIVERY_BLOCKED, "b.txt is in the way")
    other = asked(store, questions, EscalationKind.DELIVERY_BLOCKED, label="other")
    assert (again.id, again.count, again.text, again.created_at) == (first.id, 2, "b.txt is in the way", NOON)
    assert (other.id, other.count) == ("e2", 1)


def test_an_answer_closes_every_question_on_a_task_and_only_those(store: Store) -> None:
    """They keep their rows, with the answer; the next time the same question is a new one."""
    questions = Questions(store)
    asked(store, questions, EscalationKind.BUILD_STALLED)
    asked(store, questions, EscalationKind.REVIEW_NEEDED)
    asked(store, questions, EscalationKind.UNCLEAR, label="other")
    closed = questions.answer("tidy", "approved", NOON)
    store.stage(closed, SETUP)
    assert {question.answer for question in closed} == {"approved"}
    assert questions.open_on("tidy") == () and questions.answer("tidy", "again", NOON) == ()
    assert [question.label for question in store.escalations.values() if question.open] == ["other"]
    assert asked(store, questions, EscalationKind.REVIEW_NEEDED).id == "e4"


def test_open_questions_are_known_after_a_restart(store: Store) -> None:
    """What was asked before is counted on; what was answered is not open; ids go on where they were."""
    before = Questions(store)
    asked(store, before, EscalationKind.REVIEW_NEEDED)
    asked(store, before, EscalationKind.UNCLEAR, label="other")
    store.stage(before.answer("other", "retried", NOON), SETUP)
    after = Questions(store)
    assert [question.id for question in after.open_on("tidy")] == ["e1"]
    assert after.open_on("other") == ()
    assert asked(store, after, EscalationKind.REVIEW_NEEDED).count == 2
    assert asked(store, after, EscalationKind.UNCLEAR, label="other").id == "e3"


@pytest.mark.parametrize("priority", Priority)
def test_a_question_is_as_urgent_as_its_task(store: Store, priority: Priority) -> None:
    """Unless the question itself says otherwise, or is about no task."""
    questions = Questions(store)
    task = a_task(priority=priority)
    assert questions.ask(EscalationKind.UNCLEAR, task, "?", NOON).priority.value == priority.value
    urgent = questions.ask(EscalationKind.BUILD_UNKNOWN, task, "?", NOON, urgency=Urgency.URGENT)
    assert urgent.priority is Urgency.URGENT
    assert questions.ask(EscalationKind.SYSTEM_HEALTH, None, "?", NOON).priority is Urgency.HIGH
