"""One line of the journal: a commit, sealed so that no change to it stays unseen."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from state import records
from state.model.reason import Reason

GENESIS = "0" * 64
"""What the first line is chained to."""
ERASED = b"null"
"""The body of a line whose contents were erased; the chain covers only the digest, so it still verifies."""

_OPENING = b'{"seq":'
_SEAL = b',"hash":"'


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line as it stands in a segment."""

    seq: int
    at: datetime
    actor: str
    digest: str
    """SHA-256 of the body's bytes."""
    prev: str
    """The hash of the line before."""
    hash: str
    """SHA-256 of this line's bytes up to here: sequence, time, actor, digest and previous hash."""
    body: msgspec.Raw

    @property
    def erased(self) -> bool:
        """Whether its contents were taken out."""
        return bytes(self.body) == ERASED


class Body(msgspec.Struct, frozen=True):
    """What a line says: why, and the new form of each record that changed."""

    reason: Reason
    changes: tuple[tuple[str, msgspec.Raw], ...]


class Why(msgspec.Struct, frozen=True):
    """A line's reason, with its changes left unread."""

    reason: Reason


class Seal(msgspec.Struct, frozen=True):
    """The end of a chain: the last line's sequence number and hash."""

    seq: int = 0
    hash: str = GENESIS


_line = msgspec.json.Decoder(Line)
_body = msgspec.json.Decoder(Body)
_why = msgspec.json.Decoder(Why)


def body_of(reason: Reason, changes: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the bytes of a line's body, from records that are encoded already."""
    rows = b",".join([b'["%b",%b]' % (table.encode(), data) for table, data in changes])
    return b'{"reason":%b,"changes":[%b]}' % (records.encode(reason), rows)


def seal(after: Seal, at: datetime, actor: str, body: bytes) -> tuple[bytes, Seal]:
    """Return the line that follows `after`, newline included, and the chain's new end."""
    seq = after.seq + 1
    head = b'{"seq":%d,"at":%b,"actor":%b,"digest":"%b","prev":"%b"' % (
        seq,
        records.encode(at),
        records.encode(actor),
        hashlib.sha256(body).hexdigest().encode(),
        after.hash.encode(),
    )
    own = hashlib.sha256(head).hexdigest()
    return b'%b%b%b","body":%b}\n' % (head, _SEAL, own.encode(), body), Seal(seq, own)


def parse(raw: bytes) -> Line:
    """Take a line apart; raises one of records.UNREADABLE when it is none."""
    return _line.decode(raw)


def header_fits(raw: bytes, line: Line) -> bool:
    """Say whether everything but the body is as it was sealed."""
    return hashlib.sha256(raw[: raw.find(_SEAL)]).hexdigest() == line.hash


def flaw(raw: bytes, line: Line) -> str:
    """Say what is wrong within a line that was taken apart, in words; empty when it is as it was sealed."""
    if not header_fits(raw, line):
        return "its header does not fit its hash"
    cut = raw.find(_SEAL)
    body = bytes(line.body)
    if raw[cut:] != b'%b%b","body":%b}\n' % (_SEAL, line.hash.encode(), body):
        return "it is not written as it was sealed"
    if body != ERASED and hashlib.sha256(body).hexdigest() != line.digest:
        return "its contents do not fit their digest"
    return ""


def without_body(raw: bytes) -> bytes:
    """Return a line with its contents taken out; what seals it stays, so the chain still holds."""
    line = parse(raw)
    return b'%b%b%b","body":%b}\n' % (raw[: raw.find(_SEAL)], _SEAL, line.hash.encode(), ERASED)


def tells(raw: bytes, entries: frozenset[int]) -> bool:
    """Whether a line is one of these, and still has its contents; without reading the rest of it."""
    return seq_of(raw) in entries and not raw.endswith(b',"body":%b}\n' % ERASED)


def seq_of(raw: bytes) -> int:
    """Return a line's number without reading the rest of it; 0 when it begins with none."""
    digits = raw[len(_OPENING) : raw.find(b",")]
    return int(digits) if raw.startswith(_OPENING) and digits.isdigit() else 0


def opening(seq: int) -> bytes:
    """Return the bytes that line number `seq` begins with."""
    return b'%b%d,"at":"' % (_OPENING, seq)


def body_in(line: Line) -> Body:
    """Return what a line says; raises one of records.UNREADABLE."""
    return _body.decode(line.body)


def why_in(line: Line) -> Reason:
    """Return a line's reason without reading its changes; raises one of records.UNREADABLE."""
    return _why.decode(line.body).reason
