"""Tests of what happened in a night."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.policy import observing
from engine.reports import night as n
from engine.reports.runs import Span
from state.journal import Decision
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.build import Build, BuildState, Check, Finished, Result, Running
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.learning.problem import Kind, Problem, Severity, Sighting
from state.model.view import EngineInfo, View
from tests.making import NOON, a_build, a_task

HOUR = timedelta(hours=1)
START = NOON
SPAN = Span(starts_at=START, ends_at=START + 8 * HOUR)
RUNNING = Running(token="t", pid=1, start_ticks=1, boot="b")


def a_view(*builds: Build, **changes: Any) -> View:
    """A view at the end of the night."""
    tasks = {build.label: a_task(build.label) for build in builds}
    fields = {"at": SPAN.ends_at - timedelta(microseconds=1), "engine": EngineInfo(mode="headless", sandbox="")}
    return View(**{**fields, "tasks": tasks, "builds": {build.id: build for build in builds}, **changes})


def a_run(build_id: str, ending: str, hours: float, *, text: str = "", started: float = 0.0, **changes: Any) -> Build:
    end = START + hours * HOUR
    state: BuildState = Finished(ending=ending, text=text or ending, at=end)
    return a_build(build_id, state, started_at=START + started * HOUR, ended_at=end, **changes)


def merged(build_id: str, hours: float) -> Build:
    check = Check(result=Result.YES, text="merged", at=START + hours * HOUR)
    return a_run(build_id, "done", hours, text="merged into main as abc", delivered=check, files_changed=3)


def a_decision(action: str, at: datetime, why: str = "because", actor: str = "operator:ann") -> Decision:
    return Decision(seq=1, at=at, actor=actor, action=action, why=why, prev="", hash="")


def test_what_shipped_is_told_with_the_size_of_its_diff() -> None:
    """Merged builds and those with nothing to merge are told apart, in the order of their ends."""
    view = a_view(a_run("b-1", "done", 3, text="no changes"), merged("a-1", 2), merged("before-1", -1))
    told = n.tell(view, (), SPAN, sizes={"a-1": n.Size(added=5, removed=2)})
    assert [(row.label, row.merged, row.files_changed) for row in told.shipped] == [("a", True, 3), ("b", False, 0)]
    assert told.shipped[0].size == n.Size(added=5, removed=2)
    assert told.shipped[0].text == "merged into main as abc"
    assert (told.counts.merged, told.counts.made) == (1, 1)


def test_failures_are_told_by_task_with_what_became_of_it() -> None:
    """Three attempts at one task are one line, with the last one's words and the task's state."""
    builds = [a_run(f"a-{number}", "failed", number, text=f"exit code {number}") for number in (1, 2, 3)]
    view = a_view(*builds, a_run("b-1", "killed", 4))
    retrying = a_task("a", t.Retrying(at=SPAN.ends_at, text=""))
    told = n.tell(View(**{**_fields(view), "tasks": {**view.tasks, "a": retrying}}), (), SPAN)
    assert [(row.label, row.builds, row.ending, row.text, row.state) for row in told.failed] == [
        ("a", 3, "failed", "exit code 3", "retrying"),
        ("b", 1, "killed", "killed", "queued"),
    ]
    assert (told.counts.failed, told.counts.killed, told.counts.again) == (3, 1, 2)


def _fields(view: View) -> dict[str, Any]:
    return {name: getattr(view, name) for name in View.__struct_fields__}


def test_builds_count_for_the_part_that_lies_in_the_night() -> None:
    """One begun before and one still running are counted by the hours they ran in it."""
    view = a_view(
        a_run("a-1", "done", 2, started=-3),
        a_build("b-1", RUNNING, started_at=START + 6 * HOUR),
        a_run("c-1", "done", -1, started=-2),
    )
    told = n.tell(view, (), SPAN)
    assert told.counts.run_s == pytest.approx(4 * 3600)
    assert (told.counts.started, told.counts.over, told.counts.running) == (1, 1, 1)
    assert not told.quiet


def test_what_was_under_way_at_the_end_of_a_night_long_past_is_known() -> None:
    """A night in the past tells what ran at its end, not what runs now."""
    view = a_view(
        a_run("a-1", "done", 9, started=7), a_build("b-1", RUNNING, started_at=START + 20 * HOUR), at=START + 30 * HOUR
    )
    assert n.tell(view, (), SPAN).counts.running == 1


def test_open_questions_are_told_with_what_to_type() -> None:
    """The most urgent first; answered ones are left out."""

    def asked(name: str, kind: EscalationKind, label: str, urgency: Urgency, **more: Any) -> Escalation:
        return Escalation(id=name, type=kind, priority=urgency, text=name, created_at=START, label=label, **more)

    questions = [
        asked("e1", EscalationKind.REVIEW_NEEDED, "a", Urgency.LOW),
        asked("e2", EscalationKind.BUILD_FAILED, "b", Urgency.HIGH),
        asked("e3", EscalationKind.APPROVAL_NEEDED, "c", Urgency.URGENT, answered_at=NOON, answer="approved"),
        asked("e4", EscalationKind.SYSTEM_HEALTH, "", Urgency.MEDIUM),
    ]
    told = n.tell(a_view(escalations={asked.id: asked for asked in questions}), (), SPAN)
    assert [(row.text, row.verbs) for row in told.waits] == [
        ("e2", ("midwatch logs b", "midwatch retry b", "midwatch deny b")),
        ("e4", ()),
        ("e1", ("midwatch diff a", "midwatch approve a", "midwatch deny a")),
    ]


@pytest.mark.parametrize("kind", EscalationKind)
def test_every_kind_of_question_has_verbs_that_there_are(kind: EscalationKind) -> None:
    """Whatever waits, the brief tells what to type, and that can be typed."""
    from console.cli.main import VERBS

    asked = Escalation(id="e", type=kind, priority=Urgency.LOW, text="", created_at=START, label="a")
    (wait,) = n.tell(a_view(escalations={"e": asked}), (), SPAN).waits
    assert wait.verbs
    assert {verb.split()[1] for verb in wait.verbs} <= VERBS.keys()


def test_the_record_tells_of_stops_and_troubles() -> None:
    """Only what was decided in the night, in its order; everything else on record is no event of it."""
    decisions = [
        a_decision("daemon_crashed", START + 3 * HOUR, actor="engine"),
        a_decision("stop_released", START + 2 * HOUR),
        a_decision("stop_engaged", START + HOUR, "the kill switch"),
        a_decision("build_started", START + HOUR),
        a_decision("stop_engaged", START - HOUR),
        a_decision("paused", SPAN.ends_at),
    ]
    told = n.tell(a_view(), decisions, SPAN)
    assert [(row.action, row.actor, row.text) for row in told.stops] == [
        ("stop_engaged", "operator:ann", "the kill switch"),
        ("stop_released", "operator:ann", "because"),
    ]
    assert [row.action for row in told.troubles] == ["daemon_crashed"]
    assert told.quiet


def test_problems_that_were_fixed_and_that_are_there_are_told() -> None:
    """Fixes of the night in their order; problems as they are now, the worst first, those that are gone not."""

    def row(subject: str, severity: Severity, *, gone: bool = False) -> Problem:
        seen = Sighting(kind=Kind.DISK, subject=subject, severity=severity, text="full")
        return Problem(id=seen.id, seen=seen, first_at=START, last_at=START, gone_at=START if gone else None)

    rows = (row("a", Severity.LOW), row("b", Severity.CRITICAL), row("c", Severity.HIGH, gone=True))
    decisions = [
        a_decision("problem_fixed", START + 2 * HOUR, "second"),
        a_decision("problem_fixed", START + HOUR, "first"),
        a_decision("problem_not_fixed", START + HOUR),
        a_decision("problem_fixed", START - HOUR),
    ]
    told = n.tell(a_view(problems={one.id: one for one in rows}), decisions, SPAN)
    assert [happening.text for happening in told.fixed] == ["first", "second"]
    assert [one.id for one in told.problems] == ["disk:b", "disk:a"]


def test_anomalies_of_the_night_are_told() -> None:
    """Those of other nights are not."""

    def found(name: str, hours: int) -> Anomaly:
        at = START + hours * HOUR
        return Anomaly(id=name, label="a", build="a-1", figure="run_s", value=2, limit=1, text=name, created_at=at)

    anomalies = {row.id: row for row in (found("late", 5), found("early", 1), found("before", -1))}
    assert [row.id for row in n.tell(a_view(anomalies=anomalies), (), SPAN).anomalies] == ["early", "late"]


def test_what_keeps_everything_from_starting_is_known() -> None:
    """Switch, pause, a missing engine, a missing sandbox, trouble and an empty queue: each in words."""
    info = EngineInfo(mode="stopped", sandbox="bubblewrap is missing", trouble="the disk is full")
    found = n.standing(a_view(engine=info, control=Control(stopped=True, paused=True)))
    for words in ("midwatch arm", "midwatch resume", "no engine runs", "bubblewrap", "disk", "midwatch add"):
        assert any(words in text for text in found), words
    assert n.standing(a_view(tasks={"a": a_task("a")})) == ()
    observing_ = observing.begun(Control(), "operator:ann", NOON)
    (told,) = n.standing(a_view(tasks={"a": a_task("a")}, control=observing_))
    assert told.startswith("observe mode: nothing executes")


def test_a_diff_is_measured_by_the_lines_within_its_hunks() -> None:
    """Headers that begin like added lines do not count; lines that look like headers do."""
    diff = (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n same\n-old\n+new\n+++ not a header\n--- nor this\n"
        "diff --git a/y b/y\nnew file mode 100644\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+y\n"
    )
    assert n.measure(diff) == n.Size(added=3, removed=2)
    assert n.measure("") == n.Size(added=0, removed=0)


def test_an_offer_by_mail_waits_with_the_verbs_that_answer_it() -> None:
    """Its draft can be looked at, kept or refused; an offer that a program told of can only be dismissed."""
    fields: dict[str, Any] = {"type": EscalationKind.OPPORTUNITY, "priority": Urgency.MEDIUM, "text": "an offer"}
    by_mail = Escalation(id="e1", created_at=START, label="mail:0123456789ab", **fields)
    told = Escalation(id="e2", created_at=START + HOUR, label="signal:offer", **fields)
    night = n.tell(a_view(escalations={"e1": by_mail, "e2": told}), (), SPAN)
    assert [wait.verbs for wait in night.waits] == [
        tuple(f"midwatch {verb} mail:0123456789ab" for verb in ("email show", "approve", "deny")),
        ("midwatch deny signal:offer",),
    ]
