"""Until when the certificates in a file are good."""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_MOST_BYTES = 4 << 20
_SEQUENCE, _VERSION, _UTC_TIME, _TIME = 0x30, 0xA0, 0x17, 0x18
_VALIDITY = 3
"""Where it stands after a certificate's version: serial number, signature, issuer, validity."""


class Unreadable(ValueError):
    """There is no certificate, or none that can be understood; its text says why."""


class _Item(NamedTuple):
    tag: int
    body: bytes


def expires(path: Path) -> datetime:
    """Return the moment at which the first of a PEM file's certificates expires; raises Unreadable and OSError."""
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES).decode("ascii", "replace")
    found = [f"{_BEGIN}{part.partition(_END)[0]}{_END}" for part in text.split(_BEGIN)[1:]]
    if not found:
        raise Unreadable("it holds no certificate in PEM form")
    try:
        return min([_not_after(ssl.PEM_cert_to_DER_cert(pem)) for pem in found])
    except (ValueError, IndexError) as error:
        raise Unreadable("it holds a certificate that cannot be understood") from error


def _not_after(der: bytes) -> datetime:
    """Walk to the validity of a certificate (RFC 5280, section 4.1)."""
    signed = _items(_items(der)[0].body)[0]
    fields = [item for item in _items(signed.body) if item.tag != _VERSION]
    validity = fields[_VALIDITY]
    if validity.tag != _SEQUENCE:
        raise ValueError("no validity where it must be")
    _, last = _items(validity.body)
    said = last.body.decode("ascii")
    if last.tag == _UTC_TIME:
        # Two digits of the year: from 50 on they are those of 1950 and later (RFC 5280, section 4.1.2.5.1).
        century = "19" if int(said[:2]) >= 50 else "20"
        said = century + said
    elif last.tag != _TIME:
        raise ValueError("no time where it must be")
    return datetime.strptime(said, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _items(data: bytes) -> list[_Item]:
    """Return the values of DER-encoded bytes, one after the other."""
    found, at = [], 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + length > len(data):
            raise ValueError("cut short")
        found.append(_Item(tag, data[at : at + length]))
        at += length
    return found
