"""Tests of the mail account that the settings tell of."""

from pathlib import Path

import pytest

from engine.links.mail.account import checked, lease
from engine.links.trouble import NotConfigured
from engine.safety.privacy.ward import ward
from engine.secrets.secret import SecretUnavailable
from state.files import Workspace, create_workspace
from state.settings import SettingsError, load

FULL = '[email]\nhost = "{host}"\nuser = "ada@example.org"\npassword = "imap"\ntls = "{tls}"\n[secrets.imap]\n'
KEPT = 'from = "file"\nkey = "{path}"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "operator")


def told(workspace: Workspace, text: str) -> Workspace:
    workspace.settings.write_text(text)
    return workspace


def test_what_is_missing_is_named(workspace: Workspace) -> None:
    """Without a mailbox there is an error of its own, that says which settings are wanted."""
    for text, words in (("", "host, user, password"), ('[email]\nhost = "a.example"\n', "user, password")):
        told(workspace, text)
        with pytest.raises(NotConfigured, match=words) as caught:
            checked(load(workspace.settings), workspace.settings)
        assert caught.value.code == 5


@pytest.mark.parametrize("host", ["mail.example.org", "10.0.0.7", "localhost.example.org"])
def test_no_password_passes_over_a_network_in_plain(workspace: Workspace, host: str) -> None:
    """Without encryption only a server on this machine is spoken to."""
    told(workspace, FULL.format(host=host, tls="off") + KEPT.format(path="/x"))
    with pytest.raises(SettingsError, match=r"midwatch.toml:5: email.tls: .*as it is"):
        lease(workspace, load(workspace.settings))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_may_be_spoken_to_in_plain(workspace: Workspace, host: str) -> None:
    """For a relay that encrypts, such as one that is reached through SSH."""
    told(workspace, FULL.format(host=host, tls="off") + KEPT.format(path="/x"))
    assert checked(load(workspace.settings), workspace.settings).host == host


def test_a_password_that_nobody_keeps_is_a_mistake_in_the_settings(workspace: Workspace) -> None:
    """It names the line."""
    told(workspace, '[email]\nhost = "a.example"\nuser = "ada"\npassword = "imap"\n')
    with pytest.raises(SettingsError, match=r"midwatch.toml:4: email.password: there is no \[secrets.imap\]"):
        checked(load(workspace.settings), workspace.settings)


def test_the_password_is_taken_out_of_what_is_written_from_then_on(workspace: Workspace, tmp_path: Path) -> None:
    """Once it is leased no text of this process shows it; while it cannot be had, nothing goes on."""
    key = tmp_path / "imap"
    told(workspace, FULL.format(host="mail.example.org", tls="on") + KEPT.format(path=key))
    with pytest.raises(SecretUnavailable):
        lease(workspace, load(workspace.settings))
    key.write_text("correct horse battery\n")
    key.chmod(0o600)
    account = lease(workspace, load(workspace.settings))
    assert account.password.reveal() == "correct horse battery"
    assert "correct horse" not in repr(account)
    assert ward(workspace).text("it was correct horse battery") == "it was [secret imap]"
    assert (account.port, account.address) == (993, "ada@example.org")
