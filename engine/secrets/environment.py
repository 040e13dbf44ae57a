"""Secrets in the engine's own environment."""

import os

from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Source


def fetch(source: Source) -> str:
    """Return the variable's value; SecretUnavailable when it is not set."""
    try:
        return os.environ[source.key]
    except KeyError:
        raise SecretUnavailable(
            f"secret {source.name}: the engine's environment has no {source.key}: set it where the engine is started"
        ) from None
