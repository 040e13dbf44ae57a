"""Which version decides about a task is the same for ever, and more tasks are the candidate's with each stage."""

import msgspec
import pytest

from engine.policy.facts import Rules
from engine.policy.gate import judge_spec
from engine.policy.rollout.version import candidate, is_candidate, mark, version_of
from state.model.brakes.rollout import STAGES, Ended, Overrides, Rollout
from state.model.task import Category
from state.model.verdict import Stance
from tests.making import NOON, a_task

RULES = Rules(budget_over=50_000_000)
OTHER = Overrides(budget_over=10_000_000, self_starting=("new_feature",))
ROLLOUT = Rollout(id="r1", name="trust", overrides=OTHER, by="operator:ada", started_at=NOON, staged_at=NOON)
LABELS = [f"task-{number}" for number in range(5000)]


def at(stage: int) -> Rollout:
    return msgspec.structs.replace(ROLLOUT, stage=stage)


def share(rollout: Rollout) -> set[str]:
    return {label for label in LABELS if is_candidate(label, rollout)}


def test_the_share_is_that_of_the_stage_and_only_grows() -> None:
    """1, 10, 50 and 100 %, each with all tasks of the one before."""
    shares = [share(at(stage)) for stage in range(len(STAGES))]
    for found, percent in zip(shares, STAGES, strict=True):
        assert len(found) / len(LABELS) == pytest.approx(percent / 100, abs=0.02)
    assert shares[0] < shares[1] < shares[2] < shares[3] == set(LABELS)


def test_another_roll_out_draws_anew() -> None:
    """The same few tasks are not always the ones that are tried on."""
    other = msgspec.structs.replace(at(1), id="r2")
    assert share(other) != share(at(1))


def test_the_hash_is_pinned() -> None:
    """What is the candidate's stays so over versions of the program, or builds would be compared that are not alike."""
    assert sorted(share(at(0)))[:5] == ["task-1057", "task-11", "task-1430", "task-144", "task-1526"]


def test_an_end_decides_about_all_or_none() -> None:
    """Promoted it is everybody's, rolled back nobody's, and builds carry no mark any more."""
    promoted = msgspec.structs.replace(ROLLOUT, ended=Ended.PROMOTED)
    back = msgspec.structs.replace(at(3), ended=Ended.ROLLED_BACK)
    assert share(promoted) == set(LABELS) and share(back) == set()
    assert mark("tidy", promoted) == mark("tidy", back) == mark("tidy", None) == ""
    assert mark("tidy", at(3)) == "r1:candidate"


def test_the_candidate_differs_only_in_what_it_names() -> None:
    """All else is as the settings have it; what never starts alone does not in any version."""
    assert candidate(RULES, msgspec.structs.replace(ROLLOUT, overrides=Overrides())) == RULES
    found = candidate(RULES, ROLLOUT)
    assert (found.budget_over, found.self_starting) == (10_000_000, frozenset({Category.NEW_FEATURE}))
    bold = msgspec.structs.replace(ROLLOUT, overrides=Overrides(self_starting=("external_action",)))
    assert candidate(RULES, bold).self_starting == frozenset()


def test_the_version_decides() -> None:
    """The same task asks by the settings and starts by the candidate."""
    wish = a_task("wish", category=Category.NEW_FEATURE)
    assert judge_spec(wish, version_of("wish", RULES, None)).stance is Stance.ASK
    assert judge_spec(wish, version_of("wish", RULES, at(3))).stance is Stance.ALLOW
