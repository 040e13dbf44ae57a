"""Reads the headers of the mails that a folder has not shown before."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from engine.links.mail import wire
from engine.links.mail.account import Account
from engine.links.trouble import LinkFailed
from state.model.links.mail import Mailbox
from state.model.record import digest_of

MOST = 200
"""Mails that are looked at in one scan; the next one goes on with those after them."""
_AT_ONCE = 50
_HEADER_BYTES = 16 << 10
_FIELDS = "SUBJECT FROM REPLY-TO DATE MESSAGE-ID IN-REPLY-TO REFERENCES AUTO-SUBMITTED PRECEDENCE"
_UID = re.compile(rb"\bUID (\d+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Reading(NamedTuple):
    """What a look into the folder brought."""

    box: Mailbox
    """How far it was read."""
    headers: tuple[tuple[int, bytes], ...]
    """By the mails' numbers, ascending."""
    left: int
    """How many wait for the next scan."""


def box_of(account: Account) -> str:
    """Return what the record knows the folder by."""
    settings = account.settings
    return digest_of([settings.host, settings.user, settings.folder])[:16]


def read(account: Account, known: Mailbox | None, since: date) -> Reading:
    """Return the headers of mails from a day on that are not known yet; blocks. Raises LinkFailed.

    The folder is opened for reading only, and nothing in it is marked as read.
    """
    with wire.session(account, wire.READS) as server:
        folder = account.settings.folder
        answer, said = server.select(wire.quoted(folder), readonly=True)
        if answer != "OK":
            raise LinkFailed(f"mail: there is no folder {folder!r} to read ([email] folder): {_text(said)}")
        validity = _validity(server.response("UIDVALIDITY")[1])
        upto = known.upto if known is not None and known.validity == validity else 0
        day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        numbers = [uid for uid in _search(server, f"UID {upto + 1}:* SINCE {day}") if uid > upto]
        taken = numbers[:MOST]
        headers: dict[int, bytes] = {}
        for start in range(0, len(taken), _AT_ONCE):
            headers |= _fetch(server, taken[start : start + _AT_ONCE])
    box = Mailbox(name=box_of(account), validity=validity, upto=max(taken, default=upto))
    found = tuple((uid, headers[uid]) for uid in taken if uid in headers)
    return Reading(box, found, len(numbers) - len(taken))


def _validity(said: Sequence[Any]) -> int:
    value = said[-1] if said else None
    if not isinstance(value, bytes) or not value.isdigit():
        raise LinkFailed("mail: the server does not say what its numbers of mails stand for (no UIDVALIDITY)")
    return int(value)


def _search(server: Any, wanted: str) -> list[int]:
    answer, said = server.uid("SEARCH", wanted)
    if answer != "OK":
        raise LinkFailed(f"mail: the server does not search: {_text(said)}")
    words = b" ".join(part for part in said if isinstance(part, bytes)).split()
    return sorted({int(word) for word in words if word.isdigit()})


def _fetch(server: Any, numbers: Sequence[int]) -> dict[int, bytes]:
    wanted = f"(UID BODY.PEEK[HEADER.FIELDS ({_FIELDS})]<0.{_HEADER_BYTES}>)"
    answer, said = server.uid("FETCH", ",".join(map(str, numbers)), wanted)
    if answer != "OK":
        raise LinkFailed(f"mail: the server does not show its mails: {_text(said)}")
    found: dict[int, bytes] = {}
    literal: bytes | None = None
    for part in said:
        # A mail comes as what stands before its text, the text, and what stands behind it: the number is in either.
        about = part[0] if isinstance(part, tuple) else part
        if isinstance(part, tuple):
            literal = part[1]
        number = _UID.search(about or b"")
        if number and literal is not None:
            found[int(number[1])] = literal
            literal = None
    return {uid: raw for uid, raw in found.items() if uid in numbers}


def _text(said: Sequence[Any]) -> str:
    return b" ".join(part for part in said if isinstance(part, bytes)).decode("utf-8", "replace")
