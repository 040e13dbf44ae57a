"""Secrets in the keyring of the operator's desktop, or whatever the keyring library is set up to use."""

from engine.secrets.provider import missing
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Source


def fetch(source: Source) -> str:
    """Return the password of `service/user`; SecretUnavailable when there is none, or no keyring."""
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError as error:
        raise missing(source, "keyring", "keyring") from error
    service, _, user = source.key.rpartition("/")
    if not service:
        raise SecretUnavailable(f"secret {source.name}: write its key as service/user, not {source.key!r}")
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise SecretUnavailable(f"secret {source.name}: the keyring does not open: {error}") from error
    if value is None:
        raise SecretUnavailable(f"secret {source.name}: the keyring has nothing for {source.key}")
    return str(value)
