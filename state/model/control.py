"""What the operator has said about the engine as a whole."""

from datetime import datetime

from state.model.record import Noun
from state.model.when.context import Context, Override


class Control(Noun, frozen=True, kw_only=True):
    """The kill switch, the pause and the context; one record."""

    stopped: bool = False
    stopped_at: datetime | None = None
    stopped_by: str = ""
    paused: bool = False
    override: Override | None = None
    """The operator's own word on the context."""
    context: Context = Context.AVAILABLE
    """The context that was recorded last."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return "control"
