"""Tests of reading what a folder has not shown before."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import pytest

from engine.clock import SystemClock
from engine.links.mail import inbox
from engine.links.mail.account import Account
from engine.links.trouble import LinkFailed
from engine.secrets.secret import Secret
from state.model.links.mail import Mailbox
from state.settings.links import EmailSettings, Tls
from tests.engine.links.mail.parrot import parrot, polite
from tests.engine.links.mail.postoffice import USER, Office, mail, office

PASSWORD = "pw-of-the-inbox"
LONG_AGO = date(2020, 1, 1)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A mail server of its own."""
    with office(tmp_path_factory.mktemp("office"), PASSWORD) as found:
        yield found


def account(real: Office, **changes: object) -> Account:
    settings = EmailSettings(
        host="localhost", port=real.port, tls=Tls.STARTTLS, ca=str(real.ca), user=USER, password="imap"
    )
    return Account(msgspec.structs.replace(settings, **changes), Secret("imap", PASSWORD))


def test_only_what_is_new_is_read_and_nothing_is_marked(real: Office) -> None:
    """From number to number; a huge mail costs no more than a small one, and none of them counts as read afterwards."""
    real.make("Offers")
    offers = account(real, folder="Offers")
    empty = inbox.read(offers, None, LONG_AGO)
    assert (empty.headers, empty.box.upto) == ((), 0)
    real.put(mail("one"), mail("two") + b"x" * 2_000_000, folder="Offers")
    first = inbox.read(offers, empty.box, LONG_AGO)
    assert [b"Subject: one" in raw or b"Subject: two" in raw for _, raw in first.headers] == [True, True]
    assert max(len(raw) for _, raw in first.headers) < 1_000
    again = inbox.read(offers, first.box, LONG_AGO)
    assert (again.headers, again.box) == ((), first.box)
    real.put(mail("three"), folder="Offers")
    (third,) = inbox.read(offers, again.box, LONG_AGO).headers
    assert b"Subject: three" in third[1]
    with real.open() as server:
        server.select("Offers", readonly=True)
        assert all(b"Seen" not in part for part in server.uid("FETCH", "1:*", "(FLAGS)")[1])
    assert inbox.read(offers, None, SystemClock().now().date() + timedelta(days=2)).headers == ()


def test_other_numbers_begin_anew(real: Office) -> None:
    """A server that has counted its mails anew says so, and then all of them are looked at."""
    real.make("Anew")
    real.put(mail("one"), folder="Anew")
    found = inbox.read(account(real, folder="Anew"), None, LONG_AGO)
    other = msgspec.structs.replace(found.box, validity=found.box.validity + 1)
    assert inbox.read(account(real, folder="Anew"), other, LONG_AGO).headers == found.headers


def test_many_mails_are_read_a_part_at_a_time(real: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next scan goes on behind them, until none is left."""
    monkeypatch.setattr(inbox, "MOST", 2)
    monkeypatch.setattr(inbox, "_AT_ONCE", 1)
    real.make("Many")
    many = account(real, folder="Many")
    real.put(*(mail(f"number {number}") for number in range(5)), folder="Many")
    box: Mailbox | None = None
    left = []
    seen: list[int] = []
    for _ in range(3):
        found = inbox.read(many, box, LONG_AGO)
        box = found.box
        left.append(found.left)
        seen += [uid for uid, _ in found.headers]
    assert left == [3, 1, 0]
    assert seen == sorted(set(seen)) and len(seen) == 5


def test_a_folder_that_is_not_there_is_named(real: Office) -> None:
    """With the setting that names it."""
    with pytest.raises(LinkFailed, match=r"'Nowhere' to read \(\[email\] folder\)"):
        inbox.read(account(real, folder="Nowhere"), None, LONG_AGO)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({}, "UIDVALIDITY"),
        ({"examine": lambda tag, rest: b"* OK [UIDVALIDITY x]\r\n" + tag + b" OK done\r\n"}, "UIDVALIDITY"),
        (
            {
                "examine": lambda tag, rest: b"* OK [UIDVALIDITY 7]\r\n" + tag + b" OK done\r\n",
                "uid": lambda tag, rest: tag + b" BAD what?\r\n",
            },
            "what?",
        ),
    ],
)
def test_a_server_that_makes_no_sense_is_said_so(others: dict, words: str) -> None:
    """What comes of it is words, and nothing is taken for read."""
    settings = EmailSettings(host="127.0.0.1", tls=Tls.OFF, user=USER, password="imap")
    with parrot(polite(**others)) as port, pytest.raises(LinkFailed, match=words):
        inbox.read(Account(msgspec.structs.replace(settings, port=port), Secret("imap", PASSWORD)), None, LONG_AGO)


def test_mails_that_nobody_asked_for_are_not_taken() -> None:
    """A server that answers with other numbers, or with none, adds nothing."""
    odd = b"* 1 FETCH (UID 99 BODY[] {4}\r\nabcd)\r\n* 2 FETCH (FLAGS ())\r\n* 3 FETCH (BODY[] {4}\r\nabcd UID 5)\r\n"

    def says(tag: bytes, rest: bytes) -> bytes:
        found = b"* SEARCH 5 6 x\r\n" if b"SEARCH" in rest else odd
        return found + tag + b" OK done\r\n"

    settings = EmailSettings(host="127.0.0.1", tls=Tls.OFF, user=USER, password="imap")
    examine = lambda tag, rest: b"* OK [UIDVALIDITY 7]\r\n" + tag + b" OK done\r\n"  # noqa: E731 - one line of a script
    with parrot(polite(examine=examine, uid=says)) as port:
        found = inbox.read(
            Account(msgspec.structs.replace(settings, port=port), Secret("imap", PASSWORD)), None, LONG_AGO
        )
    assert found.headers == ((5, b"abcd"),)
    assert found.box.upto == 6
