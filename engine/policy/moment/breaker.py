"""Whether what a task would run, where it would run it, has failed too often to be worth a try now."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from engine.policy.facts import Active
from engine.policy.times import say_here
from state.model.brakes.breaker import COMMAND, Breaker, Closed, HalfOpen, Open, breaker_key
from state.model.task import Spec
from state.model.verdict import Finding, Stance

RULE = "breaker"


def lets(spec: Spec, breakers: Mapping[str, Breaker], active: Sequence[Active], now: datetime) -> bool:
    """Whether the breaker lets a task start; the same as what `check` says, without words."""
    key = breaker_key(COMMAND, spec.repo)
    breaker = breakers.get(key)
    if breaker is None or isinstance(breaker.state, Closed):
        return True
    return isinstance(breaker.state, Open) and breaker.state.until <= now and not _tried(key, active)


def check(
    spec: Spec, breakers: Mapping[str, Breaker], active: Sequence[Active], now: datetime, zone: tzinfo
) -> Finding:
    """Wait while the breaker of the task's repository is open; when its time has come, one build tries, not two."""
    key = breaker_key(COMMAND, spec.repo)
    breaker = breakers.get(key)
    match breaker and breaker.state:
        case Open(until=until) if now < until:
            waits = f"one build tries again from {say_here(until, now, zone)} on"
        case Open() if _tried(key, active):
            waits = "one build tries again now"
        case HalfOpen(build=trial):
            waits = f"{trial} tries again now"
        case Open():
            return Finding(rule=RULE, verdict=Stance.ALLOW, text=f"tries whether {key} is mended")
        case _:
            return Finding(rule=RULE, verdict=Stance.ALLOW, text=f"the breaker of {key} is closed")
    assert breaker is not None
    text = f"the breaker of {key} is open: {breaker.text}; {waits}, and `midwatch breaker reset {key}` closes it"
    return Finding(rule=RULE, verdict=Stance.WAIT, text=text)


def _tried(key: str, active: Sequence[Active]) -> bool:
    """Whether a build was decided on just now, so that it has no id yet."""
    return any(not build.build and breaker_key(COMMAND, build.repo) == key for build in active)
