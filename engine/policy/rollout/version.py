"""Which version of the rules decides about a task."""

import hashlib

import msgspec

from engine.policy.facts import Rules
from state.model.brakes.rollout import Rollout
from state.model.task import Category

NEVER_ALONE = frozenset({Category.EXTERNAL_ACTION, Category.CONFIGURATION})
"""The categories that no version of the rules lets start without asking."""


def is_candidate(label: str, rollout: Rollout | None) -> bool:
    """Whether the candidate decides about a task: by a hash, so that it stays so while the share grows."""
    if rollout is None:
        return False
    digest = hashlib.sha256(f"{rollout.id}\0{label}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * 100 < rollout.percent << 64


def version_of(label: str, rules: Rules, rollout: Rollout | None) -> Rules:
    """Return the rules that decide about a task."""
    return candidate(rules, rollout) if rollout is not None and is_candidate(label, rollout) else rules


def candidate(rules: Rules, rollout: Rollout) -> Rules:
    """Return the rules of the candidate; what it does not name is as in the settings."""
    told = rollout.overrides
    starting = rules.self_starting
    if told.self_starting is not None:
        starting = frozenset(Category(name) for name in told.self_starting) - NEVER_ALONE
    budget_over = rules.budget_over if told.budget_over is None else told.budget_over
    return msgspec.structs.replace(rules, budget_over=budget_over, self_starting=starting)


def mark(label: str, rollout: Rollout | None) -> str:
    """Return what a build carries of the version that let it start; empty without a roll-out under way."""
    if rollout is None or rollout.ended is not None:
        return ""
    return f"{rollout.id}:{'candidate' if is_candidate(label, rollout) else 'base'}"
