"""An escalation: something noticed that waits for the operator."""

from datetime import datetime
from enum import StrEnum

from state.model.record import Noun


class Urgency(StrEnum):
    """How soon the operator should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for urgent, 3 for low."""
        return {"urgent": 0, "high": 1, "medium": 2, "low": 3}[self.value]


class EscalationKind(StrEnum):
    """What it asks of the operator."""

    APPROVAL_NEEDED = "approval_needed"
    REVIEW_NEEDED = "review_needed"
    UNCLEAR = "unclear"
    BUILD_FAILED = "build_failed"
    BUILD_STALLED = "build_stalled"
    BUILD_UNKNOWN = "build_unknown"
    DELIVERY_BLOCKED = "delivery_blocked"
    LIMIT_REACHED = "limit_reached"
    ANOMALY = "anomaly"
    SYSTEM_HEALTH = "system_health"
    OPPORTUNITY = "opportunity"


class Escalation(Noun, frozen=True, kw_only=True):
    """One question to the operator; the same question again raises `count`, not a second row."""

    id: str
    type: EscalationKind
    priority: Urgency
    text: str
    created_at: datetime
    label: str = ""
    build: str = ""
    digest: str = ""
    """What an answer is bound to: the digest of the spec or of the diff that was shown."""
    signature: str = ""
    """What stays the same in the words of a failure: another error of the same task is another question."""
    also: tuple[str, ...] = ()
    """Other tasks that failed in the same way and wait too, as far as the text names them."""
    count: int = 1
    answered_at: datetime | None = None
    answer: str = ""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id

    @property
    def open(self) -> bool:
        """Whether it still waits."""
        return self.answered_at is None
