"""What is put in the queue: all of a batch or nothing."""

from typing import Any

import pytest

from engine.desk.desk import Desk
from state.model import command as c
from state.model import task as t
from tests.engine.desk.asking import ask, desk, questions, state_of
from tests.making import a_spec

__all__ = ["desk"]


@pytest.mark.parametrize(
    ("changes", "state", "asked"),
    [
        ({}, "queued", []),
        ({"category": t.Category.NEW_FEATURE}, "awaiting_approval", [("approval_needed", "")]),
        ({"criteria": ()}, "held", [("unclear", "")]),
        ({"priority": t.Priority.LOW}, "awaiting_approval", [("approval_needed", "")]),
        ({"effects": (t.Effect.PRODUCTION,)}, "awaiting_approval", [("approval_needed", "")]),
        ({"blockers": ("waiting for the key",)}, "held", [("unclear", "")]),
    ],
)
def test_an_added_task_is_judged_at_once(desk: Desk, changes: dict[str, Any], state: str, asked: list[Any]) -> None:
    """What may start is queued; what may not becomes a question in the same commit."""
    reply = ask(desk, c.AddTasks(specs=(a_spec(**changes),)))
    assert reply.ok and reply.text == f"tidy: {state}"
    assert state_of(desk, "tidy") == state
    assert questions(desk, "tidy") == asked


def test_a_bad_batch_adds_nothing_and_names_every_mistake(desk: Desk) -> None:
    """A label twice, an unknown dependency: all told, none added."""
    ask(desk, c.AddTasks(specs=(a_spec("there"),)))
    before = desk.common.store.number
    reply = ask(desk, c.AddTasks(specs=(a_spec("there"), a_spec("new", depends=("nowhere",)), a_spec("fine"))))
    assert not reply.ok
    assert "there: there is a task of this label already" in reply.text
    assert "new: depends on nowhere" in reply.text
    assert desk.common.store.number == before
    assert set(desk.common.store.tasks) == {"there"}


def test_a_circle_of_dependencies_is_refused(desk: Desk) -> None:
    """Two tasks that wait for each other are refused, and the circle is named."""
    reply = ask(desk, c.AddTasks(specs=(a_spec("a", depends=("b",)), a_spec("b", depends=("a",)))))
    assert not reply.ok and "circle" in reply.text and not desk.common.store.tasks


def test_a_spawned_task_needs_no_approval_but_still_needs_a_command(desk: Desk) -> None:
    """Spawning is the operator's approval; it does not make a task without a command able to run."""
    assert ask(desk, c.SpawnTask(spec=a_spec(category=t.Category.NEW_FEATURE, criteria=()))).text == "tidy: queued"
    assert ask(desk, c.SpawnTask(spec=a_spec("empty", command=""))).text == "empty: held"
