"""An anomaly: a figure of a build that left its band."""

from datetime import datetime

from state.model.record import Noun


class Band(Noun, frozen=True, kw_only=True):
    """What a figure is like in the builds of one kind, in the figure's own unit."""

    low: float
    """Below it a value is out of the band; 0 where being low means nothing."""
    high: float
    centre: float
    """The median."""
    sigma: float
    """How many standard deviations the edges stand for."""
    kind: str
    """Which builds it is from, in words."""
    history: tuple[float, ...]
    """The values that it is made of, the oldest first; the value that is judged by it is none of them."""

    @property
    def n(self) -> int:
        """From how many builds it is."""
        return len(self.history)


class Anomaly(Noun, frozen=True, kw_only=True):
    """What was measured, against what it should be, in words."""

    id: str
    label: str
    build: str
    figure: str
    """What was measured, such as `output_bps` or `run_s`."""
    value: float
    limit: float
    """The edge that it crossed."""
    text: str
    created_at: datetime
    band: Band | None = None
    """What is usual; None where a fixed limit was crossed and too little is known."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id
