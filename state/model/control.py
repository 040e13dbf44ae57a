"""What the operator has said about the engine as a whole."""

from datetime import datetime

from state.model.record import Noun


class Control(Noun, frozen=True, kw_only=True):
    """The kill switch and the pause; one record."""

    stopped: bool = False
    stopped_at: datetime | None = None
    stopped_by: str = ""
    paused: bool = False

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return "control"
