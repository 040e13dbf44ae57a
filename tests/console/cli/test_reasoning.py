"""Tests of console.cli.reasoning."""

from datetime import timedelta

import msgspec

from console.cli.reasoning import Judge
from console.cli.shapes import queue_order
from state.model import build as b
from state.model import task as t
from state.model.control import Control
from state.model.task import Category, Task
from state.model.view import EngineInfo, View
from state.model.when.context import Context, Situation
from state.model.when.window import Window
from state.settings import QueueSettings, Settings
from state.settings.values import TimeSettings
from tests.making import NOON, a_build, a_task


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


NIGHT = Window(name="night", start_min=23 * 60, end_min=6 * 60)


def weekly(*tasks: Task, **changes: object) -> Judge:
    """A judge in a week with one window, at noon."""
    view = View(
        at=NOON, engine=EngineInfo(slots=2, sandbox="", mode="headless"), tasks={task.label: task for task in tasks}
    )
    settings = Settings(windows={"night": NIGHT}, time=TimeSettings(zone="UTC"), queue=QueueSettings(slots=1))
    return Judge(msgspec.structs.replace(view, **changes), settings)


def test_what_starts_first_is_next_wherever_it_stands_in_the_queue():
    """One that may start before the night goes before those ahead of it that wait for the night."""
    early = a_task("early", start_at=NOON + timedelta(hours=1), window=t.WindowUse.ANY)
    night = a_task("night", priority=t.Priority.MEDIUM, added_at=NOON - timedelta(hours=1))
    judging = weekly(early, night)
    choice = judging.choose([night, early])
    assert choice is not None
    assert (choice.task.label, [task.label for task, _ in choice.passed]) == ("early", ["night"])


def test_when_each_starts_is_told_by_the_operators_clock():
    """What is certain, what rests on estimates, and what does not start by itself."""
    tasks = [
        a_task("a"),
        a_task("b", hours=2),
        a_task("c", t.Held(findings=())),
        a_task("over", t.Done(build="", note="", at=NOON)),
    ]
    judging = weekly(*tasks)
    assert [judging.when(task) for task in tasks] == [
        "23:00, when the night window opens",
        "about Thu 00:00, when there is room for one more build",
        "not by itself: waits for you",
        "",
    ]
    assert judging.starts(tasks[0]) == {
        "starts_at": NOON + timedelta(hours=11),
        "starts": "when the night window opens",
        "expected": {"low_s": 1668.6, "median_s": 3600.0, "high_s": 7767.1, "from": "default"},
    }
    assert judging.starts(tasks[3]) == {"starts_at": None, "starts": "", "expected": None}
    stopped = weekly(a_task("a", priority=t.Priority.HIGH), engine=EngineInfo(slots=1, sandbox=""))
    assert stopped.when(a_task("a")) == "now, if an engine runs then"


def test_the_present_slots_are_those_that_the_engine_tells():
    """The engine knows whether the operator is there; what comes after is by windows and calendar."""
    info = EngineInfo(sandbox="", mode="headless", situation=Situation(slots=0, context=Context.MEETING, why="busy"))
    judging = weekly(a_task("a", priority=t.Priority.HIGH), engine=info)
    assert judging.starts(a_task("a"))["starts_at"] == NOON + timedelta(hours=11)


def test_how_long_a_build_lasts_is_learned():
    """An estimate counts until ten builds of the kind have ended well; what is over lasts no more."""
    asked = a_task("a", command="make", hours=5)
    estimated = judge(asked)[0].lasts(asked)
    assert estimated == "about 5 h, four times out of five 3 h 24 min to 7 h 20 min (by its estimate)"
    done = [a_task(f"t{n}", t.Done(build=f"t{n}-1", note="", at=NOON), command="make") for n in range(10)]
    over = b.Finished(ending="done", text="", at=NOON)
    builds = {
        f"t{n}-1": a_build(
            f"t{n}-1",
            over,
            started_at=NOON,
            executed=b.Check(result=b.Result.YES, at=NOON + timedelta(minutes=n + 1)),
        )
        for n in range(10)
    }
    judging, _ = judge(asked, *done, builds=builds)
    assert judging.starts(asked)["expected"] == {
        "low_s": 60.0,
        "median_s": 330.0,
        "high_s": 600.0,
        "from": "history of 10",
    }
    assert judging.lasts(asked) == "about 5 min, four times out of five 1 min to 10 min (history of 10)"
    assert judging.lasts(done[0]) == ""
    assert judging.starts(done[0])["expected"] is None
