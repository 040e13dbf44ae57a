"""The mail account that the settings tell of, with its password as far as that can be had."""

import ipaddress
from pathlib import Path
from typing import NamedTuple

from engine.links.trouble import NotConfigured
from engine.safety.privacy.ward import ward
from engine.secrets import leases
from engine.secrets.secret import Secret
from state.files import Workspace
from state.settings import Settings, mistake
from state.settings.links import EmailSettings, Tls

_NEEDED = ("host", "user", "password")
_PORT_ON, _PORT = 993, 143


class Account(NamedTuple):
    """Where mail is, and who may read it."""

    settings: EmailSettings
    password: Secret

    @property
    def port(self) -> int:
        """The server's port."""
        usual = _PORT_ON if self.settings.tls is Tls.ON else _PORT
        return self.settings.port or usual

    @property
    def address(self) -> str:
        """Whom drafts are from; empty where the settings do not tell."""
        return self.settings.address or (self.settings.user if "@" in self.settings.user else "")


def checked(settings: Settings, path: Path) -> EmailSettings:
    """Return what the settings say of the mailbox, which has all that is needed.

    Raises NotConfigured, or SettingsError with the line for what must not be: a password on an open network.
    """
    email = settings.email
    missing = [name for name in _NEEDED if not getattr(email, name)]
    if missing:
        raise NotConfigured(
            f"no mailbox is set up: write {', '.join(missing)} under [email] in {path} (docs/operations.md shows how)"
        )
    if email.tls is Tls.OFF and not _on_this_machine(email.host):
        text = f'"off" is for a server on this machine: to {email.host} the password would pass over a network as it is'
        raise mistake(path, ("email", "tls"), text)
    if email.password not in settings.secrets:
        raise mistake(path, ("email", "password"), f"there is no [secrets.{email.password}]")
    return email


def lease(workspace: Workspace, settings: Settings) -> Account:
    """Return the account with its password, which is taken out of all that this process writes from now on.

    Blocks on files and servers. Raises NotConfigured, SettingsError and SecretUnavailable.
    """
    email = checked(settings, workspace.settings)
    ((_, secret),) = leases.take((email.password,), settings.secrets, ward(workspace).know)
    return Account(email, secret)


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
