"""What the header of a mail says, whoever wrote it and however badly."""

import base64
import binascii
import quopri
import re
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from state.model.links.mail import PREFIX
from state.model.record import digest_of
from state.text import one_line

_WORD = r"=\?([!-<>@-~]+?)(?:\*[^?\s]*)?\?([bBqQ])\?([^?\s]*)\?="
_RUN = re.compile(rf"{_WORD}(?:\s+{_WORD})*")
_ONE = re.compile(_WORD)
_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"@\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ID = re.compile(r"<[!-;=?-~]{1,240}>")
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
SUBJECT_WIDTH = 200
_NAME_WIDTH = 80
_ADDRESS_WIDTH = 2000
_MOST_IDS = 20


class Head(NamedTuple):
    """A mail as far as its header tells, clean enough to be shown."""

    mark: str
    """A digest of its id, or of all that there is where it has none."""
    label: str
    """Of its conversation."""
    id: str
    """Its Message-ID with its brackets; empty where it has none that can be used."""
    references: tuple[str, ...]
    """The ids of the mails before it, the first one first."""
    subject: str
    name: str
    """What the sender calls themselves."""
    address: str
    """Whom to answer; empty where none can be told."""
    date: datetime | None
    automatic: bool
    """Whether a program says that it wrote it by itself, or to many."""


def read(raw: bytes) -> Head:
    """Return what a header says; never fails."""
    fields: dict[str, str] = {}
    for name, value in BytesHeaderParser(policy=policy.compat32).parsebytes(raw).raw_items():
        fields.setdefault(name.lower(), str(value))
    own = _ID.search(fields.get("message-id", ""))
    before = _ID.findall(fields.get("references", "")) or _ID.findall(fields.get("in-reply-to", ""))[:1]
    mark = digest_of(own[0] if own else raw.decode("latin-1"))[:32]
    first = digest_of(before[0])[:32] if before else mark
    name, address = _sender(fields)
    return Head(
        mark=mark,
        label=f"{PREFIX}{first[:12]}",
        id=own[0] if own else "",
        references=tuple(before if len(before) <= _MOST_IDS else [before[0], *before[1 - _MOST_IDS :]]),
        subject=one_line(_UNSEEN.sub("", decoded(fields.get("subject", ""))), SUBJECT_WIDTH),
        name=name,
        address=address,
        date=_date(fields.get("date", "")),
        automatic=_automatic(fields),
    )


def decoded(value: str) -> str:
    """Return a header's text with its encoded words (RFC 2047) in plain; what is broken stays as it is."""
    if not value.isascii():
        value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _RUN.sub(_run, value)


def _run(found: re.Match[str]) -> str:
    """Decode words that stand side by side: what belongs to one charset is one text, though it was cut anywhere."""
    pieces: list[tuple[str, bytes]] = []
    for charset, how, text in _ONE.findall(found[0]):
        try:
            data = _unpacked(how, text)
        except (binascii.Error, ValueError):
            return found[0]
        if pieces and pieces[-1][0] == charset.lower():
            data = pieces.pop()[1] + data
        pieces.append((charset.lower(), data))
    return "".join(_plain(charset, data) for charset, data in pieces)


def _unpacked(how: str, text: str) -> bytes:
    if how in "bB":
        return base64.b64decode(text + "=" * (-len(text) % 4))
    return quopri.decodestring(text.encode("ascii", "replace"), header=True)


def _plain(charset: str, data: bytes) -> str:
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _sender(fields: dict[str, str]) -> tuple[str, str]:
    """Return the sender's name, and the address that answers go to."""
    name, address = _parsed(fields.get("from", ""))
    _, answers = _parsed(fields.get("reply-to", ""))
    return one_line(_UNSEEN.sub("", decoded(name)), _NAME_WIDTH), answers or address


def _parsed(value: str) -> tuple[str, str]:
    # email.utils.parseaddr answers differently from one patch release of Python to the next.
    plain = value[:_ADDRESS_WIDTH].replace("\r", " ").replace("\n", " ")
    try:
        first = next(iter(policy.default.header_factory("from", plain).addresses), None)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return "", ""
    if first is None:
        return "", ""
    # The parser joins what stands apart; an address that nobody wrote is none.
    address = first.addr_spec
    return first.display_name, address if _ADDRESS.fullmatch(address) and address in value else ""


def _date(value: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _automatic(fields: dict[str, str]) -> bool:
    """Whether it is no person's own mail (RFC 3834), as far as it says so."""
    submitted = fields.get("auto-submitted", "no").split(";")[0].strip().lower()
    return submitted not in ("", "no") or fields.get("precedence", "").strip().lower() in ("bulk", "junk")
