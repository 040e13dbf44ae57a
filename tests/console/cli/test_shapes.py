"""Tests of console.cli.shapes."""

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from console.cli import shapes
from state.model import build as b
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.progress import Progress
from state.model.task import Priority
from state.model.verdict import Finding, Stance
from state.model.view import EngineInfo, View
from tests.making import NOON, a_build, a_task

LATER = NOON + timedelta(hours=1)


def test_the_queue_puts_dependencies_first():
    """A task comes after what it depends on, though its own priority is higher."""
    tasks = [
        a_task("roof", priority=Priority.HIGH, depends=("walls",)),
        a_task("walls", priority=Priority.LOW, depends=("ground", "gone")),
        a_task("ground"),
        a_task("paint", priority=Priority.HIGH),
        a_task("gone", t.Done(build="", note="", at=NOON)),
    ]
    assert [task.label for task in shapes.queue_order(tasks)] == ["paint", "ground", "walls", "roof"]


def test_a_long_chain_of_dependencies_is_no_trouble():
    """Five thousand tasks in one chain are ordered."""
    chain = [a_task(f"n{number}", depends=(f"n{number + 1}",)) for number in range(5000)]
    ordered = shapes.queue_order(chain)
    assert [task.label for task in ordered[:2]] == ["n4999", "n4998"]
    assert len(ordered) == 5000


@given(st.lists(st.tuples(st.sampled_from(list(Priority)), st.sets(st.integers(0, 9))), max_size=10))
def test_nothing_is_lost_or_put_before_what_it_needs(drawn):
    """Whatever the priorities and (circle-free) dependencies, each waiting task has one place, after its needs."""
    tasks = [
        a_task(f"t{number}", priority=priority, depends=tuple(f"t{other}" for other in sorted(needs) if other < number))
        for number, (priority, needs) in enumerate(drawn)
    ]
    place = {task.label: index for index, task in enumerate(shapes.queue_order(tasks))}
    assert place.keys() == {task.label for task in tasks}
    assert all(place[name] < place[task.label] for task in tasks for name in task.spec.depends)


@given(st.lists(st.sets(st.integers(0, 5)), max_size=6))
def test_even_a_circle_is_ordered(drawn):
    """Dependencies that go round, which the engine refuses, still give every task one place."""
    tasks = [a_task(f"t{n}", depends=tuple(f"t{other}" for other in needs)) for n, needs in enumerate(drawn)]
    assert sorted(task.label for task in shapes.queue_order(tasks)) == sorted(task.label for task in tasks)


def test_reasons_tell_what_stands_against_it_first():
    """Holds come before questions, questions before waits, and what is fine comes last."""
    findings = [Finding(rule=stance.value, verdict=stance, text="") for stance in Stance]
    assert [why["verdict"] for why in shapes.reasons(findings)] == ["hold", "ask", "wait", "allow"]


def test_every_state_that_does_not_wait_speaks_for_itself():
    """Each state outside the queue gives one reason in words."""
    states = [
        (t.AwaitingReview(build="b", digest="d"), "ask"),
        (t.AwaitingReview(build="b", digest="d", blocked="dirty"), "wait"),
        (t.Building(build="b"), "allow"),
        (t.Verifying(build="b"), "allow"),
        (t.Done(build="b", note="merged", at=NOON), "allow"),
        (t.Failed(build="b", text="no", at=NOON), "hold"),
        (t.Killed(build="b", text="no", at=NOON), "hold"),
        (t.Unknown(build="b", text="no", at=NOON), "hold"),
    ]
    for state, verdict in states:
        (why,) = shapes.of_state(a_task(state=state))
        assert why["verdict"] == verdict
        assert why["text"]
    assert shapes.of_state(a_task()) == []


def test_status_has_what_programs_rely_on():
    """The status names the engine, the active builds, the open questions, the anomalies and the kill switch."""
    running = a_build("tidy-1", b.Running(token="t", pid=1, start_ticks=1, boot="b"), started_at=NOON)
    view = View(
        at=LATER,
        engine=EngineInfo(pid=7, mode="headless", slots=2),
        control=Control(stopped=True, stopped_at=NOON, stopped_by="operator:ada"),
        tasks={"tidy": a_task("tidy", t.Building(build="tidy-1")), "next": a_task("next")},
        builds={
            "tidy-1": running,
            "done-1": a_build("done-1", b.Finished(ending="done", text="", at=NOON)),
            "seen-1": a_build("seen-1", b.Reviewing(digest="d")),
        },
        escalations={
            "e1": _question("e1", Urgency.LOW),
            "e2": _question("e2", Urgency.URGENT),
            "e3": msgspec.structs.replace(_question("e3", Urgency.HIGH), answered_at=NOON),
        },
        progress={"tidy-1": Progress(build="tidy-1", percent=40, step="tests", files_changed=3)},
    )
    answer = shapes.status(view)
    assert answer["engine"]["running"] is True
    assert (answer["engine"]["pid"], answer["engine"]["mode"]) == (7, "headless")
    (active,) = answer["active"]
    assert active.items() >= {
        "build": "tidy-1", "label": "tidy", "attempt": 1, "percent": 40, "step": "tests", "started_at": NOON,
        "files_changed": 3,
    }.items()  # fmt: skip
    assert [row["id"] for row in answer["escalations"]] == ["e2", "e1"]
    assert answer["escalations"][0].items() >= {"kind": "unclear", "label": "tidy", "priority": "urgent"}.items()
    assert answer["stop"] == {"engaged": True, "since": NOON, "by": "operator:ada"}
    assert answer["counts"] == {"building": 1, "queued": 1}


def test_a_stop_file_counts_although_the_record_does_not_know_yet():
    """The kill switch is told as engaged as soon as the file is there."""
    answer = shapes.status(View(at=NOON, engine=EngineInfo(stop_file=True)))
    assert answer["stop"]["engaged"] is True
    assert answer["engine"]["running"] is False


def test_the_last_build_is_the_present_one_or_else_the_latest():
    """A task's build is that of its state; a task between builds has its latest one."""
    builds = {
        name: a_build(name, created_at=at) for name, at in (("tidy-1", NOON), ("tidy-2", LATER), ("other-1", LATER))
    }
    present = View(at=NOON, tasks={"tidy": a_task("tidy", t.Building(build="tidy-1"))}, builds=builds)
    assert shapes.last_build(present, "tidy") is builds["tidy-1"]
    between = View(at=NOON, tasks={"tidy": a_task("tidy")}, builds=builds)
    assert shapes.last_build(between, "tidy") is builds["tidy-2"]
    assert shapes.last_build(between, "none") is None


def test_what_ended_last_comes_first():
    """Ended tasks are told from the latest back."""
    tasks = {
        "early": a_task("early", t.Done(build="", note="", at=NOON)),
        "late": a_task("late", t.Failed(build="", text="", at=LATER)),
        "open": a_task("open"),
    }
    assert [task.label for task in shapes.ended(View(at=LATER, tasks=tasks))] == ["late", "early"]


def _question(name: str, urgency: Urgency) -> Escalation:
    return Escalation(
        id=name, type=EscalationKind.UNCLEAR, priority=urgency, text="what?", created_at=NOON, label="tidy"
    )
