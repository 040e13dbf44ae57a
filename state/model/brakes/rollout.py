"""A roll-out: other rules for some of the tasks, more of them step by step, as long as they do no worse."""

from datetime import datetime
from enum import StrEnum

from state.model.record import Noun

STAGES = (1, 10, 50, 100)
"""The share of the tasks that the candidate decides about, in percent, stage by stage."""


class Promote(StrEnum):
    """Who takes it to the next stage."""

    RULE = "rule"
    """The engine, once there are enough samples and the candidate does no worse."""
    HAND = "hand"
    """Only the operator."""


class Ended(StrEnum):
    """How it ended."""

    PROMOTED = "promoted"
    """The candidate decides about all tasks."""
    ROLLED_BACK = "rolled_back"
    """It decides about none."""


class Overrides(Noun, frozen=True, kw_only=True):
    """What the candidate decides by, in place of the settings; None is as there."""

    budget_over: int | None = None
    """Micro-dollars above which a budget needs approval."""
    self_starting: tuple[str, ...] | None = None
    """The categories that start without asking."""


class Rollout(Noun, frozen=True, kw_only=True):
    """How far it is; one at a time."""

    id: str
    """Part of what decides which tasks are the candidate's: each roll-out draws anew."""
    name: str
    overrides: Overrides
    by: str
    started_at: datetime
    stage: int = 0
    """The index of its stage."""
    staged_at: datetime
    """When that stage began."""
    promote: Promote = Promote.RULE
    samples: int = 20
    """So many builds of the candidate must have ended in a stage before anything is concluded."""
    margin: float = 0.1
    """By how much a share must be worse, besides not being chance, to roll back."""
    ended: Ended | None = None
    text: str = ""
    """Why it is where it is."""

    @property
    def percent(self) -> int:
        """The share of the tasks that the candidate decides about."""
        if self.ended is not None:
            return 100 if self.ended is Ended.PROMOTED else 0
        return STAGES[self.stage]
