"""A fault: deciding itself failed, and nothing is decided until the operator says so."""

from datetime import datetime

from state.model.record import Noun


class Fault(Noun, frozen=True, kw_only=True):
    """What failed last; it stays on record after it is over, so that the same one is counted on."""

    text: str
    """What failed and where, in one line."""
    since: datetime
    """When it came up last."""
    count: int = 1
    """How often this very fault has come up, one after the other."""
    over: bool = False
    """Whether the operator let deciding go on since."""
