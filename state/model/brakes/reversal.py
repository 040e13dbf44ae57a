"""Nouns of what takes a build back: who asked, what it did outside, and how each of that is undone."""

from datetime import datetime

from state.model.record import Noun


class Reversal(Noun, frozen=True, kw_only=True):
    """A build that is being taken back; what is found here after a crash is gone on with."""

    by: str
    why: str
    asked_at: datetime
    old: str = ""
    """The branch's tip that the reverting commit goes on; empty until that is decided."""
    new: str = ""
    """The reverting commit."""


class Deed(Noun, frozen=True, kw_only=True):
    """Something that a build said it did outside, such as a call of another system.

    Its data stay in the build's output, which is no record: they may speak of people.
    """

    name: str
    digest: str
    """SHA-256 of its data, as the output has them."""
    undone: str = ""
    """`begun`, `done` or `failed`; empty while nobody tried to take it back."""
    text: str = ""
    """What came of the try."""


class Compensation(Noun, frozen=True, kw_only=True):
    """`[compensations.NAME]`: the operator's command that takes back what builds report as `::did NAME {...}`."""

    name: str
    run: str
    """A command line; it gets the data of the report on its standard input."""
    time_limit_s: float = 60.0
