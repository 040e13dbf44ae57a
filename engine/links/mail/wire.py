"""An IMAP connection that cannot hang, cannot be flooded, and sends no command but those that it was opened for."""

import base64
import contextlib
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterator

from engine.links.mail.account import Account
from engine.links.trouble import LinkFailed
from state.settings.links import Tls
from state.text import one_line

# The standard library's client, not a package above it: what is sent here must be known to the letter, a partial fetch
# must be possible, and what a server says must be counted while it comes in.
_SILENCE_S = 20.0
"""How long the server may say nothing."""
_SESSION_S = 120.0
_MOST_BYTES = 16 << 20
"""How much it may say in a session."""
_WIDTH = 200

_OPENS = rb"CAPABILITY|STARTTLS|LOGIN [^\r\n]+|AUTHENTICATE PLAIN|LOGOUT"
_HEADERS = rb"\(UID BODY\.PEEK\[HEADER\.FIELDS \([A-Za-z -]+\)\]<0\.\d+>\)"
READS = re.compile(rb'(?:%b|EXAMINE "[^\r\n]*"|UID SEARCH [^\r\n]+|UID FETCH [\d,]+ %b)\r\n' % (_OPENS, _HEADERS))
"""What reads and leaves no trace: no flag is set, nothing is moved, nothing is removed."""
PLACES = re.compile(
    rb'(?:%b|EXAMINE "[^\r\n]*"|UID SEARCH HEADER Message-ID "[^\r\n]*"|APPEND "[^\r\n]*" \(\\Draft\) \{\d+\})\r\n'
    % _OPENS
)
"""What puts one draft into a folder, unless it is there."""


class _Careful(imaplib.IMAP4):
    """Counts what comes in and looks at what goes out."""

    def __init__(self, host: str, port: int, may: re.Pattern[bytes], sealed: ssl.SSLContext | None) -> None:
        self._may = may
        self._sealed = sealed
        self._until = time.monotonic() + _SESSION_S
        self._left = _MOST_BYTES
        self._goes_on = False
        super().__init__(host, port, timeout=_SILENCE_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout)
        return self._sealed.wrap_socket(plain, server_hostname=self.host) if self._sealed else plain

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """Send a command that may be sent, or what such a command goes on with."""
        tag, _, line = bytes(data).partition(b" ")
        if tag.startswith(bytes(self.tagpre)) and tag[len(self.tagpre) :].isdigit():  # type: ignore[arg-type]
            if not self._may.fullmatch(line):
                raise LinkFailed(f"not sent: {line.split(b' ')[0].decode()} is no command that is needed here")
            self._goes_on = line.startswith((b"APPEND ", b"AUTHENTICATE "))
        elif not self._goes_on:
            raise LinkFailed("not sent: it is no command")
        super().send(data)

    def read(self, size: int) -> bytes:
        """Read so many bytes."""
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read a line."""
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort(f"it said more than {_MOST_BYTES >> 20} MB")
        if time.monotonic() > self._until:
            raise self.abort(f"it took longer than {_SESSION_S:.0f} s")


@contextlib.contextmanager
def session(account: Account, may: re.Pattern[bytes]) -> Iterator[imaplib.IMAP4]:
    """Yield a connection that is logged in; blocks. Raises LinkFailed, whatever goes wrong in it, without the password.

    `may` is one of READS and PLACES.
    """
    settings = account.settings
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
        with _closing(
            _Careful(settings.host, account.port, may, context if settings.tls is Tls.ON else None)
        ) as server:
            if settings.tls is Tls.STARTTLS:
                server.starttls(context)
            _log_in(server, account)
            yield server
    except ssl.SSLCertVerificationError as error:
        told = f"its certificate is not trusted: {error.verify_message}; [email] ca names a file with others to trust"
        raise _failed(account, told) from None
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        # Without its cause: a server may repeat in its words what it was told.
        raise _failed(account, _words(error)) from None


@contextlib.contextmanager
def _closing(server: _Careful) -> Iterator[_Careful]:
    try:
        yield server
        server.logout()
    finally:
        with contextlib.suppress(OSError):
            server.shutdown()


def _log_in(server: imaplib.IMAP4, account: Account) -> None:
    user, password = account.settings.user, account.password.reveal()
    if (user + password).isascii() and (user + password).isprintable():
        server.login(quoted(user), password)
    else:
        server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())


def quoted(text: str) -> str:
    """Return a text as IMAP quotes it; other than ASCII as names of folders have it."""
    return '"' + _folded(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(name: str) -> str:
    """Return a folder's name in the UTF-7 of RFC 3501, section 5.1.3."""

    def fold(found: re.Match[str]) -> str:
        packed = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{packed}-"

    return re.sub(r"[^\x20-\x7e]+", fold, name.replace("&", "&-"))


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
    return text or type(error).__name__


def _failed(account: Account, text: str) -> LinkFailed:
    password = account.password.reveal()
    packed = base64.b64encode(f"\0{account.settings.user}\0{password}".encode()).decode()
    for secret in (packed, password):
        text = text.replace(secret, f"[secret {account.password.name}]")
    return LinkFailed(f"mail: {account.settings.host}:{account.port}: {one_line(text, _WIDTH)}")
