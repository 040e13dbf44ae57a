"""What the settings say of the world outside: a mailbox that is read, goals that are looked into, signals."""

import re
from enum import StrEnum
from typing import Any

from state import units
from state.model.money import MICRO
from state.model.record import Noun
from state.settings.forms import Key

DRAFT = "Hello {name},\n\nthank you for your mail.\n\n"


class Tls(StrEnum):
    """How the way to a server is encrypted."""

    ON = "on"
    STARTTLS = "starttls"
    OFF = "off"


class EmailSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[email]`: the mailbox that is scanned."""

    host: str = ""
    """Empty leaves it off."""
    port: int = 0
    """0 is the usual one."""
    tls: Tls = Tls.ON
    ca: str = ""
    """The absolute path of a file with certificates to trust in place of the system's."""
    user: str = ""
    password: str = ""
    """The name of a secret."""
    address: str = ""
    """Whom drafts are from; empty for the user where that is an address."""
    folder: str = "INBOX"
    keywords: tuple[str, ...] = ("hire*", "hiring", "project*", "quote*")
    since_s: float = 7 * 86_400.0
    draft: str = DRAFT
    drafts_folder: str = ""

    @property
    def configured(self) -> bool:
        """Whether all is told that has no default."""
        return bool(self.host and self.user and self.password)


class ResearchSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[research]`."""

    command: str = ""
    """Empty leaves it off."""
    goals_per_night: int = 2
    hours: float = 1.0


class SignalSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[signals]`: what other programs tell of."""

    confidence: float = 0.7
    """0.0 to 1.0."""
    impact_over: int = 50 * MICRO
    per_h: int = 60
    keep_s: float = 30 * 86_400.0


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"expected a number from 0 to 1, such as 0.7, not {units.said(value)}")
    return float(value)


_PLACES = frozenset({"name", "subject", "date"})


def _draft(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.replace("\n", "").isprintable():
        raise ValueError(f"expected a text in quotes, of one line or more, not {units.said(value)}")
    unknown = sorted(set(re.findall(r"\{(\w+)\}", value)) - _PLACES)
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sorted(_PLACES))
        raise ValueError(f"{{{unknown[0]}}} stands for nothing: there are {known}")
    return value


def _briefing(value: Any) -> str:
    if value and ("{out}" not in units.TEXT.read(value) or "{goal}" not in value):
        raise ValueError("expected a command line that holds {goal} and {out}, such as 'agent -p {goal} > {out}'")
    return str(value)


def _or_none(kind: units.Kind) -> units.Kind:
    """Return a kind of texts of which an empty one says that there is none."""
    return units.Kind(lambda value: value and kind.read(value), units.TEXT.show)


_TEXT = _or_none(units.TEXT)
_FILE = _or_none(units.Kind(lambda value: units.PATHS.read([value])[0], units.TEXT.show))
_ONE_AT_LEAST = units.count(1)
_HOURS = units.Kind(lambda value: units.LASTING.read(value) / 3600, lambda hours: units.LASTING.show(hours * 3600))
EMAIL = (
    Key("host", "host", _TEXT, "The IMAP server; without one nothing is scanned."),
    Key("port", "port", units.PORT, "0 is the usual one: 993, or 143 where tls is not on."),
    Key("tls", "tls", units.choice(Tls), '"on", "starttls", or on this machine "off".'),
    Key("ca", "ca", _FILE, "A file of certificates to trust, not the system's."),
    Key("user", "user", _TEXT, "Who you are there."),
    Key("password", "password", _TEXT, "The name of one of [secrets]; not the password."),
    Key("address", "address", _TEXT, "Whom drafts are from; without one, the user."),
    Key("folder", "folder", units.TEXT, "Which folder is looked through."),
    Key("keywords", "keywords", units.TEXTS, "One must be in a subject; * is any ending."),
    Key("since", "since_s", units.LASTING, "How old mails may be."),
    Key("draft", "draft", units.Kind(_draft, units.TEXT.show), "With {name}, {subject} and {date} of the mail."),
    Key("drafts_folder", "drafts_folder", _TEXT, 'Where approved drafts are put, such as "Drafts".'),
)
RESEARCH = (
    Key("command", "command", units.Kind(_briefing, units.TEXT.show), "Looks into {goal}, writes Markdown to {out}."),
    Key("goals_per_night", "goals_per_night", _ONE_AT_LEAST, "How many goals at most."),
    Key("hours", "hours", _HOURS, "How long one is estimated to take."),
)
SIGNALS = (
    Key("confidence", "confidence", units.Kind(_share, str), "One that is less sure than this is for you to decide."),
    Key("impact_over", "impact_over", units.MONEY, "The same where more than this is at stake, in US dollars."),
    Key("per_h", "per_h", _ONE_AT_LEAST, "How many are taken in any hour; the rest waits."),
    Key("keep", "keep_s", units.LASTING, "How long those that were handled stay in escalations/handled."),
)
