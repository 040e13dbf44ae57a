"""Tests of how long tasks are placed in a weekend."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reports import week
from engine.reports.runs import Span
from engine.reports.week import Room, Suggestion
from state.model import task as t
from state.model.build import Build, Finished, Running
from state.model.progress import Progress
from state.model.task import Task, WindowUse
from state.model.verdict import Finding, Stance, Verdict
from state.model.view import View
from state.model.when.context import Change, Context
from state.model.when.window import Span as Opening
from state.model.when.window import Window
from tests.making import NOON, a_build, a_task

HOUR = timedelta(hours=1)
SPAN = Span(starts_at=NOON, ends_at=NOON + 48 * HOUR)
RUNNING = Running(token="t", pid=1, start_ticks=1, boot="b")
FREE = Verdict(findings=(Finding(rule="slots", verdict=Stance.ALLOW, text="free"),))


def a_change(at: datetime, slots: int) -> Change:
    return Change(at=at, context=Context.WEEKEND, window="", slots=slots)


def a_room(*openings: tuple[float, float, Window], slots: int = 2, changes: tuple[Change, ...] = ()) -> Room:
    """Two days from noon, open throughout unless windows are named."""
    return Room(
        span=SPAN,
        openings=[
            Opening(window=window, opens_at=NOON + a * HOUR, closes_at=NOON + b * HOUR) for a, b, window in openings
        ],
        windowed=bool(openings),
        changes=changes or (a_change(NOON, slots),),
    )


def suggest(
    tasks: list[Task], room: Room, *, builds: tuple[Build, ...] = (), more: tuple[Task, ...] = (), **verdicts: Verdict
) -> Suggestion:
    view = View(
        at=NOON, tasks={task.label: task for task in (*tasks, *more)}, builds={build.id: build for build in builds}
    )
    return week.suggest(view, tasks, {task.label: verdicts.get(task.label, FREE) for task in tasks}, room)


def placed(found: Suggestion) -> dict[str, tuple[float, float]]:
    """Hours after noon at which each begins and ends."""
    return {fit.label: ((fit.starts_at - NOON) / HOUR, (fit.ends_at - NOON) / HOUR) for fit in found.fits}


def test_only_tasks_of_four_hours_and_more_are_long() -> None:
    """One without an estimate, or a short one, is no task for the weekend."""
    assert [week.is_long(a_task(hours=hours)) for hours in (None, 1.0, 3.99, 4.0, 40.0)] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert suggest([a_task("a", hours=1.0)], a_room()).fits == ()


def test_tasks_take_the_slots_in_the_queues_order() -> None:
    """Two at a time, each as early as one is free; what is no longer over by Monday has no place."""
    tasks = [
        a_task(name, hours=hours) for name, hours in (("a", 20.0), ("b", 30.0), ("c", 20.0), ("d", 20.0), ("e", 8.0))
    ]
    found = suggest(tasks, a_room())
    assert placed(found) == {"a": (0, 20), "b": (0, 30), "c": (20, 40), "e": (30, 38)}
    (left,) = found.left
    assert (left.label, "no slot is free" in left.text) == ("d", True)
    assert (found.asked_s, found.given_s) == (98 * 3600, 78 * 3600)


def test_windows_decide_on_when_a_task_may_begin() -> None:
    """It waits for a window that takes it and has room for all of it; high priority needs none."""
    short = Window(name="short", start_min=0, end_min=60, longest_s=5 * 3600.0)
    wide = Window(name="wide", start_min=0, end_min=60)
    room = a_room((2, 12, short), (14, 30, wide), slots=9)
    tasks = [
        a_task("five", hours=5.0),
        a_task("ten", hours=10.0),
        a_task("twenty", hours=20.0),
        a_task("over", hours=20.0, window=WindowUse.OVERRUN),
        a_task("high", hours=20.0, priority=t.Priority.HIGH),
    ]
    found = suggest(tasks, room)
    assert placed(found) == {"five": (2, 7), "ten": (14, 24), "over": (2, 22), "high": (0, 20)}
    assert [fit.window for fit in found.fits] == ["short", "wide", "short", ""]
    assert "no window of the weekend is left that long" in found.left[0].text
    assert "the short window takes tasks of at most 5 h" in found.left[0].text


def test_a_context_that_allows_no_builds_lets_none_begin() -> None:
    """A meeting on Saturday moves the start behind it, and what runs goes on."""
    changes = (a_change(NOON, 1), a_change(NOON + HOUR, 0), a_change(NOON + 5 * HOUR, 1))
    tasks = [a_task("a", hours=4.0), a_task("b", hours=4.0, start_at=NOON + 2 * HOUR)]
    assert placed(suggest(tasks, a_room(changes=changes))) == {"a": (0, 4), "b": (5, 9)}


def test_a_task_comes_after_what_it_depends_on() -> None:
    """Where that has a place, right behind it; where it has none, neither has this."""
    tasks = [
        a_task("base", hours=10.0),
        a_task("top", hours=5.0, depends=("base",)),
        a_task("huge", hours=100.0),
        a_task("lost", hours=5.0, depends=("huge",)),
        a_task("quick", hours=5.0, depends=("small",)),
        a_task("stuck", hours=5.0, depends=("held",)),
    ]
    held = a_task("held", t.Held(findings=()))
    found = suggest(tasks, a_room(slots=9), more=(a_task("small"), held))
    assert placed(found) == {"base": (0, 10), "top": (10, 15), "quick": (0, 5)}
    assert {row.label: row.text for row in found.left}.keys() == {"huge", "lost", "stuck"}
    assert "depends on huge" in {row.label: row.text for row in found.left}["lost"]


def test_what_needs_the_operator_says_so() -> None:
    """One that must be approved has its place, with what to type; a held one has none, and why."""
    ask = Verdict(findings=(Finding(rule="approvals", verdict=Stance.ASK, text="adds a new feature"),))
    hold = Verdict(findings=(Finding(rule="clarity", verdict=Stance.HOLD, text="has no criteria"),))
    found = suggest([a_task("a", hours=5.0), a_task("b", hours=5.0)], a_room(), a=ask, b=hold)
    assert [(fit.label, fit.approved) for fit in found.fits] == [("a", False)]
    assert "adds a new feature" in found.fits[0].text
    assert "`midwatch approve a`" in found.fits[0].text
    assert [(left.label, left.text) for left in found.left] == [("b", "has no criteria")]


def test_builds_under_way_keep_their_slots() -> None:
    """Each for as long as it was estimated from its start on."""
    build = a_build("run-1", RUNNING, started_at=NOON - 2 * HOUR)
    running = a_task("run", t.Building(build="run-1"), hours=6.0)
    found = suggest([a_task("a", hours=5.0)], a_room(slots=1), builds=(build,), more=(running,))
    assert placed(found) == {"a": (4, 9)}


def test_a_task_that_tries_again_waits_until_then() -> None:
    """Its pause counts like a start time."""
    again = a_task("a", t.Retrying(at=NOON + 3 * HOUR, text=""), hours=5.0)
    assert placed(suggest([again], a_room())) == {"a": (3, 8)}


@given(
    hours=st.lists(st.integers(4, 30), max_size=12),
    slots=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    windowed=st.booleans(),
)
def test_no_plan_takes_more_than_there_is(hours: list[int], slots: list[int], windowed: bool) -> None:
    """Whatever is asked: never more builds at a start than its moment allows, all within the weekend, none lost."""
    changes = tuple(a_change(NOON + 8 * number * HOUR, count) for number, count in enumerate(slots))
    window = Window(name="w", start_min=0, end_min=60)
    openings = ((0, 20, window), (24, 44, window)) if windowed else ()
    room = a_room(*openings, changes=changes)
    tasks = [a_task(f"t{number}", hours=float(count)) for number, count in enumerate(hours)]
    found = suggest(tasks, room)
    assert sorted([fit.label for fit in found.fits] + [left.label for left in found.left]) == sorted(
        task.label for task in tasks
    )
    for fit in found.fits:
        at_once = sum(other.starts_at <= fit.starts_at < other.ends_at for other in found.fits)
        assert at_once <= room.slots(fit.starts_at)
        assert SPAN.starts_at <= fit.starts_at < fit.ends_at <= SPAN.ends_at
        if windowed:
            assert any(
                opening.opens_at <= fit.starts_at < fit.ends_at <= opening.closes_at for opening in room.openings
            )


def test_progress_tells_of_the_long_tasks_only() -> None:
    """Done in it, failed in it, under way with its figures, waiting: each label in its place."""

    def over(build_id: str, ending: str, hours: float) -> Build:
        return a_build(build_id, Finished(ending=ending, text="", at=NOON + hours * HOUR), started_at=NOON)

    builds = [
        over("done-1", "failed", 1), over("done-2", "done", 5), over("lost-1", "failed", 6), over("old-1", "done", -1),
        over("short-1", "done", 2), a_build("now-1", RUNNING, started_at=NOON),
    ]  # fmt: skip
    states: dict[str, Any] = {
        "done": t.Done(build="done-2", note="", at=NOON), "lost": t.Failed(build="lost-1", text="", at=NOON),
        "old": t.Done(build="old-1", note="", at=NOON), "now": t.Building(build="now-1"), "wait": t.Queued(),
        "look": t.AwaitingReview(build="look-1", digest="d"),
    }  # fmt: skip
    tasks = [a_task(label, state, hours=6.0) for label, state in states.items()]
    tasks.append(a_task("short", t.Done(build="short-1", note="", at=NOON), hours=1.0))
    figures = Progress(build="now-1", percent=40, step="adding")
    view = View(
        at=NOON + 8 * HOUR,
        tasks={task.label: task for task in tasks},
        builds={build.id: build for build in builds},
        progress={"now-1": figures},
    )
    found = week.progress(view, SPAN)
    assert (found.done, found.failed, found.waits, found.reviews, found.over) == (
        ("done",), ("lost",), ("wait",), ("look",), False,
    )  # fmt: skip
    assert [(row.label, row.percent, row.step) for row in found.underway] == [("now", 40, "adding")]


@pytest.mark.parametrize(("hours", "over"), [(47.9, False), (48, True)])
def test_a_weekend_is_over_on_monday(hours: float, over: bool) -> None:
    """From its last moment on it is told as one that was."""
    assert week.progress(View(at=NOON + hours * HOUR), SPAN).over is over
