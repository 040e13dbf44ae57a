"""A candidate goes on, stays or goes back by what came of its builds, and chance alone moves nothing."""

from math import comb

import msgspec
import pytest

from engine.policy.rollout.compare import Arm, Comparison, chance, compare, step
from state.model import build as b
from state.model.brakes.rollout import STAGES, Ended, Overrides, Promote, Rollout
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.view import View
from tests.making import NOON, a_build

ROLLOUT = Rollout(id="r1", name="n", overrides=Overrides(), by="o", started_at=NOON, staged_at=NOON, samples=10)


def builds(version: str, good: int, bad: int, **changes: object) -> dict[str, b.Build]:
    """Builds of a version that have ended."""
    found = {}
    for number in range(good + bad):
        ending = "done" if number < good else "failed"
        over = b.Finished(ending=ending, text="", at=NOON)
        name = f"{version}-{number + 1}"
        found[name] = a_build(name, over, version=f"r1:{version}", **changes)
    return found


def found(ours: tuple[int, int], theirs: tuple[int, int]) -> Comparison:
    """The comparison of so many good and bad ones."""
    return compare(View(at=NOON, builds={**builds("candidate", *ours), **builds("base", *theirs)}), ROLLOUT)


@pytest.mark.parametrize(
    ("ours", "theirs", "rollout", "expected"),
    [
        ((9, 0), (50, 0), ROLLOUT, None),
        ((10, 0), (9, 0), ROLLOUT, None),
        ((10, 0), (50, 0), ROLLOUT, False),
        ((9, 1), (48, 2), ROLLOUT, False),
        ((4, 6), (48, 2), ROLLOUT, True),
        ((4, 6), (4, 6), ROLLOUT, False),
        ((10, 0), (50, 0), msgspec.structs.replace(ROLLOUT, promote=Promote.HAND), None),
        ((4, 6), (48, 2), msgspec.structs.replace(ROLLOUT, promote=Promote.HAND), True),
        ((4, 6), (48, 2), msgspec.structs.replace(ROLLOUT, margin=0.9), False),
        ((4, 6), (48, 2), msgspec.structs.replace(ROLLOUT, ended=Ended.PROMOTED), None),
    ],
)
def test_what_follows(ours: tuple[int, int], theirs: tuple[int, int], rollout: Rollout, expected: bool | None) -> None:
    """Back when it does worse by more than the margin and more than chance, on when it does not, else it stays."""
    told = compare(View(at=NOON, builds={**builds("candidate", *ours), **builds("base", *theirs)}), rollout)
    follows = step(rollout, told)
    assert (follows.back if follows is not None else None) is expected


def test_builds_of_an_earlier_stage_do_not_count_for_the_candidate() -> None:
    """Each stage must prove itself; the base gathers from the beginning."""
    later = msgspec.structs.replace(ROLLOUT, staged_at=NOON.replace(hour=13))
    view = View(at=NOON, builds={**builds("candidate", 20, 0), **builds("base", 20, 0)})
    assert compare(view, later).candidate.builds == 0
    assert compare(view, later).base.builds == 20


def test_what_was_taken_back_or_asked_about_counts_against_it() -> None:
    """A merge that was reverted is no success, and needing the operator more often is worse too."""
    back = builds("candidate", 10, 0, reverted=b.Check(result=b.Result.YES))
    told = compare(View(at=NOON, builds={**back, **builds("base", 50, 0)}), ROLLOUT)
    assert (told.candidate.failed, told.candidate.reverted) == (10, 10)
    assert "10 of 10 failed or was taken back, beside 0 of 50" in told.worse
    plain = builds("candidate", 10, 0)
    asked = {
        f"e{number}": Escalation(
            id=f"e{number}",
            type=EscalationKind.BUILD_STALLED,
            priority=Urgency.LOW,
            text="",
            created_at=NOON,
            build=name,
        )
        for number, name in enumerate(plain)
    }
    told = compare(View(at=NOON, builds={**plain, **builds("base", 50, 0)}, escalations=asked), ROLLOUT)
    assert "needed the operator" in told.worse


def test_the_words_of_the_last_stage_say_for_good() -> None:
    """Nothing is left beside it then."""
    last = msgspec.structs.replace(ROLLOUT, stage=len(STAGES) - 1)
    follows = step(last, Comparison(candidate=Arm(builds=10), base=Arm(builds=10)))
    assert follows is not None and "for good" in follows.text


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # The lady tasting tea: all four of eight cups told right by chance.
        ((4, 4, 0, 4), 1 / comb(8, 4)),
        ((3, 4, 1, 4), 17 / 70),
        ((0, 10, 5, 10), 1.0),
        ((0, 0, 5, 10), 1.0),
    ],
)
def test_the_exact_test_is_fishers(table: tuple[int, int, int, int], expected: float) -> None:
    """Against the values of his own example, and the ends of the range."""
    assert chance(*table) == pytest.approx(expected)


def test_equal_versions_are_seldom_taken_for_worse() -> None:
    """Over all tables of two equal groups the rule says worse less often than it promises."""
    size, share = 20, 0.2
    weight = [comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(size + 1)]
    wrong = sum(
        weight[ours] * weight[theirs]
        for ours in range(size + 1)
        for theirs in range(size + 1)
        if found((size - ours, ours), (size - theirs, theirs)).worse
    )
    assert wrong < 0.05
