"""Tests of the story of a task in words."""

import pytest

from engine.policy.facts import Facts, Rules
from engine.policy.gate import judge
from engine.policy.words import explain
from state.model import task as t
from state.model.progress import Progress
from state.model.view import View
from tests.engine.policy.test_gate import OF_MOMENT, OF_SPEC
from tests.making import NOON, a_build, a_task

RULES = Rules(budget_over=50_000_000)
FACTS = Facts(now=NOON, slots=2, active=(), stopped=False, paused=False, sandbox_trouble="")


def told(task: t.Task, view: View | None = None, facts: Facts = FACTS) -> list[str]:
    """Return the story of a task."""
    view = view or View(at=NOON)
    return explain(task, judge(task, view, facts, RULES), view)


def test_a_task_that_may_start_says_so() -> None:
    """Where it stands, the answer, then every rule."""
    lines = told(a_task(source="operator:ann"))
    assert lines[:4] == [
        "tidy: Tidy",
        "It is in the queue since 2026-03-04 12:00 UTC, added by ann.",
        "May it start now? Yes: nothing stands against it.",
        "  fine            clarity: says what is wanted and when it is done",
    ]
    assert len(lines) == 3 + len(OF_SPEC) + len(OF_MOMENT)


def test_the_strictest_finding_comes_first_and_every_rule_is_there() -> None:
    """Held before asked before waiting before fine, and what approval can and cannot do."""
    task = a_task(category=t.Category.NEW_FEATURE, command="", depends=("x", "gone"))
    lines = told(task, View(at=NOON, tasks={"x": a_task("x")}))
    assert lines[2:7] == [
        "May it start now? No: something is missing or wrong.",
        "  held            command: no command: nothing says what to run",
        "  held            dependencies: depends on: gone does not exist",
        "  needs approval  approvals: adds a new feature",
        "  waits           dependencies: waits until these are done: x (queued)",
    ]
    assert all(line.startswith("  fine ") for line in lines[7:-2])
    assert lines[-2:] == [
        "`midwatch approve tidy` says yes to it as it is, `midwatch deny tidy` refuses it.",
        "No approval helps against: command, dependencies.",
    ]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"category": t.Category.NEW_FEATURE}, "May it start now? Only when you approve."),
        ({"depends": ("x",)}, "May it start now? Not yet; it starts by itself once this has passed."),
    ],
)
def test_the_answer_is_that_of_the_strictest(changes: dict[str, object], answer: str) -> None:
    """Asking and waiting have answers of their own."""
    assert answer in told(a_task(**changes), View(at=NOON, tasks={"x": a_task("x")}))


BUILD = "tidy-2"


@pytest.mark.parametrize(
    ("state", "stands", "advice"),
    [
        (
            t.Held(findings=()),
            "It is held; in the queue since 2026-03-04 12:00 UTC.",
            None,
        ),
        (
            t.AwaitingApproval(findings=()),
            "It waits for your approval to start; in the queue since 2026-03-04 12:00 UTC.",
            None,
        ),
        (
            t.Retrying(at=NOON, text="exit code 1"),
            "It failed 2 times and tries again at 2026-03-04 12:00 UTC: exit code 1.",
            None,
        ),
        (
            t.Building(build=BUILD),
            "It is being built (tidy-2, attempt 2, 40 %: writing tests).",
            "`midwatch logs tidy` shows its output, `midwatch kill tidy` ends it.",
        ),
        (
            t.Verifying(build=BUILD),
            "It is built and its result is being verified or merged (tidy-2, attempt 2, 40 %: writing tests).",
            "`midwatch logs tidy` shows its output, `midwatch kill tidy` ends it.",
        ),
        (
            t.AwaitingReview(build=BUILD, digest="d"),
            "It is built, verified and waits for your review (tidy-2, attempt 2, 40 %: writing tests).",
            "`midwatch diff tidy` shows what it changed, `midwatch approve tidy` merges it, "
            "`midwatch deny tidy` refuses it.",
        ),
        (
            t.AwaitingReview(build=BUILD, digest="d", blocked="main has uncommitted files"),
            "It is built, verified and waits for your review (tidy-2, attempt 2, 40 %: writing tests); "
            "it cannot be merged yet: main has uncommitted files.",
            "`midwatch diff tidy` shows what it changed, `midwatch approve tidy` merges it, "
            "`midwatch deny tidy` refuses it.",
        ),
        (t.Done(build=BUILD, note="no changes", at=NOON), "It is done since 2026-03-04 12:00 UTC: no changes.", None),
        (t.Done(build=BUILD, note="", at=NOON), "It is done since 2026-03-04 12:00 UTC.", None),
        (
            t.Failed(build=BUILD, text="exit code 1", at=NOON),
            "It failed at 2026-03-04 12:00 UTC: exit code 1.",
            "`midwatch logs tidy` shows its output, `midwatch retry tidy` tries it again.",
        ),
        (
            t.Killed(build=BUILD, text="by ann", at=NOON),
            "It was killed at 2026-03-04 12:00 UTC: by ann.",
            "`midwatch logs tidy` shows its output, `midwatch retry tidy` tries it again.",
        ),
        (
            t.Unknown(build=BUILD, text="no exit code", at=NOON),
            "It ended nobody knows how at 2026-03-04 12:00 UTC: no exit code.",
            "`midwatch logs tidy` shows its output, `midwatch retry tidy` tries it again.",
        ),
    ],
)
def test_every_state_is_told_with_what_can_be_done(state: t.TaskState, stands: str, advice: str | None) -> None:
    """The second line says where it stands; what runs or is over is not judged by the gate."""
    view = View(
        at=NOON,
        builds={BUILD: a_build(BUILD)},
        progress={BUILD: Progress(build=BUILD, percent=40, step="writing tests")},
    )
    lines = told(a_task("tidy", state, failures=2), view)
    assert lines[1] == stands
    if advice is not None:
        assert lines[2:] == [advice]


def test_one_failure_is_told_as_one() -> None:
    """Words for people, not `1 times`."""
    assert told(a_task(state=t.Retrying(at=NOON, text="x"), failures=1))[1].startswith("It failed once ")


def test_a_build_without_figures_tells_those_on_record() -> None:
    """After a restart the record's own figures are told; a build that is not there only by its name."""
    task = a_task("tidy", t.Building(build=BUILD))
    view = View(at=NOON, builds={BUILD: a_build(BUILD, percent=7)})
    assert told(task, view)[1] == "It is being built (tidy-2, attempt 2, 7 %)."
    assert told(task)[1] == "It is being built (tidy-2)."
