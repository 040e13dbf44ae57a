"""How far the periodic checks of HEARTBEAT.md have come."""

from datetime import datetime

from state.model.record import Noun


class Done(Noun, frozen=True, kw_only=True):
    """One check: the slot that it was done for last, and what came of it."""

    name: str
    slot: datetime
    """Every slot up to this one has been, and never is again."""
    at: datetime
    """When it was begun."""
    text: str = ""
    """What came of it, in words; empty while that is not known."""
    failed: bool = False


class Heartbeat(Noun, frozen=True, kw_only=True):
    """Every check that was ever due and still stands in the file; one record."""

    checks: tuple[Done, ...] = ()

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return "heartbeat"

    def of(self, name: str) -> Done | None:
        """Return what is known of a check; None when it was never due."""
        return next((done for done in self.checks if done.name == name), None)
