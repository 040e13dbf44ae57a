"""The base of everything that is written down: frozen, keyword-only, encoded as JSON objects."""

import hashlib

import msgspec


class Noun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A frozen value with named fields."""


class Tagged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """A member of a union; its JSON carries the member's name under `kind`."""


def digest_of(value: object) -> str:
    """Return the SHA-256 (64 hex digits) of a value's canonical JSON."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
