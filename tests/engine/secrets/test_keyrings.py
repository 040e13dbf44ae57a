"""Secrets in a keyring, by the keyring library with a real backend that keeps them in a file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyrings.alt.file import PlaintextKeyring

from engine.secrets.keyrings import fetch
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Provider
from tests.engine.secrets.sources import a_source


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[PlaintextKeyring]:
    """A keyring of its own."""
    before = keyring.get_keyring()
    ring = PlaintextKeyring()
    ring.file_path = str(tmp_path / "ring.cfg")
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_password_is_read_by_service_and_user(ring: PlaintextKeyring) -> None:
    """A service may have slashes in its name; what is not there is named."""
    ring.set_password("https://example.com/api", "ada", "tk-3f9a0c")
    assert fetch(a_source(Provider.KEYRING, "https://example.com/api/ada")) == "tk-3f9a0c"
    with pytest.raises(SecretUnavailable, match="nothing for example/bob"):
        fetch(a_source(Provider.KEYRING, "example/bob"))
    with pytest.raises(SecretUnavailable, match="service/user"):
        fetch(a_source(Provider.KEYRING, "ada"))


def test_without_the_library_the_operator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that was not installed is no crash."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretUnavailable, match=r"midwatch\[keyring\]"):
        fetch(a_source(Provider.KEYRING, "a/b"))
