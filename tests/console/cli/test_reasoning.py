"""Tests of console.cli.reasoning."""

import msgspec

from console.cli.reasoning import Judge
from console.cli.shapes import queue_order
from state.model import task as t
from state.model.control import Control
from state.model.task import Category, Task
from state.model.view import EngineInfo, View
from state.settings import Settings
from tests.making import NOON, a_task


def judge(*tasks: Task, **changes: object) -> tuple[Judge, list[Task]]:
    view = View(at=NOON, engine=EngineInfo(slots=2, sandbox=""), tasks={task.label: task for task in tasks})
    return Judge(msgspec.structs.replace(view, **changes), Settings()), queue_order(tasks)


def test_the_first_that_may_start_is_chosen_and_the_others_are_told_of():
    """What needs approval is passed over, and it is said which and why."""
    asks = a_task("asks", category=Category.NEW_FEATURE)
    free = a_task("free")
    judging, ordered = judge(asks, free)
    choice = judging.choose(ordered)
    assert choice is not None
    assert choice.task is free
    assert [(task.label, verdict.stance.value) for task, verdict in choice.passed] == [("asks", "ask")]


def test_where_all_must_wait_the_first_that_only_waits_is_chosen():
    """With the kill switch engaged nothing starts, but the next one is still known."""
    judging, ordered = judge(a_task("a", command=""), a_task("b"), a_task("c"), control=Control(stopped=True))
    choice = judging.choose(ordered)
    assert choice is not None
    assert choice.task.label == "b"
    assert [found.rule for found in choice.verdict.against] == ["kill_switch"]


def test_where_all_need_the_operator_nothing_is_next():
    """Tasks that are held or ask do not start by themselves."""
    judging, ordered = judge(a_task("a", command=""), a_task("b", category=Category.NEW_FEATURE))
    assert judging.choose(ordered) is None


def test_one_that_waits_gets_every_rules_answer_and_others_their_own():
    """Waiting tasks are judged; a failed one tells how it failed."""
    judging, _ = judge(a_task("a"))
    assert {"clarity", "risk", "slots", "sandbox"} <= {str(why["rule"]) for why in judging.reasons(a_task("a"))}
    failed = a_task("f", t.Failed(build="f-1", text="it broke", at=NOON))
    assert [why["text"] for why in judging.reasons(failed)] == ["it broke"]
