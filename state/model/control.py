"""What the operator has said about the engine as a whole."""

from datetime import datetime

from state.model.brakes.fault import Fault
from state.model.brakes.rollout import Rollout
from state.model.mode import Mode, Observation
from state.model.record import Noun
from state.model.when.context import Context, Override


class Control(Noun, frozen=True, kw_only=True):
    """The kill switch, the pause, the context and the mode; one record."""

    stopped: bool = False
    stopped_at: datetime | None = None
    stopped_by: str = ""
    paused: bool = False
    rollout: Rollout | None = None
    """The latest roll-out of other rules; None when there never was one."""
    fault: Fault | None = None
    """What made it stop deciding last; None when nothing ever did."""
    override: Override | None = None
    """The operator's own word on the context."""
    context: Context = Context.AVAILABLE
    """The context that was recorded last."""
    observation: Observation | None = None
    """None while it is live."""
    asked_mode: Mode | None = None
    """The mode that the settings named when they were obeyed last: only another one is a new word."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return "control"

    @property
    def manual(self) -> bool:
        """Whether nothing is decided by itself, because deciding failed."""
        return self.fault is not None and not self.fault.over

    @property
    def mode(self) -> Mode:
        """Whether decisions are carried out."""
        return Mode.LIVE if self.observation is None else Mode.OBSERVE
