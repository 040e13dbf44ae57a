"""A problem: something that is wrong on this machine or with this work, or is about to be."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from state.model.record import Noun


class Severity(StrEnum):
    """How much it matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    """It stops the work, or will within hours: the operator is asked."""

    @property
    def rank(self) -> int:
        """0 for critical, 3 for low."""
        return {"critical": 0, "high": 1, "medium": 2, "low": 3}[self.value]


class Kind(StrEnum):
    """What it is about; each kind is looked for by a rule of its own."""

    DISK = "disk"
    MEMORY = "memory"
    FAILING = "failing"
    STALE = "stale"
    ERRORS = "errors"
    GROWING = "growing"
    EXPIRING = "expiring"
    CLOCK = "clock"
    SCHEDULE = "schedule"
    BACKLOG = "backlog"


class Fix(StrEnum):
    """What can be done about it without asking, because it takes away nothing that is not kept elsewhere."""

    NONE = ""
    ROOM = "room"
    """Remove the working trees of builds whose result is in the operator's branch, and copies of results."""
    PRUNE = "prune"
    """Take out of the record what the settings keep no longer."""
    RERUN = "rerun"
    """Run a schedule's command again that came to nothing for a reason that passes."""


class Outlook(Noun, frozen=True, kw_only=True):
    """When it comes to a head if things go on as they did: the middle, and where it lies with 90 % confidence."""

    at: datetime
    earliest: datetime
    latest: datetime | None
    """None where even that is not sure to come."""


class Sighting(Noun, frozen=True, kw_only=True):
    """What one look saw."""

    kind: Kind
    subject: str
    """What it concerns, such as a path, a task or a schedule."""
    severity: Severity
    text: str
    """What is wrong and what to do, in words."""
    figures: Mapping[str, float] = {}
    """What it was concluded from; names tell the unit."""
    outlook: Outlook | None = None
    fix: Fix = Fix.NONE

    @property
    def id(self) -> str:
        """The same problem has the same one in each look."""
        return f"{self.kind}:{self.subject}"


class Problem(Noun, frozen=True, kw_only=True):
    """All that is known of one problem, however often it was seen."""

    id: str
    seen: Sighting
    """How it was when it was seen last."""
    first_at: datetime
    """When it was seen first, since it was gone last."""
    last_at: datetime
    count: int = 1
    """In how many looks it was seen since then."""
    gone_at: datetime | None = None
    gone: str = ""
    """Why it is gone, in words."""
    tried_at: datetime | None = None
    """When something was done about it last."""
    fixes: int = 0
    """How often something was done about it with success."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id

    @property
    def open(self) -> bool:
        """Whether it was there at the last look."""
        return self.gone_at is None

    @property
    def about(self) -> str:
        """What the question about it is filed under while it is critical."""
        return f"problem:{self.id}"


class Fixed(Noun, frozen=True, kw_only=True):
    """What came of a try to fix one problem."""

    id: str
    ok: bool
    text: str
    """What was done, or why it was not, in words."""
    freed_bytes: int = 0
