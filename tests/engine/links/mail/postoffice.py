"""A real IMAP server on this machine, for tests: pymap, in a process of its own."""

import datetime as dt
import imaplib
import ipaddress
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.front.midwatch import until

USER = "ada"
_SERVE = """
import sys
from pymap.main import main
from pysasl.hashing import BuiltinHash
BuiltinHash.__init__.__kwdefaults__["rounds"] = 1
password = sys.stdin.readline().strip()
sys.argv = [sys.argv[0], *sys.argv[1:], "dict", "--demo-user", "ada", "--demo-password", password]
main()
"""
"""The password comes by standard input: a test may look for it in every command line. It is not worth a slow hash."""


class Office:
    """One server with an empty mailbox of one user."""

    def __init__(self, port: int, password: str, ca: Path) -> None:
        self.port = port
        self.password = password
        self.ca = ca

    @contextmanager
    def open(self) -> Iterator[imaplib.IMAP4]:
        """Log in as the user's own program would."""
        with imaplib.IMAP4("localhost", self.port, timeout=30) as server:
            server.starttls(ssl.create_default_context(cafile=str(self.ca)))
            server.login(USER, self.password)
            yield server

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Have mails arrive."""
        with self.open() as server:
            for mail in mails:
                answer, said = server.append(folder, "", "", mail)
                assert answer == "OK", said

    def make(self, folder: str) -> None:
        """Make a folder."""
        with self.open() as server:
            assert server.create(folder)[0] == "OK"

    def flags(self) -> list[bytes]:
        """The flags of every mail of the inbox, with its number."""
        with self.open() as server:
            server.select("INBOX", readonly=True)
            return [part for part in server.uid("FETCH", "1:*", "(UID FLAGS)")[1] if isinstance(part, bytes)]

    def mails(self, folder: str) -> list[tuple[bytes, bytes]]:
        """What a folder holds: flags with the mail itself."""
        with self.open() as server:
            assert server.select(folder, readonly=True)[0] == "OK"
            said: list[Any] = server.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]
            return [(part[0], part[1]) for part in said if isinstance(part, tuple)]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """Make a certificate that vouches for itself, for a name and this machine's address; return it with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, secret


@contextmanager
def office(folder: Path, password: str) -> Iterator[Office]:
    """Run a server until the end of the block."""
    cert, key = certificate(folder)
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--cert", str(cert), "--key", str(key)]
    with (
        (folder / "office.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", _SERVE, *words], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder
        ) as process,
    ):
        try:
            assert process.stdin is not None
            process.stdin.write(f"{password}\n".encode())
            process.stdin.close()
            until(lambda: _answers(port, process), "the mail server to answer")
            yield Office(port, password, cert)
        finally:
            process.kill()


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the mail server ended"
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as place:
            return place.recv(4) == b"* OK"
    except OSError:
        return False


def mail(
    subject: str = "Quote for a website", *, sender: str = "Bob Builder <bob@client.example>", **more: str
) -> bytes:
    """A mail as it arrives; `more` are header fields, with `_` for `-`."""
    fields = {"From": sender, "To": "ada@example.org", "Subject": subject, **more}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\nWhat would it cost?\r\n".encode("utf-8", "surrogateescape")
