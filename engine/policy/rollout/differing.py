"""About which tasks two versions of the rules decide differently."""

from collections.abc import Iterable

import msgspec

from engine.policy.facts import Rules
from engine.policy.gate import judge_spec
from engine.policy.rollout.version import candidate
from state.model.brakes.rollout import Rollout
from state.model.task import Task


def differing(tasks: Iterable[Task], rules: Rules, rollout: Rollout) -> tuple[str, ...]:
    """Return the labels of the tasks about which the candidate decides otherwise, had nobody said yes to them."""
    other = candidate(rules, rollout)
    plain = [msgspec.structs.replace(task, approval=None, forced=False) for task in tasks]
    return tuple(
        sorted(task.label for task in plain if judge_spec(task, rules).stance is not judge_spec(task, other).stance)
    )
