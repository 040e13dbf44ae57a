"""Fetches the value of a secret from where it is kept."""

from collections.abc import Callable, Mapping
from importlib import import_module

from engine.secrets.secret import Secret, SecretUnavailable
from state.model.brakes.source import Provider, Source

Fetch = Callable[[Source], str]
"""Returns the value; raises SecretUnavailable. Blocks, for a few seconds at most."""

_HOMES: Mapping[Provider, str] = {
    Provider.ENVIRONMENT: "engine.secrets.environment",
    Provider.FILE: "engine.secrets.files",
    Provider.KEYRING: "engine.secrets.keyrings",
    Provider.AWS: "engine.secrets.aws",
    Provider.VAULT: "engine.secrets.vaults",
}
"""Each is imported when the first of its secrets is wanted: a client library may be missing, or slow to load."""
MOST_BYTES = 64 * 1024
TIMEOUT_S = 5.0
"""How long a server has to answer."""


def fetch(source: Source) -> Secret:
    """Return a secret with its value; SecretUnavailable when it cannot be had, is empty, or is no text."""
    get: Fetch = import_module(_HOMES[source.provider]).fetch
    value = get(source)
    if not value:
        raise SecretUnavailable(f"secret {source.name}: {source.provider} {source.key} is empty")
    if "\0" in value or len(value.encode()) > MOST_BYTES:
        raise SecretUnavailable(f"secret {source.name}: its value is no text of at most {MOST_BYTES >> 10} KB")
    return Secret(source.name, value)


def missing(source: Source, library: str, extra: str) -> SecretUnavailable:
    """Return the error for a client library that is not installed."""
    return SecretUnavailable(
        f"secret {source.name}: {library} is not installed: `pip install 'midwatch[{extra}]'` in midwatch's environment"
    )
