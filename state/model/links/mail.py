"""Mail that may be worth an answer: what is remembered of it, which is never who wrote it."""

from datetime import datetime
from enum import StrEnum

from state.model.record import Noun

PREFIX = "mail:"
"""What every conversation's label begins with; no task's label can."""


class Mailbox(Noun, frozen=True, kw_only=True):
    """How far a folder on a server was read."""

    name: str
    """A digest of server, user and folder."""
    validity: int
    """The server's UIDVALIDITY: with another one, its numbers mean other mails."""
    upto: int
    """Every mail with a number up to this one was looked at."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.name


class Letter(Noun, frozen=True, kw_only=True):
    """A mail whose subject has one of the words that are looked for, with the reply that was drafted for it."""

    label: str
    """Of the conversation: `mail:` and a digest of the first mail's id."""
    mark: str
    """A digest of this mail's own id."""
    subject: str
    sender: str
    """A placeholder; the address stands in the draft and in the vault, where it can be erased."""
    keyword: str
    received_at: datetime | None
    """As the sender dates it; None where that cannot be read."""
    digest: str
    """Of the draft."""


class Answer(StrEnum):
    """What the operator said to a drafted reply."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"


class Correspondence(Noun, frozen=True, kw_only=True):
    """A conversation: one question to the operator, however many mails it has."""

    label: str
    subject: str
    sender: str
    keyword: str
    first_at: datetime
    last_at: datetime
    """When a mail of it was last found."""
    digest: str
    """Of the draft that the operator is asked about."""
    seen: tuple[str, ...] = ()
    """The marks of its latest mails, oldest first."""
    count: int = 1
    """How many mails of it were found."""
    answer: Answer = Answer.OPEN
    placed_at: datetime | None = None
    """When the draft was put into the operator's folder of drafts."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.label
