"""A signal: something noticed that a program tells of in a file."""

from datetime import datetime
from enum import StrEnum

from state.model.escalation import Urgency
from state.model.record import Noun


class SignalType(StrEnum):
    """What it is about."""

    GOALS_UPDATED = "goals_updated"
    TASK_QUEUE_GROWING = "task_queue_growing"
    GENERATE_TASKS = "generate_tasks"
    SYSTEM_HEALTH = "system_health"
    DAEMON_CRASHED = "daemon_crashed"
    SPAWN_AGENT = "spawn_agent"
    APPROVAL_NEEDED = "approval_needed"
    REVIEW_NEEDED = "review_needed"
    BUILD_FAILED = "build_failed"
    BUILD_STALLED = "build_stalled"
    UNCLEAR = "unclear"
    """Also every type that is not known."""
    LOW_CONFIDENCE = "low_confidence"
    LIMIT_REACHED = "limit_reached"
    ANOMALY = "anomaly"
    OPPORTUNITY = "opportunity"


class Handling(StrEnum):
    """What became of a signal."""

    LOGGED = "logged"
    """It is on record, and asks nothing of anybody."""
    ASKED = "asked"
    """It waits for the operator."""
    QUEUED = "queued"
    """The task that it asks for is in the queue."""


class Signal(Noun, frozen=True, kw_only=True):
    """One signal, harmless to show; its words come from outside and are not to be believed."""

    id: str
    """Unique among all signals there ever were."""
    type: SignalType
    said: str = ""
    """The type as it was written, where that is not known."""
    priority: Urgency = Urgency.MEDIUM
    created: datetime | None = None
    source: str = ""
    """Who says to have sent it."""
    text: str = ""
    label: str = ""
    """The task that it says to be about."""
    confidence: float | None = None
    """0.0 to 1.0: how sure it says to be; None when it does not say."""
    impact: int | None = None
    """Micro-dollars that it says are at stake; None when it does not say."""
    digest: str = ""
    """SHA-256 of its file: another file with the same id is another signal."""
    taken_at: datetime | None = None
    """When it was decided upon; that is never done twice."""
    handling: Handling | None = None
    outcome: str = ""
    """What became of it, in words."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id

    @property
    def subject(self) -> str:
        """What the question about it is filed under; no task's label can be the same."""
        return f"signal:{self.id}"

    @property
    def kind(self) -> str:
        """Its type, as it was written."""
        return self.said or self.type.value
