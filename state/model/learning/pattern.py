"""A pattern: a routine that was noticed in the record, and what was built ahead for it."""

from datetime import datetime

from state.model.record import Noun

SOURCE = "pattern"
"""The source of tasks that are queued ahead because a pattern says that they will be wanted."""

NOTED = "pattern_noted"
"""What the record says when a pattern is noticed for the first time."""


class Prebuilt(Noun, frozen=True, kw_only=True):
    """A task that was queued ahead for one occurrence."""

    at: datetime
    """When it is expected to be wanted."""
    label: str


class Pattern(Noun, frozen=True, kw_only=True):
    """What was noticed, as it was known when it was last looked at."""

    id: str
    """Stays the same while the routine's time moves a little."""
    text: str
    noted_at: datetime
    confidence: float
    """How likely it is on the next occasion."""
    low: float
    high: float
    """Where that lies with 90 % confidence."""
    hits: int
    occasions: int
    """On so many occasions it came, of so many."""
    prebuilt: tuple[Prebuilt, ...] = ()
    """The oldest first; no occurrence twice."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id
