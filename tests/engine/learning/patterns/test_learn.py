"""Tests of all routines that a view tells of."""

import random
from datetime import timedelta

import msgspec
import pytest

from engine.learning.patterns.learn import learn
from state.model import task as t
from state.model.escalation import Escalation, EscalationKind, Urgency
from tests.engine.learning.histories import CHICAGO, DAY, TO, a_view, done, habits, wall


def test_habits_are_learnt_and_odd_work_is_not() -> None:
    """The two routines of nine weeks, each with its words; nothing of what came at odd times."""
    found = learn(a_view(habits()), CHICAGO)
    assert [(one.like.title, one.rhythm.days) for one in found.routines] == [
        ("update dependencies", (0, 1, 2, 3, 4)),
        ("weekly report", (4,)),
    ]
    assert found.routines[0].said().startswith("a task like “update dependencies” comes on weekdays around 09:0")
    assert all(one.sure.confidence > 0.8 for one in found.routines)
    assert sum(map(sum, found.hours)) == found.happenings == len(habits())


@pytest.mark.parametrize("how", ["anywhere", "swapped"])
def test_a_shuffled_history_shows_nothing_that_would_be_acted_on(how: str) -> None:
    """The same tasks at other times, or at each other's: no pattern of them is sure enough to build ahead for."""
    tasks = list(habits().values())
    for seed in range(25):
        dice = random.Random(seed)
        times = [task.added_at for task in tasks]
        if how == "anywhere":
            times = [TO - timedelta(days=dice.uniform(0, 63)) for _ in tasks]
        dice.shuffle(times)
        shuffled = {
            task.label: msgspec.structs.replace(task, added_at=at) for task, at in zip(tasks, times, strict=True)
        }
        found = learn(a_view(shuffled), CHICAGO)
        sure = [one.said() for one in found.routines if one.sure.confidence > 0.8 and one.like.kind == "task"]
        assert sure == [], (seed, sure)


def test_a_routine_keeps_its_name_while_its_time_moves() -> None:
    """Noted once, it is the same pattern the week after, a quarter of an hour later."""
    before = learn(a_view(habits(seed=1)), CHICAGO).routines[0]
    tasks = {
        label: msgspec.structs.replace(task, added_at=task.added_at + timedelta(minutes=15))
        for label, task in habits(seed=2).items()
    }
    after = learn(a_view(tasks), CHICAGO).routines[0]
    assert before.rhythm != after.rhythm
    assert before.id == after.id


def test_times_are_those_on_the_wall_across_a_change_of_clocks() -> None:
    """Half the history before the first of November, half after: one time of day, not two."""
    routine = learn(a_view(habits(weeks=6)), CHICAGO).routines[0]
    assert routine.rhythm.minute in range(540, 560)
    assert routine.rhythm.give_min <= 30
    assert routine.sure.hits == routine.sure.n


def test_a_category_has_a_rhythm_where_its_tasks_are_never_alike() -> None:
    """Each Friday something else is written about: the category comes on Fridays, no task of it does."""
    titles = ["moths", "rivers", "glass", "salt", "kites", "clocks", "bread", "ropes", "wells", "lamps"]
    tasks = {
        title: done(
            title,
            wall(TO - 7 * DAY * (week + 1), 15),
            title=f"On {title}",
            category=t.Category.DOCUMENTATION,
            source="",
        )
        for week, title in enumerate(titles)
    }
    (found,) = learn(a_view(tasks), CHICAGO).routines
    assert found.like.kind == "category"
    assert found.said() == "a documentation task comes on Fridays around 15:00"


def test_when_questions_are_answered_is_learnt() -> None:
    """Every morning about a quarter past eight."""
    asked = {
        f"e{back}": Escalation(
            id=f"e{back}",
            type=EscalationKind.APPROVAL_NEEDED,
            priority=Urgency.LOW,
            text="",
            created_at=TO - DAY * (back + 1),
            answered_at=wall(TO - DAY * back, 8.25),
            answer="approved",
        )
        for back in range(1, 20)
    }
    (found,) = learn(a_view({}, escalations=asked), CHICAGO).routines
    assert found.said() == "answers to questions are given every day around 08:15"


def test_of_nothing_nothing_is_learnt() -> None:
    """An empty record is no mistake."""
    found = learn(a_view({}), CHICAGO)
    assert (found.routines, found.happenings, found.since) == ((), 0, None)
