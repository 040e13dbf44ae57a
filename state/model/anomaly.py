"""An anomaly: a figure of a build that left its band."""

from datetime import datetime

from state.model.record import Noun


class Anomaly(Noun, frozen=True, kw_only=True):
    """What was measured, against what it should be, in words."""

    id: str
    label: str
    build: str
    figure: str
    """What was measured, such as `output_bytes` or `run_s`."""
    value: float
    limit: float
    text: str
    created_at: datetime

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id
