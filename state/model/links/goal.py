"""A goal that is looked into at night: when that was last done."""

from datetime import datetime

from state.model.record import Noun

RESEARCH = "research"
"""The source of every task that looks into a goal."""
BRIEFING = "briefing.md"
"""The file that such a task has to make, in its workspace."""


class Researched(Noun, frozen=True, kw_only=True):
    """How often a goal of the operator's was looked into; one record a goal."""

    goal: str
    """A digest of its words."""
    label: str
    """The latest task about it."""
    at: datetime
    """When that was queued."""
    times: int = 1

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.goal
