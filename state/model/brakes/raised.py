"""A raised limit: what the operator lets every build of one task use until the end of a day."""

from datetime import datetime

from state.model.record import Noun


class Raised(Noun, frozen=True, kw_only=True):
    """It counts in place of the settings' limit as long as it is the higher one."""

    label: str
    """The task whose builds it is for."""
    figure: str
    """What is counted, as in a hold."""
    limit: float
    until: datetime
    by: str
    """Who raised it."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return f"{self.label}/{self.figure}"
