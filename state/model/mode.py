"""The engine's mode: whether it carries out what it decides, or only writes it down."""

from datetime import datetime
from enum import StrEnum

from state.model.brakes.usage import Amount
from state.model.record import Noun

WITHDRAWN = "observe mode"
"""Who ends a build that had not begun to run when observing began; its task goes back into the queue."""


class Mode(StrEnum):
    """What becomes of a decision to start or to merge something."""

    LIVE = "live"
    """It is carried out."""
    OBSERVE = "observe"
    """It is recorded, and nothing executes. It is no approval, and nothing of it counts later."""


class Would(Noun, frozen=True, kw_only=True):
    """A start that was decided and not carried out."""

    label: str
    digest: str
    """That of the spec it was decided on: another spec is decided on anew."""
    at: datetime
    until: datetime
    """When its build would have ended, by the task's estimate: until then it counts as if it took a slot."""
    need: Amount = Amount()
    """What its build was taken to use: reserved until then, and counted as used after that."""


class Observation(Noun, frozen=True, kw_only=True):
    """A time of observing."""

    since: datetime
    by: str
    """Who wanted it: an operator, or the settings."""
    live_at: datetime | None = None
    """When it ends by itself; None when only the operator ends it."""
    would: tuple[Would, ...] = ()
    """What would have started, the first first; each task once."""
    agreed: tuple[str, ...] = ()
    """The tasks on which the operator said yes meanwhile: no such yes outlasts the observing."""
