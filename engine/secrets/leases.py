"""Leases: the secrets that a build was granted, fetched when it starts."""

from collections.abc import Callable, Mapping, Sequence

from engine.secrets.provider import fetch
from engine.secrets.secret import Secret, SecretUnavailable
from state.model.brakes.source import Source


def take(
    names: Sequence[str], sources: Mapping[str, Source], know: Callable[[Mapping[str, str]], object]
) -> tuple[tuple[Source, Secret], ...]:
    """Return the named secrets with their sources, all or none; blocks on files and servers.

    Before anything is handed out, `know` is told the values, so that they are taken out of whatever is written down.
    Raises SecretUnavailable.
    """
    unknown = [name for name in names if name not in sources]
    if unknown:
        raise SecretUnavailable(f"there is no [secrets.{unknown[0]}] in the settings")
    taken = tuple((sources[name], fetch(sources[name])) for name in names)
    know({secret.name: secret.reveal() for _, secret in taken})
    return taken
