"""Whether the candidate of a roll-out does worse than the rules beside it, and what follows from that."""

from collections.abc import Iterable
from math import comb

from state.model import build as b
from state.model.brakes.rollout import STAGES, Promote, Rollout
from state.model.record import Noun
from state.model.view import View

SURE = 0.05
"""Below this probability that chance alone made it so, a difference is taken for one."""


class Arm(Noun, frozen=True, kw_only=True):
    """What came of the builds that one version let start."""

    builds: int = 0
    """Those that have ended."""
    failed: int = 0
    """Failed, killed, lost or taken back."""
    reverted: int = 0
    held: int = 0
    """Stood still at a limit or for an anomaly."""
    asked: int = 0
    """Builds about which the operator was asked something."""
    spent: int = 0
    """Micro-dollars."""

    def share(self, figure: str) -> float:
        """Return a figure for each build."""
        return getattr(self, figure) / self.builds if self.builds else 0.0


class Comparison(Noun, frozen=True, kw_only=True):
    """Both versions side by side; the candidate as of its present stage, the base since the roll-out began."""

    candidate: Arm
    base: Arm
    worse: str = ""
    """By which figure the candidate does worse, in words; empty when by none."""


COMPARED = {"failed": "failed or was taken back", "asked": "needed the operator", "held": "was held"}
"""The figures that decide, each a share of the builds."""


def compare(view: View, rollout: Rollout) -> Comparison:
    """Count what came of the builds of both versions."""
    asked = {escalation.build for escalation in view.escalations.values()}
    odd = {anomaly.build for anomaly in view.anomalies.values()}
    builds = [build for build in view.builds.values() if build.over and build.version.startswith(f"{rollout.id}:")]
    ours = [one for one in builds if one.version.endswith(":candidate") and one.created_at >= rollout.staged_at]
    found = Comparison(
        candidate=_arm(ours, asked, odd),
        base=_arm((one for one in builds if one.version.endswith(":base")), asked, odd),
    )
    worse = [told for figure, words in COMPARED.items() if (told := _worse(found, figure, words, rollout.margin))]
    return Comparison(candidate=found.candidate, base=found.base, worse="; ".join(worse))


class Step(Noun, frozen=True, kw_only=True):
    """What follows: the next stage, the end, or back; `text` says why."""

    back: bool
    text: str


def step(rollout: Rollout, found: Comparison) -> Step | None:
    """Return what follows from a comparison by rule; None while nothing does.

    Back as soon as the candidate has its samples and does worse; on only where the rule may, and never unless both
    have them, but for the last stages, in which nothing is left beside the candidate to compare with.
    """
    if rollout.ended is not None or found.candidate.builds < rollout.samples:
        return None
    if found.worse:
        return Step(back=True, text=found.worse)
    if rollout.promote is Promote.HAND or found.base.builds < rollout.samples:
        return None
    last = rollout.stage == len(STAGES) - 1
    on = "for all tasks for good" if last else f"for {STAGES[rollout.stage + 1]} % of the tasks"
    return Step(back=False, text=f"no worse over {found.candidate.builds} builds: {on}")


def chance(bad: int, of: int, others_bad: int, of_others: int) -> float:
    """Return how probable so many bad ones, or more, are if both groups are alike: Fisher's exact test, one-sided.

    R. A. Fisher, Statistical Methods for Research Workers, section 21.02; the margins of the table are fixed.
    """
    total, all_bad = of + of_others, bad + others_bad
    if not of or not of_others:
        return 1.0
    ways = sum(comb(all_bad, k) * comb(total - all_bad, of - k) for k in range(bad, min(all_bad, of) + 1))
    return ways / comb(total, of)


def _worse(found: Comparison, figure: str, words: str, margin: float) -> str:
    ours, theirs = found.candidate, found.base
    bad, others = getattr(ours, figure), getattr(theirs, figure)
    if ours.share(figure) - theirs.share(figure) < margin:
        return ""
    probability = chance(bad, ours.builds, others, theirs.builds)
    if probability >= SURE:
        return ""
    return f"{bad} of {ours.builds} {words}, beside {others} of {theirs.builds}; by chance with p = {probability:.3f}"


def _arm(builds: Iterable[b.Build], asked: set[str], odd: set[str]) -> Arm:
    made = list(builds)
    back = [build.reverted.result is b.Result.YES for build in made]
    return Arm(
        builds=len(made),
        failed=sum(gone or _ending(build) != "done" for build, gone in zip(made, back, strict=True)),
        reverted=sum(back),
        held=sum(bool(build.held_s) or build.id in odd for build in made),
        asked=sum(build.id in asked for build in made),
        spent=sum(build.spent for build in made),
    )


def _ending(build: b.Build) -> str:
    return build.state.ending if isinstance(build.state, b.Finished) else ""
