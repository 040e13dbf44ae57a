"""A hold: why a running build stands still until the operator answers."""

from datetime import datetime

from state.model.brakes import figure
from state.model.record import Noun, digest_of


class Hold(Noun, frozen=True, kw_only=True):
    """What left its bounds while the build ran: the build is frozen, nothing of it is thrown away."""

    figure: str
    """What was counted, such as `files`, `calls`, `spent` or `duration_s`."""
    used: float
    limit: float
    """The most that was allowed; in an anomaly the edge of the band."""
    text: str
    """The same in words, with what the operator can do."""
    since: datetime
    anomaly: bool = False
    """Whether it is out of its usual band, and not over a limit that somebody set."""

    @property
    def short(self) -> str:
        """Such as `files 11 of 10`."""
        return figure.of(self.figure, self.used, self.limit)

    @property
    def digest(self) -> str:
        """What an answer is bound to: a hold for another figure, or for more of it, has another."""
        return digest_of((self.figure, float(self.used), float(self.limit), self.anomaly))

    @property
    def allowance(self) -> str:
        """The key in `Build.allowed` of a yes to it: to go on although unusual is no leave to go over a limit."""
        return f"anomaly:{self.figure}" if self.anomaly else self.figure
