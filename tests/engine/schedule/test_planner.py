"""The plan: from a view, facts and rules to intents."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from engine.policy import observing
from engine.policy.facts import Active, Facts, Rules
from engine.schedule import planner
from engine.schedule.waiting import Waiting
from state.model import task as t
from state.model.brakes.usage import Amount, Usage
from state.model.control import Control
from state.model.verdict import Finding, Stance
from state.model.view import View
from state.model.when.window import Span, Window
from tests.making import NOON, a_task

RULES = Rules(budget_over=50_000_000)


def facts(**changes: Any) -> Facts:
    fields: dict[str, Any] = {
        "now": NOON,
        "slots": 2,
        "active": (),
        "stopped": False,
        "paused": False,
        "sandbox_trouble": "",
    }
    return Facts(**{**fields, **changes})


def plan(
    *tasks: t.Task,
    again: tuple[str, ...] = (),
    deliverable: tuple[str, ...] = (),
    control: Control | None = None,
    **changes: Any,
) -> list[str]:
    """The intents as words such as `start tidy`."""
    view = View(at=NOON, tasks={task.label: task for task in tasks}, control=control or Control())
    waiting = Waiting(tasks)
    intents = planner.plan(view, facts(**changes), RULES, waiting=waiting, again=again, deliverable=deliverable)
    return [f"{type(intent).__name__.lower()} {getattr(intent, 'label', '') or intent.build}" for intent in intents]


def test_starts_as_many_as_slots_are_free_in_queue_order() -> None:
    """High goes before medium, the older before the younger, and no more start than there are slots."""
    old = a_task("old", added_at=NOON - timedelta(hours=1))
    assert plan(a_task("young"), old, a_task("urgent", priority=t.Priority.HIGH)) == ["start urgent", "start old"]


def test_a_taken_slot_counts() -> None:
    """With one of two slots taken only one more starts."""
    busy = Active(label="other", build="other-1", repo="", paths=())
    assert plan(a_task("a"), a_task("b"), active=(busy,)) == ["start a"]


@pytest.mark.parametrize("brake", [{"stopped": True}, {"paused": True}])
def test_brakes_keep_everything_from_starting(brake: dict[str, bool]) -> None:
    """With the kill switch engaged or the queue paused nothing starts and nothing is merged."""
    assert plan(a_task("a"), deliverable=("b-1",), **brake) == []


def test_conflicting_tasks_never_start_together() -> None:
    """Two tasks on the same paths of one repository do not start in the same plan; a third elsewhere does."""
    one = a_task("one", repo="/r", paths=("src/",))
    two = a_task("two", repo="/r", paths=("src/a.py",))
    three = a_task("three", repo="/r", paths=("docs/",))
    assert plan(one, two, three, slots=3) == ["start one", "start three"]


def test_a_retry_waits_for_its_time() -> None:
    """A task that failed starts again only once its wait is over."""
    later = a_task("a", t.Retrying(at=NOON + timedelta(minutes=5), text="exit code 1"))
    due = a_task("b", t.Retrying(at=NOON, text="exit code 1"))
    assert plan(later, due) == ["start b"]


def test_what_needs_approval_is_asked_for_and_not_started() -> None:
    """A new feature that stands in the queue becomes a question; once approved it starts."""
    feature = a_task("csv", category=t.Category.NEW_FEATURE)
    assert plan(feature) == ["ask csv"]
    approval = t.Approval(by="operator:ada", at=NOON, digest=feature.spec.digest)
    assert plan(a_task("csv", category=t.Category.NEW_FEATURE, approval=approval)) == ["start csv"]


def test_an_approval_of_another_spec_is_no_approval() -> None:
    """An approval bound to another digest does not let the task start."""
    approval = t.Approval(by="operator:ada", at=NOON, digest="0" * 64)
    assert plan(a_task("csv", category=t.Category.NEW_FEATURE, approval=approval)) == ["ask csv"]


def test_dependencies_go_first_and_a_failed_one_holds() -> None:
    """A task waits for its dependency; when that has failed it is held, and released when that is queued again."""
    second = a_task("second", depends=("first",))
    assert plan(a_task("first"), second) == ["start first"]
    failed = a_task("first", t.Failed(build="first-1", text="", at=NOON))
    assert plan(failed, second) == ["hold second"]
    finding = Finding(rule="dependencies", verdict=Stance.HOLD, text="depends on: first failed")
    held = a_task("second", t.Held(findings=(finding,)), depends=("first",))
    assert plan(a_task("first"), held, again=("second",)) == ["release second", "start first"]


def test_a_settled_question_is_not_asked_again() -> None:
    """Judging a task again that already awaits approval changes nothing."""
    asked = a_task("csv", t.AwaitingApproval(findings=()), category=t.Category.NEW_FEATURE)
    assert plan(asked, again=("csv",)) == []


def test_merges_come_before_starts() -> None:
    """What is ready to merge is merged whether or not a slot is free."""
    assert plan(a_task("a"), deliverable=("b-1",), slots=0) == ["deliver b-1"]


def test_nothing_starts_without_a_sandbox() -> None:
    """Where no sandbox can be made, or nobody has looked, the task is held, unless the settings let it run without."""
    assert plan(a_task("a"), sandbox_trouble="bubblewrap is not installed") == ["hold a"]
    assert plan(a_task("a"), sandbox_trouble=None) == ["hold a"]
    view = View(at=NOON, tasks={"a": a_task("a")})
    rules = Rules(budget_over=0, unsandboxed=frozenset({"a"}))
    trouble = facts(sandbox_trouble="bubblewrap is not installed")
    assert [type(i) for i in planner.plan(view, trouble, rules, waiting=["a"])] == [planner.Start]


NIGHT = Window(name="night", start_min=0, end_min=0)
WORK = Window(name="work", start_min=0, end_min=0, lowest=t.Priority.HIGH)


@pytest.mark.parametrize(
    ("open_now", "trouble", "expected"),
    [
        (NIGHT, "", ["start urgent", "start any", "start plain", "start spawned"]),
        (WORK, "", ["start urgent", "start any", "start spawned"]),
        (None, "", ["start urgent", "start any", "start spawned"]),
        (None, "no bwrap", ["hold urgent", "hold any", "hold plain", "hold spawned"]),
    ],
)
def test_windows_decide_on_what_needs_one(open_now: Window | None, trouble: str, expected: list[str]) -> None:
    """A closed window keeps back what needs it; what is wrong with a task is found before its window opens."""
    tasks = (
        a_task("urgent", priority=t.Priority.HIGH),
        a_task("any", window=t.WindowUse.ANY),
        a_task("plain"),
        a_task("spawned", forced=True),
    )
    hour = timedelta(hours=1)
    spans = (Span(window=open_now, opens_at=NOON - hour, closes_at=NOON + hour),) if open_now else ()
    rules = msgspec.structs.replace(RULES, windows=(NIGHT, WORK))
    intents = planner.plan(
        View(at=NOON, tasks={task.label: task for task in tasks}),
        facts(slots=9, spans=spans, sandbox_trouble=trouble),
        rules,
        waiting=[task.label for task in tasks],
    )
    assert [f"{type(intent).__name__.lower()} {getattr(intent, 'label', '')}" for intent in intents] == expected


OBSERVING = observing.begun(Control(), "operator:ann", NOON)


def test_observing_starts_and_merges_nothing() -> None:
    """What would start is said in a word of its own, and what may merge is left alone."""
    assert plan(a_task("a"), a_task("b"), deliverable=("c-1",), control=OBSERVING) == ["wouldstart a", "wouldstart b"]


def test_observing_asks_and_holds_as_ever() -> None:
    """Questions are no execution: they are asked in either mode."""
    feature = a_task("csv", category=t.Category.NEW_FEATURE)
    assert plan(feature, a_task("idle", command=""), control=OBSERVING) == ["ask csv", "hold idle"]


def test_observing_decides_on_each_task_once() -> None:
    """What was decided is not decided again, takes its slot for a while, and another spec is decided anew."""
    first = a_task("a", hours=1.0)
    known = observing.noted(OBSERVING, first, NOON)
    assert plan(first, a_task("b"), a_task("c"), control=known) == ["wouldstart b"]
    assert plan(first, control=known) == []
    later = observing.noted(OBSERVING, first, NOON - timedelta(hours=2))
    assert plan(first, a_task("b"), a_task("c"), control=later) == ["wouldstart b", "wouldstart c"]
    assert plan(a_task("a", title="Another"), control=later) == ["wouldstart a"]


def test_observing_heeds_the_brakes_and_what_runs() -> None:
    """What runs from before takes its slot, conflicts count, and under the kill switch nothing would start."""
    busy = Active(label="other", build="other-1", repo="/r", paths=())
    assert plan(a_task("a", repo="/r"), a_task("b"), active=(busy,), control=OBSERVING) == ["wouldstart b"]
    assert plan(a_task("a"), stopped=True, control=OBSERVING) == []


def test_observing_starts_no_more_than_the_limits_on_money_would_let() -> None:
    """What would start reserves its budget in the same turn, while it would run, and counts as used after that."""
    hourly = Usage(figure="usd_per_h", used=0, limit=10, window_s=3600.0)
    first, second = a_task("a", hours=1.0, budget=6), a_task("b", budget=6)
    changes = {"usage": (hourly,), "control": OBSERVING}
    assert plan(first, second, **changes) == ["wouldstart a"]
    for hours, started in ((0.5, []), (1.5, []), (2.5, ["wouldstart b"])):
        known = observing.noted(OBSERVING, first, NOON - timedelta(hours=hours), Amount(spent=6))
        assert plan(first, second, **{**changes, "control": known}) == started
    assert plan(first, second, usage=(hourly,)) == ["start a"]
