"""A secret's source: where its value is kept, and how a build gets it; never the value."""

from datetime import date
from enum import StrEnum

from state.model.record import Noun


class Provider(StrEnum):
    """What keeps the value."""

    ENVIRONMENT = "env"
    """A variable of the engine's own environment."""
    FILE = "file"
    KEYRING = "keyring"
    AWS = "aws"
    """AWS Secrets Manager."""
    VAULT = "vault"
    """HashiCorp Vault, key-value store of version 2."""


class Form(StrEnum):
    """How a build finds the value."""

    FILE = "file"
    """As `/run/secrets/NAME`."""
    ENVIRONMENT = "env"
    """As the variable NAME, in upper case."""


class Source(Noun, frozen=True, kw_only=True):
    """One secret by its name."""

    name: str
    provider: Provider
    key: str
    """The variable, the file, `service/user`, the secret's id, or `mount/path#field`."""
    form: Form = Form.FILE
    address: str = ""
    """Of the server, where that is not the library's default."""
    expires: date | None = None
    """The first day on which it is not good any more; None where nobody said."""
