"""The base of everything that is written down: frozen, keyword-only, encoded as JSON objects."""

import hashlib

import msgspec


# Nouns never refer to what refers to them, so the garbage collector need not look at them.
class Noun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A frozen value with named fields."""


class Tagged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", gc=False):
    """A member of a union; its JSON carries the member's name under `kind`."""


def digest_of(value: object) -> str:
    """Return the SHA-256 (64 hex digits) of a value's canonical JSON."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
