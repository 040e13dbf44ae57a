"""Tests of what the header of a mail says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.links.mail import head
from tests.engine.links.mail.postoffice import mail


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Quote", "Quote"),
        ("=?utf-8?B?UHJvamVrdCBmw7xyIMOcYnVuZw==?=", "Projekt für Übung"),
        ("=?iso-8859-1?Q?Gr=FC=DFe_und_Fragen?=", "Grüße und Fragen"),
        ("=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=", "äö"),
        ("=?utf-8?B?w6?= =?utf-8?B?w7Y=?= x", "�ö x"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"),
        ("=?koi8-r?B?8NLPxcvU?= and =?utf-8?q?more?=", "Проект and more"),
        ("=?no-such-charset?Q?caf=C3=A9?=", "café"),
        ("=?hex?Q?4142?=", "4142"),
        ("=?utf-8*en?Q?said_in_English?=", "said in English"),
        ("=?utf-8?B?????=", "=?utf-8?B?????="),
        ("caf\u00e9 project", "café project"),
        ("folded\r\n  project", "folded project"),
        ("\x1b[31mred\x1b[0m \x07 \u202eevil\u202c quote", "red evil quote"),
        ("=?utf-8?Q?pro=E2=80=8Bject=1B]0;x=07?=", "project"),
        ("a" * 1000, "a" * 199 + "…"),
        ("", ""),
    ],
)
def test_subjects_are_made_plain(told: str, meant: str) -> None:
    """Encoded words are decoded, whatever their charset; nothing that a terminal would obey stays."""
    assert head.read(mail(told)).subject == meant


@pytest.mark.parametrize(
    ("told", "name", "address"),
    [
        ("Bob <bob@client.example>", "Bob", "bob@client.example"),
        ("bob@client.example", "", "bob@client.example"),
        ('"Builder, Bob" <bob@client.example>', "Builder, Bob", "bob@client.example"),
        ("=?utf-8?Q?Zo=C3=AB?= <zoe@client.example>", "Zoë", "zoe@client.example"),
        ("=?utf-8?Q?evil=2C?= <bob@client.example>, <eve@evil.example>", "evil,", "bob@client.example"),
        ("Bob <bob@client.example\r\n Bcc: eve@evil.example>", "Bob", "bob@client.example"),
        ("undisclosed", "", ""),
        ("", "", ""),
    ],
)
def test_senders_are_told(told: str, name: str, address: str) -> None:
    """A name and an address that can be answered; what is none is none."""
    found = head.read(mail(sender=told))
    assert (found.name, found.address) == (name, address)


def test_answers_go_where_the_sender_wants_them() -> None:
    """Reply-To counts before From."""
    assert head.read(mail(Reply_To="desk@client.example")).address == "desk@client.example"


def test_a_conversation_has_one_label() -> None:
    """Its first mail, an answer to it and an answer to that share it; a mail without any id is known by its header."""
    first = head.read(mail(Message_ID="<1@client.example>"))
    second = head.read(mail(Message_ID="<2@client.example>", In_Reply_To="<1@client.example>"))
    third = head.read(mail(Message_ID="<3@client.example>", References="<1@client.example> <2@client.example>"))
    assert first.label == second.label == third.label
    assert len({first.mark, second.mark, third.mark}) == 3
    bare, other = head.read(mail()), head.read(mail("Another quote"))
    assert head.read(mail()).mark == bare.mark != other.mark


def test_dates_are_in_one_zone_or_nowhere() -> None:
    """What cannot be understood is no date."""
    assert head.read(mail(Date="Wed, 04 Mar 2026 13:00:00 +0100")).date == datetime(2026, 3, 4, 12, tzinfo=UTC)
    for broken in ("yesterday", "Wed, 99 Mar 2026 13:00:00", "Fri, 31 Dec 9999 23:59:59 -2359", ""):
        assert head.read(mail(Date=broken)).date is None


def test_programs_are_told_from_people() -> None:
    """Whoever says that it was written by itself, or to many, is not answered."""
    assert not head.read(mail()).automatic
    assert not head.read(mail(Auto_Submitted="no")).automatic
    assert head.read(mail(Auto_Submitted="auto-replied; x=y")).automatic
    assert head.read(mail(Precedence="Bulk")).automatic


@given(st.binary(max_size=400))
def test_whatever_comes_is_read(raw: bytes) -> None:
    """No header, however broken, is more than a header."""
    found = head.read(raw + b"\r\nSubject: " + raw + b"\r\nFrom: " + raw + b"\r\nDate: " + raw + b"\r\n\r\n")
    assert found.subject.isprintable() and found.name.isprintable()
    assert found.address.isprintable() and len(found.label) == 17
