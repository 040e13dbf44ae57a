"""Tests of the connection to a mail server."""

import ast
import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.links.mail import wire
from engine.links.mail.account import Account
from engine.links.trouble import LinkFailed
from engine.secrets.secret import Secret
from state.settings.links import EmailSettings, Tls
from tests.engine.links.mail.parrot import parrot, polite
from tests.engine.links.mail.postoffice import USER, Office, mail, office
from tests.test_shape import ROOT, imported, modules, parse

PASSWORD = "s3cret-that-nobody-says"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A mail server of its own."""
    with office(tmp_path_factory.mktemp("office"), PASSWORD) as found:
        yield found


def account(port: int, **changes: object) -> Account:
    settings = EmailSettings(host="127.0.0.1", port=port, tls=Tls.OFF, user=USER, password="imap")
    return Account(msgspec.structs.replace(settings, **changes), Secret("imap", PASSWORD))


def encrypted(real: Office, **changes: object) -> Account:
    return account(real.port, **{"host": "localhost", "tls": Tls.STARTTLS, "ca": str(real.ca), **changes})


def trouble(account: Account) -> str:
    with pytest.raises(LinkFailed) as caught, wire.session(account, wire.READS):
        pass
    return str(caught.value)


def test_it_is_encrypted_before_the_password_is_said(real: Office) -> None:
    """With a certificate that the settings trust it logs in; without one, or under another name, it does not."""
    with wire.session(encrypted(real), wire.READS) as server:
        assert server.state == "AUTH"
    assert "ca names a file with others to trust" in trouble(encrypted(real, ca=""))
    assert "AUTHENTICATIONFAILED" in trouble(encrypted(real)._replace(password=Secret("imap", "wrong")))


def test_a_server_that_does_not_encrypt_is_told_nothing() -> None:
    """Where the way in between takes STARTTLS out of what the server offers, no password is sent."""
    heard: list[bytes] = []

    def login(tag: bytes, rest: bytes) -> bytes:
        heard.append(rest)
        return tag + b" OK in\r\n"

    with parrot(polite(login=login)) as port:
        assert "TLS not supported" in trouble(account(port, tls=Tls.STARTTLS))
    assert heard == []


def test_only_what_leaves_no_trace_is_sent(real: Office) -> None:
    """On a connection for reading, whatever would mark, move, remove or add a mail never reaches the server."""
    real.put(mail())
    before = real.flags()
    with wire.session(encrypted(real), wire.READS) as server:
        server.select('"INBOX"', readonly=True)
        for change in (
            lambda: server.select('"INBOX"'),
            lambda: server.uid("STORE", "1:*", "+FLAGS", r"(\Seen)"),
            lambda: server.uid("FETCH", "1:*", "(BODY[])"),
            lambda: server.uid("MOVE", "1:*", "Trash"),
            lambda: server.uid("COPY", "1:*", "Trash"),
            lambda: server.append('"INBOX"', "", "", b"x"),
            server.expunge,
            lambda: server.delete("INBOX"),
        ):
            with pytest.raises(LinkFailed, match="not sent"):
                change()
    assert real.flags() == before


def test_a_connection_for_drafts_only_adds_drafts(real: Office) -> None:
    """It neither reads mails nor adds any that is no draft."""
    with wire.session(encrypted(real), wire.PLACES) as server:
        server.select('"INBOX"', readonly=True)
        for change in (
            lambda: server.uid("FETCH", "1:*", "(BODY.PEEK[])"),
            lambda: server.append('"INBOX"', r"(\Seen)", "", b"x"),
            lambda: server.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)"),
        ):
            with pytest.raises(LinkFailed, match="not sent"):
                change()


def test_nothing_can_be_sent_as_mail() -> None:
    """No part of the product has what it takes to send a mail."""
    senders = {"smtplib", "aiosmtplib", "smtpd", "nntplib"}
    names = {str(path): {name.partition(".")[0] for name in imported(parse(path))} for path in modules()}
    assert "engine/links/mail/wire.py" in names
    assert [path for path, found in names.items() if found & senders] == []
    texts = [ast.unparse(parse(path)) for path in modules() if Path(path).is_relative_to("engine/links")]
    assert texts and not [text for text in texts if "sendmail" in text or "587" in text]
    assert (ROOT / "engine").is_dir()


def test_what_a_server_says_back_never_holds_the_password() -> None:
    """One that repeats the login in its refusal, plain or packed, is told of without it."""
    packed = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
    says = polite(login=lambda tag, rest: tag + b" NO not " + rest + b" nor " + packed + b"\r\n")
    with parrot(says) as port:
        told = trouble(account(port))
    assert "[secret imap]" in told
    assert PASSWORD not in told and packed.decode() not in told


def test_a_password_with_any_letters_is_no_command() -> None:
    """What is no plain ASCII goes packed, so that a line break in it cannot begin another command."""
    heard: list[bytes] = []

    def says(tag: bytes, rest: bytes) -> bytes:
        heard.append(tag + b" " + rest if rest else tag)
        if rest.startswith(b"AUTHENTICATE"):
            return b"+ \r\n"
        return polite()(tag, rest) if rest else tag_of[0] + b" OK in\r\n"

    tag_of: list[bytes] = [b""]

    def noting(tag: bytes, rest: bytes) -> bytes:
        if rest.startswith(b"AUTHENTICATE"):
            tag_of[0] = tag
        return says(tag, rest)

    secret = "pä\r\nA9 DELETE INBOX"
    with parrot(noting) as port, wire.session(account(port)._replace(password=Secret("imap", secret)), wire.READS):
        pass
    assert base64.b64encode(f"\0{USER}\0{secret}".encode()) in heard
    assert not [line for line in heard if b"DELETE" in line]


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds nobody up, whether it never greets or stops in the middle."""
    monkeypatch.setattr(wire, "_SILENCE_S", 0.2)
    with parrot(polite(), greeting=b"") as port:
        assert "timed out" in trouble(account(port))
    with parrot(polite(login=lambda tag, rest: b"")) as port:
        assert "timed out" in trouble(account(port))


def test_a_server_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a flood of lines nor one drop after the other goes on for ever."""
    monkeypatch.setattr(wire, "_MOST_BYTES", 10_000)
    flood = b"* OK still here\r\n" * 2_000
    with parrot(polite(login=lambda tag, rest: flood + tag + b" OK\r\n")) as port:
        assert "said more than" in trouble(account(port))
    monkeypatch.setattr(wire, "_SESSION_S", -1.0)
    with parrot(polite()) as port:
        assert "took longer than" in trouble(account(port))


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xfe\r\n", b"* BYE no\r\n"])
def test_what_is_no_mail_server_is_said_so(greeting: bytes) -> None:
    """Whatever answers at the port, it ends in words."""
    with parrot(polite(), greeting=greeting) as port:
        assert trouble(account(port)).startswith(f"mail: 127.0.0.1:{port}: ")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("INBOX", '"INBOX"'), ('a "b" \\', '"a \\"b\\" \\\\"'), ("Entwürfe", '"Entw&APw-rfe"'), ("R&D", '"R&-D"')],
)
def test_names_of_folders_are_quoted(name: str, wanted: str) -> None:
    """No name is read as part of a command, and other letters than ASCII are written as servers know them."""
    assert wire.quoted(name) == wanted
