"""A use of the kill switch, in earnest or to rehearse it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from state.model.record import Noun


class Means(StrEnum):
    """How the switch was reached."""

    KEY = "key"
    VERB = "verb"
    FILE = "file"
    HTTP = "http"
    LIBRARY = "library"
    """A call from another program, such as one that listens to a chat."""


class KillUse(Noun, frozen=True, kw_only=True):
    """What one use of the switch took."""

    id: str
    at: datetime
    by: str
    means: Means
    why: str = ""
    ms: float
    """From the call, or from when the file was noticed, until the last process was seen dead."""
    builds: int
    processes: int
    """At least so many died of it: where no control group counts them, not all are seen."""
    survivors: tuple[int, ...] = ()
    drill: str = ""
    """The rehearsal that it belongs to; empty when it was in earnest."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id


def last_use(uses: Iterable[KillUse]) -> KillUse | None:
    """Return the latest use in earnest; None without any."""
    return max((use for use in uses if not use.drill), key=lambda use: (use.at, use.id), default=None)


def last_drill(uses: Iterable[KillUse]) -> tuple[KillUse, ...]:
    """Return the uses of the latest rehearsal, the first first; none without any."""
    drills = sorted((use for use in uses if use.drill), key=lambda use: (use.at, use.id))
    return tuple(use for use in drills if use.drill == drills[-1].drill)
