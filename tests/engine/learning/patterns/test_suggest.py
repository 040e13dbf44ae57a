"""Tests of what is suggested, ready to be used."""

import shlex
from pathlib import Path
from typing import Any

import msgspec

from engine.intake.tasks import spec_from_options
from engine.learning.patterns.learn import learn
from engine.learning.patterns.suggest import fresh_label, options, suggest
from engine.schedule import cron
from state.model import task as t
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.money import MICRO
from tests.engine.learning.histories import CHICAGO, DAY, TO, a_view, done, habits, wall
from tests.making import a_spec


def suggested(tasks, **fields):
    view = a_view(tasks, **fields)
    return suggest(learn(view, CHICAGO).routines, view.tasks, "America/Chicago")


def test_a_routine_becomes_a_task_with_a_cron_expression() -> None:
    """The command line adds the same work at the same times, in the operator's zone."""
    found = suggested(habits())
    words = shlex.split(found[0].command)
    assert words[:2] == ["midwatch", "add"]
    told = dict(zip(words[2::2], words[3::2], strict=True))
    assert told["--name"] == "Update dependencies"
    assert told["--label"] == "deps"
    assert told["--command"] == "true"
    assert told["--zone"] == "America/Chicago"
    assert cron.parse(told["--cron"])
    assert told["--cron"].endswith("9 * * mon-fri")


def test_what_comes_by_itself_already_is_not_suggested() -> None:
    """Who followed a suggestion does not hear it again."""
    (first, second) = suggested(habits())
    assert "Update dependencies" in first.command
    taken = habits() | {"own": done("own", TO - DAY, cron="0 9 * * mon-fri", title="Update dependencies")}
    assert [one.pattern for one in suggested(taken)] == [second.pattern]


def test_answers_become_a_schedule_of_the_brief() -> None:
    """A quarter of an hour before the operator usually answers, on the same days; before midnight on those before."""
    for hour, expected in ((8.25, "0 8 * * mon"), (0.1, "51 23 * * sun")):
        asked = {
            f"e{week}": Escalation(
                id=f"e{week}", type=EscalationKind.REVIEW_NEEDED, priority=Urgency.LOW, text="",
                created_at=TO - DAY * 300, answered_at=wall(TO - DAY * (7 * week + 4), hour), answer="approved",
            )
            for week in range(12)
        }  # fmt: skip
        (found,) = suggested({}, escalations=asked)
        routines = learn(a_view({}, escalations=asked), CHICAGO).routines
        assert suggest(routines, {}, "", [expected]) == []
        assert suggest(routines, {}, "", ["0 5 * * *", "@daily", "*/5 8 * * *"]) == [found]
        assert found.settings == f'[schedules.morning_brief]\ncron = "{expected}"\nrun = "overnight brief"'


def test_the_options_say_all_of_a_task() -> None:
    """Read back as `add` reads them, they make the same task but for its name, label, times and secrets."""
    spec = a_spec(
        "x", description="Line one\nline 'two'", criteria=("a, b", "c"), priority=t.Priority.HIGH, hours=1.5,
        tech=("rust", "go"), verify="make test",
        limits=t.LimitOverrides(memory_bytes=3 << 29, time_s=5400.0, open_files=9), value=5 * MICRO, budget=2_500_000,
        effects=(t.Effect.PRODUCTION, t.Effect.SENSITIVE_DATA), window=t.WindowUse.OVERRUN, grace_s=30.0,
        category=t.Category.EXTERNAL_ACTION, secrets=("npm",), source="x",
    )  # fmt: skip
    words = options(spec)
    told: dict[str, Any] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        key = name.removeprefix("--").replace("-", "_")
        told[key] = (*told.get(key, ()), value) if key in ("criterion", "tech", "effect", "limit") else value
    again = spec_from_options({"name": spec.title, "label": "x", **told}, base=Path("/"), added_by="x")
    assert options(a_spec(paths=("a.py", "b/c.py"), repo="/srv/a"))[-4:] == [
        "--command", "true", "--paths", "a.py,b/c.py",
    ]  # fmt: skip
    assert again == msgspec.structs.replace(spec, secrets=())


def test_a_fresh_label_is_one_that_is_free() -> None:
    """Made of the words of a label, with a number where it is taken."""
    spec = a_spec("deps-2026-11-02")
    assert fresh_label(spec, "2026-11-20", {}) == "deps-2026-11-20"
    taken = {"deps": done("deps", TO), "deps-2": done("deps-2", TO)}
    assert fresh_label(spec, "", taken) == "deps-3"
    assert fresh_label(a_spec("2026"), "", {}) == "routine"
    assert len(fresh_label(a_spec("x" * 64), "2026-11-20", {})) <= 64
