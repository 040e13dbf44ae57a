"""Secrets in Vault, by its real client from a server on this machine that speaks what is used of its protocol."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from engine.secrets.secret import SecretUnavailable
from engine.secrets.vaults import fetch
from state.model.brakes.source import Provider
from tests.engine.safety.legal.test_robots import site
from tests.engine.secrets.sources import a_source

TOKEN = "hvs.test"
KEPT = {"/v1/secret/data/build/npm": {"value": "tk-3f9a0c", "user": "ada"}}


def _answer(request: BaseHTTPRequestHandler) -> None:
    data = KEPT.get(request.path.partition("?")[0])
    body: dict[str, object]
    if request.headers.get("X-Vault-Token") != TOKEN:
        status, body = 403, {"errors": ["permission denied"]}
    elif data is None:
        status, body = 404, {"errors": []}
    else:
        status, body = 200, {"data": {"data": data, "metadata": {"version": 3}}}
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.end_headers()
    request.wfile.write(json.dumps(body).encode())


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the server listens; the client finds its token as it always does."""
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    with site(_answer) as at:
        yield at.url


def test_a_field_is_read_by_mount_and_path(address: str) -> None:
    """`value` where none is named; another one by its name."""
    assert fetch(a_source(Provider.VAULT, "secret/build/npm", address=address)) == "tk-3f9a0c"
    assert fetch(a_source(Provider.VAULT, "secret/build/npm#user", address=address)) == "ada"


@pytest.mark.parametrize(
    ("key", "words"),
    [("secret/none", "Vault"), ("secret/build/npm#none", "no field none"), ("secret", "mount/path#field")],
)
def test_what_is_not_there_is_told(address: str, key: str, words: str) -> None:
    """A path, a field, or no path at all."""
    with pytest.raises(SecretUnavailable, match=words):
        fetch(a_source(Provider.VAULT, key, address=address))


def test_a_token_that_is_not_good_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Vault's own words."""
    monkeypatch.setenv("VAULT_TOKEN", "other")
    with pytest.raises(SecretUnavailable, match="permission denied"):
        fetch(a_source(Provider.VAULT, "secret/build/npm", address=address))


def test_without_the_library_the_operator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that was not installed is no crash."""
    monkeypatch.setitem(sys.modules, "hvac", None)
    with pytest.raises(SecretUnavailable, match=r"midwatch\[vault\]"):
        fetch(a_source(Provider.VAULT, "secret/build/npm"))
