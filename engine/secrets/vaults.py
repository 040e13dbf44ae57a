"""Secrets in HashiCorp Vault's key-value store of version 2."""

from engine.secrets.provider import TIMEOUT_S, missing
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Source

_FIELD = "value"


def fetch(source: Source) -> str:
    """Return a field of `mount/path#field` (`value` where none is named); SecretUnavailable in Vault's own words.

    Address and token are found as Vault's own client finds them: VAULT_ADDR, VAULT_TOKEN or ~/.vault-token.
    """
    try:
        import hvac
        import requests
        from hvac.exceptions import VaultError
    except ModuleNotFoundError as error:
        raise missing(source, "hvac", "vault") from error
    place, _, field = source.key.partition("#")
    mount, _, path = place.partition("/")
    if not path:
        raise SecretUnavailable(f"secret {source.name}: write its key as mount/path#field, not {source.key!r}")
    try:
        client = hvac.Client(url=source.address or None, timeout=TIMEOUT_S)
        answer = client.secrets.kv.v2.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)
        return str(answer["data"]["data"][field or _FIELD])
    except KeyError as error:
        raise SecretUnavailable(f"secret {source.name}: {place} has no field {field or _FIELD}") from error
    except (VaultError, requests.RequestException) as error:
        raise SecretUnavailable(f"secret {source.name}: Vault: {error or type(error).__name__}") from error
