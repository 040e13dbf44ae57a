"""What kind of time it is for the operator, and what that means for builds."""

from datetime import datetime
from enum import StrEnum

from state.model.record import Noun


class Context(StrEnum):
    """What the operator is at."""

    AVAILABLE = "available"
    WORKING = "working"
    SLEEPING = "sleeping"
    AWAY = "away"
    GYM = "gym"
    MEETING = "meeting"
    WEEKEND = "weekend"


class ContextRule(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[contexts.NAME]`: how hard builds may work while it lasts."""

    intensity: int = 100
    """How much of the slots under [queue] may be used, in percent; anything above 0 is at least one."""
    slots: int | None = None
    """Builds at the same time, in place of that share; None takes the share."""

    def of(self, slots: int) -> int:
        """Return how many builds may run at the same time, where [queue] allows `slots`."""
        if self.intensity == 0 or slots <= 0:
            return 0
        return max(1, slots * self.intensity // 100) if self.slots is None else self.slots


class Meeting(Noun, frozen=True, kw_only=True):
    """A busy time in the operator's calendar."""

    starts_at: datetime
    ends_at: datetime
    title: str


class Override(Noun, frozen=True, kw_only=True):
    """The operator's own word on the context; it counts before everything else until it ends."""

    context: Context
    by: str
    set_at: datetime
    until: datetime | None = None
    """None holds until it is taken back."""


class Situation(Noun, frozen=True, kw_only=True):
    """The kind of time that it is now, why, and until when."""

    context: Context = Context.AVAILABLE
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """When the context is expected to change by itself; None when nothing is known to change it."""
    window: str = ""
    """The window that counts; empty when none is open, or none is configured."""
    window_until: datetime | None = None
    """When another window counts or none does; without a window when the next one opens. None for not foreseeable."""
    intensity: int = 100
    """How much of the slots builds may use, in percent."""
    slots: int = 0
    """Builds at the same time in this context."""
    trouble: str = ""
    """Why the calendar is not fully known, in words; empty when all is well."""


class Change(Noun, frozen=True, kw_only=True):
    """A change of the context or the window that is foreseen."""

    at: datetime
    context: Context
    window: str
    slots: int
