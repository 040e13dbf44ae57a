"""Tests of what is worth a change, and of what is not."""

import random

import pytest

from engine.learning.improving.runs import gather
from engine.learning.improving.weaknesses import Weakness, find
from state.model.build import Check, Result
from state.model.escalation import EscalationKind
from state.model.task import Category
from tests.engine.learning.improving.past import NO, YES, Past
from tests.making import NOON


def found(past: Past, by: str = "category") -> list[Weakness]:
    return [one for one in find(gather(past.view, NOON)) if one.by == by]


def test_estimates_that_are_too_short() -> None:
    """Eight builds that took half as long again and more: by what to multiply, with how sure that is."""
    past = Past()
    for number, hours in enumerate([3.0, 3.1, 3.2, 3.2, 3.3, 3.5, 4.0, 1.9]):
        past.ran(f"t{number}", hours=hours, estimate=2.0)
    (one,) = found(past)
    assert (one.kind, one.cases, one.n) == ("overrun", 7, 8)
    assert one.advice == "estimate hours x1.6 for category documentation"
    assert one.value == pytest.approx(1.6)
    assert one.low <= one.value <= one.high
    assert "7 of 8 builds took longer than estimated, x1.6 in the middle (90 % sure: x" in one.text


def test_estimates_that_are_too_long() -> None:
    """A window is left empty for nothing."""
    past = Past()
    for number in range(6):
        past.ran(f"t{number}", hours=0.5, estimate=2.0)
    (one,) = found(past)
    assert (one.kind, one.advice) == ("overestimate", "estimate hours x0.25 for category documentation")


def test_builds_that_fail_and_results_that_are_wanting_are_told_apart() -> None:
    """Each with its own advice; the commonest way of failing is named."""
    past = Past()
    for number in range(8):
        past.ran(f"f{number}", "failed", executed=Check(result=Result.NO, text="exit code 127"))
    for number in range(8):
        past.ran(f"v{number}", "failed", category=Category.BUG_FIX, executed=YES, verified=NO)
    failing, unverified = sorted(found(past), key=lambda one: one.kind)
    assert (failing.kind, failing.name, failing.cases, failing.n) == ("failing", "documentation", 8, 8)
    assert failing.advice == "mend what most of them failed of: exit code 127"
    assert (unverified.kind, unverified.name, unverified.cases) == ("unverified", "bug_fix", 8)


def test_retries_that_never_help() -> None:
    """Seven tasks that were tried again and failed again; where it helps nothing is said."""
    past = Past()
    for number in range(7):
        past.ran(f"t{number}", "failed")
        past.ran(f"t{number}", "failed", attempt=2)
    retries = [one for one in found(past) if one.kind == "retries"]
    assert [(one.cases, one.n) for one in retries] == [(7, 7)]
    for number in range(7):
        past.ran(f"t{number}", "done", attempt=3)
    assert [one for one in found(past) if one.kind == "retries"] == []


def test_limits_at_which_builds_stand_still() -> None:
    """Seven of nine were held: which key to raise, for which category, and how far would do."""
    past = Past()
    for number in range(9):
        held = {"allowed": {"files": 50.0}} if number < 7 else {}
        past.ran(f"t{number}", files_changed=10 + number, **held)
    (one,) = found(past)
    assert one.text.startswith("category documentation: 7 of 9 builds were held at their limit of files (90 % sure: ")
    assert one.advice == (
        "raise [limits.action] files for category documentation, as [limits.category.documentation] files: "
        "nine of ten changed at most 18"
    )


def test_the_same_question_again_and_again() -> None:
    """Tasks that are never clear enough; each counts once, however often it was asked."""
    past = Past()
    for number in range(6):
        past.ran(f"t{number}")
        past.asked(EscalationKind.UNCLEAR, f"t{number}")
        past.asked(EscalationKind.UNCLEAR, f"t{number}")
    (one,) = found(past)
    assert (one.kind, one.about, one.cases, one.n) == ("question", "unclear", 6, 6)
    assert "--criterion" in one.advice


def test_of_few_builds_nothing_is_said() -> None:
    """Four failures of four are bad luck, as far as anybody can tell."""
    past = Past()
    for number in range(4):
        past.ran(f"t{number}", "failed")
    assert find(gather(past.view, NOON)) == []


def test_the_same_builds_are_told_of_once() -> None:
    """A repository in which one category only is built says nothing that the category does not."""
    past = Past()
    for number in range(8):
        past.ran(f"t{number}", "failed", repo="/srv/a")
    assert [(one.by, one.name) for one in find(gather(past.view, NOON))] == [("category", "documentation")]


def test_what_goes_well_mostly_is_left_alone() -> None:
    """Of groups in which one build of seven fails, hardly any is ever called weak."""
    called = 0
    for seed in range(60):
        dice = random.Random(seed)
        past = Past()
        for number in range(dice.randint(5, 60)):
            past.ran(f"t{number}", "failed" if dice.random() < 1 / 7 else "done")
        called += bool(find(gather(past.view, NOON)))
    assert called <= 2
