"""The index of waiting tasks, held against a plain sort of all of them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.policy.order import order_key
from engine.schedule.waiting import Waiting
from state.model import task as t
from tests.making import NOON, a_task

STATES = (
    t.Queued(),
    t.Held(findings=()),
    t.Building(build="x-1"),
    t.Retrying(at=NOON + timedelta(minutes=5), text=""),
    t.Done(build="", note="", at=NOON),
)
changes = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(STATES), st.sampled_from(list(t.Priority))), max_size=40
)


@given(changes)
def test_the_order_is_that_of_a_plain_sort(history: list[tuple[str, t.TaskState, t.Priority]]) -> None:
    """After any history of changes the index holds what sorting all startable tasks would give."""
    waiting = Waiting()
    tasks: dict[str, t.Task] = {}
    for label, state, priority in history:
        tasks[label] = a_task(label, state, priority=priority)
        waiting.update(tasks[label])
    startable = [task for task in tasks.values() if isinstance(task.state, t.Queued | t.Retrying)]
    plain = [task.label for task in sorted(startable, key=lambda task: (order_key(task), task.label))]
    assert list(waiting) == plain
    assert list(Waiting(tasks.values())) == plain
    assert len(waiting) == len(plain)


def test_the_next_due_time_is_the_earliest_that_is_still_to_come() -> None:
    """Start times and retry times count while they lie ahead; a task that stops waiting takes its time along."""
    retry = a_task("a", t.Retrying(at=NOON + timedelta(minutes=5), text=""))
    timed = a_task("b", start_at=NOON + timedelta(minutes=3))
    waiting = Waiting([retry, timed])
    assert waiting.next_due(NOON) == NOON + timedelta(minutes=3)
    assert waiting.next_due(NOON + timedelta(minutes=3)) == NOON + timedelta(minutes=5)
    waiting.update(a_task("b", t.Building(build="b-1"), start_at=NOON + timedelta(minutes=3)))
    assert waiting.next_due(NOON) == NOON + timedelta(minutes=5)
    waiting.update(a_task("a", t.Done(build="a-1", note="", at=NOON)))
    assert waiting.next_due(NOON) is None


def test_a_change_of_a_task_asks_for_new_verdicts_on_its_dependents_once() -> None:
    """When a dependency changes, those that name it are judged again, and only once."""
    waiting = Waiting([a_task("first"), a_task("second", depends=("first",)), a_task("third")])
    waiting.update(a_task("first", t.Failed(build="first-1", text="", at=NOON)))
    assert waiting.take_again() == ("second",)
    assert waiting.take_again() == ()


def test_a_recurring_task_is_due_at_its_time() -> None:
    """The engine sleeps until the time that the task's expression names."""
    waiting = Waiting([a_task("a", cron="5 12 * * *", slot=NOON + timedelta(minutes=5))])
    assert waiting.next_due(NOON) == NOON + timedelta(minutes=5)
