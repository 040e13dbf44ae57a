"""What every group of commands works with."""

import pytest

from engine.desk.common import Refused
from engine.desk.desk import Desk
from state.model import command as c
from state.model import task as t
from state.model.mode import Mode
from tests.engine.desk.asking import ask, desk, questions
from tests.making import NOON, a_spec, a_task

__all__ = ["desk"]


def test_an_unknown_task_is_refused_in_words(desk: Desk) -> None:
    """Whoever names a task that is not there learns how to find the others."""
    with pytest.raises(Refused, match=r"no task 'nobody': `midwatch queue --all`"):
        desk.common.task("nobody")


def test_a_vague_task_is_held_and_one_question_says_why(desk: Desk) -> None:
    """Judging it again asks the same question, not another one."""
    task = a_task("vague", description="", criteria=())
    for _ in range(2):
        task, asked = desk.common.judged(task, NOON)
        desk.common.stage([task, *asked], "engine", "judged", "the scene of a test")
    assert task.state_name == "held"
    assert questions(desk, "vague") == [("unclear", "")]


def test_it_knows_whether_anything_is_carried_out(desk: Desk) -> None:
    """Observing begins with the record that says so."""
    assert not desk.common.observes
    assert ask(desk, c.SetMode(mode=Mode.OBSERVE)).ok
    assert desk.common.observes


def test_what_cannot_be_undone_is_said_when_it_is_asked_about(desk: Desk) -> None:
    """The question that the operator answers carries it; the usual task's does not."""
    pays = a_spec("pay", effects=(t.Effect.FINANCIAL,))
    ask(desk, c.AddTasks(specs=(pays, a_spec("wish", category=t.Category.NEW_FEATURE))))
    [asked] = desk.common.questions.open_on("pay")
    assert "cannot be undone by midwatch" in asked.text
    [plain] = desk.common.questions.open_on("wish")
    assert "undone" not in plain.text
