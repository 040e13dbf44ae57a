"""What is put in the queue: all of a batch or nothing."""

from typing import Any

import pytest

from engine.desk.desk import Desk
from engine.safety.privacy.vault import Vault
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


def test_what_a_task_says_of_people_is_kept_apart(desk: Desk) -> None:
    """The record has placeholders, and the words stand in a file that can be erased, for added and spawned tasks."""
    for number, command in enumerate((c.AddTasks, c.SpawnTask)):
        spec = a_spec(f"t{number}", description="Answer ada@example.org about the ledger")
        assert ask(desk, command(specs=(spec,)) if command is c.AddTasks else command(spec=spec)).ok
        task = desk.common.store.tasks[spec.label]
        assert task.spec.description == "Answer [mail 1] about the ledger"
        assert Vault(desk.common.store.workspace).told(spec.label, task.spec.description) == spec.description
        assert not isinstance(task.state, t.AwaitingApproval), "an approval is bound to what the record holds"


def test_a_task_with_a_secret_is_refused_whoever_sends_it(desk: Desk) -> None:
    """A face that did not look is no way round it, and nothing is kept of what was refused."""
    key = "ghp_" + "a1B2c3D4e5" * 4
    reply = ask(desk, c.AddTasks(specs=(a_spec(command=f"deploy --token={key}", description="for ada@example.org"),)))
    assert (reply.ok, key in reply.text) == (False, False)
    assert "command: holds a token" in reply.text
    assert not desk.common.store.tasks
    assert Vault(desk.common.store.workspace).labels() == []


def test_a_task_whose_words_cannot_be_kept_apart_is_refused(desk: Desk) -> None:
    """Where the vault cannot be written, the words do not go into the record instead."""
    (desk.common.store.workspace.hidden / "private").write_text("in the way")
    reply = ask(desk, c.AddTasks(specs=(a_spec(description="Answer ada@example.org about the ledger"),)))
    assert (reply.ok, "cannot be kept apart" in reply.text) == (False, True)
    assert not desk.common.store.tasks
