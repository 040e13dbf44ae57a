"""Tests of how builds are gathered by what they have in common."""

from datetime import timedelta

from engine.learning.improving.runs import checked, failed_check, gather
from state.model.brakes.hold import Hold
from state.model.build import Running
from state.model.escalation import EscalationKind
from tests.engine.learning.improving.past import NO, YES, Past
from tests.making import NOON, a_build


def test_a_build_belongs_to_its_category_repository_and_runner() -> None:
    """Only those that are over, and whose task is known."""
    past = Past()
    past.ran("a", repo="/srv/a")
    past.ran("b", command="cargo build")
    past.builds["c-1"] = a_build("c-1", Running(token="t", pid=1, start_ticks=1, boot="b"))
    found = {(group.by, group.name): [run.build.id for run in group.runs] for group in gather(past.view, NOON)}
    assert found == {
        ("category", "documentation"): ["a-1", "b-1"],
        ("repository", "/srv/a"): ["a-1"],
        ("runner", "true"): ["a-1"],
        ("runner", "cargo"): ["b-1"],
    }


def test_what_was_before_is_let_be() -> None:
    """A weakness that was mended is not told of for ever."""
    past = Past()
    past.ran("a")
    past.asked(EscalationKind.UNCLEAR, "a")
    assert gather(past.view, NOON + timedelta(hours=2)) == []


def test_at_which_limits_builds_stood_still() -> None:
    """Whether the operator let it go on, or it ended there; an unusual figure is no limit."""
    past = Past()
    past.ran("a", allowed={"files": 20.0, "anomaly:calls": 9.0})
    past.ran("b", hold=Hold(figure="spent", used=2, limit=1, text="", since=NOON))
    past.ran("c", hold=Hold(figure="files", used=2, limit=1, text="", since=NOON, anomaly=True))
    past.ran("d")
    past.asked(EscalationKind.LIMIT_REACHED, "d", "d-1")
    (group, *_) = gather(past.view, NOON)
    assert {run.build.label: set(run.held_for) for run in group.runs} == {
        "a": {"files"}, "b": {"spent"}, "c": set(), "d": {""},
    }  # fmt: skip
    assert group.asked == {EscalationKind.LIMIT_REACHED: {"d"}}


def test_what_a_build_came_to() -> None:
    """Its time without that for which it stood still, and whether its result was found wanting."""
    past = Past()
    past.ran("a", hours=3, held_s=3600.0, executed=YES, verified=NO)
    past.ran("b", "failed", executed=NO)
    wanting, failed = gather(past.view, NOON)[0].runs
    assert wanting.hours == 2.0
    assert (checked(wanting), failed_check(wanting)) == (True, True)
    assert (checked(failed), failed_check(failed)) == (False, False)
