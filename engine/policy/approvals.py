"""Whether a task's category is one that starts, and merges, without asking."""

from collections.abc import Collection

from state.model.task import Category, Spec
from state.model.verdict import Finding, Stance

RULE = "approvals"

SELF_STARTING = {
    Category.PERFORMANCE: "performance work may start by itself",
    Category.BUG_FIX: "a bug fix may start by itself",
    Category.DOCUMENTATION: "documentation may start by itself",
    Category.INFRASTRUCTURE: "infrastructure work may start by itself",
    Category.RESEARCH: "research may start by itself",
}
"""The categories that start without the operator."""

READ_ONLY = frozenset({Category.RESEARCH})
"""The categories of these whose results never merge unseen; those of the others do, once verified."""

ASKING = {
    Category.NEW_FEATURE: "adds a new feature",
    Category.EXTERNAL_ACTION: "acts on the outside world",
    Category.CONFIGURATION: "changes configuration",
}
"""The categories that need approval, in words that go on after `needs approval:`."""


def check(spec: Spec, starting: Collection[Category] = SELF_STARTING) -> Finding:
    """Ask for every category that is not known to start by itself."""
    text = SELF_STARTING.get(spec.category, "a roll-out lets it start by itself")
    if spec.category not in starting:
        text = ASKING.get(spec.category, f"is of the category {spec.category}")
        return Finding(rule=RULE, verdict=Stance.ASK, text=text)
    return Finding(rule=RULE, verdict=Stance.ALLOW, text=text)


REVIEWED = frozenset({"pattern", "signal"})
"""What stands before the first colon of a task's source where its result never merges unseen."""


def before_merge(spec: Spec, verified: bool) -> bool:
    """Return whether the operator must see a result before it merges; `verified` is a verification that passed."""
    from_outside = spec.source.partition(":")[0] in REVIEWED
    unseen = spec.category in SELF_STARTING and spec.category not in READ_ONLY
    return not unseen or bool(spec.effects) or not verified or from_outside
