"""Whether there is room for one more build."""

from collections.abc import Sequence

from engine.policy.facts import Active
from state.model.verdict import Finding, Stance

RULE = "slots"


def taken(active: Sequence[Active]) -> int:
    """Return how many slots are taken: a build that stands still gives its own back, so that the night goes on."""
    return sum(not build.held for build in active)


def check(slots: int, active: Sequence[Active], why: str = "") -> Finding:
    """Wait while as many builds run as there are slots; `why` says what makes them so many at this moment."""
    if slots <= 0:
        text = f"no slot is open: {why or 'slots is 0 under [queue] in midwatch.toml'}"
        return Finding(rule=RULE, verdict=Stance.WAIT, text=text)
    because = f" ({why})" if why else ""
    if taken(active) >= slots:
        names = ", ".join(build.label for build in active if not build.held)
        what = "the slot is taken" if slots == 1 else f"all {slots} slots are taken"
        return Finding(rule=RULE, verdict=Stance.WAIT, text=f"{what} by {names}{because}")
    return Finding(rule=RULE, verdict=Stance.ALLOW, text=f"{slots - taken(active)} of {slots} slots free{because}")
