"""Tests of the command that has goals looked into."""

from engine.desk.desk import Desk
from state.model import command as c
from state.model import task as t
from state.model.mode import Mode
from tests.engine.desk.asking import ask, desk
from tests.making import NOON, a_spec

__all__ = ["desk"]


def look(desk: Desk, *labels: str) -> c.Reply:
    goals = tuple((f"goal of {label[0]}", a_spec(label, category=t.Category.RESEARCH)) for label in labels)
    return ask(desk, c.LookInto(goals=goals))


def test_tasks_and_turns_are_one_entry(desk: Desk) -> None:
    """The goals' turn is on record with the tasks; the next time counts on."""
    number = desk.common.store.number
    assert look(desk, "a1", "b1").ok
    assert desk.common.store.number == number + 1
    goal = desk.common.store.goals["goal of a"]
    assert (goal.label, goal.times, goal.at) == ("a1", 1, NOON)
    assert desk.common.store.tasks["a1"].state_name == "queued"
    look(desk, "a2")
    assert (desk.common.store.goals["goal of a"].label, desk.common.store.goals["goal of a"].times) == ("a2", 2)


def test_what_cannot_be_queued_is_nobodys_turn(desk: Desk) -> None:
    """A label that is taken refuses all of it; while the engine observes nothing is queued at all."""
    assert look(desk, "a1").ok
    assert not look(desk, "b1", "a1").ok
    assert "goal of b" not in desk.common.store.goals
    assert ask(desk, c.SetMode(mode=Mode.OBSERVE)).ok
    assert "observe mode" in look(desk, "c1").text
