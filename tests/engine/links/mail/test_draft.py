"""Tests of the reply that is drafted."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from engine.links.mail import head
from engine.links.mail.draft import draft, filled, id_of
from tests.engine.links.mail.postoffice import mail


def opened(data: bytes) -> EmailMessage:
    """A draft as the operator's own program reads it."""
    found = message_from_bytes(data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_it_is_a_reply_to_the_mail() -> None:
    """It goes to the sender under the same subject, and takes its place in the conversation; it is not sent yet."""
    raw = mail("Angebot für Übung", Message_ID="<2@client.example>", References="<1@client.example>")
    found = opened(draft(head.read(raw), "Hello {name}, about “{subject}”", "ada@example.org"))
    assert found["To"] == "bob@client.example"
    assert found["From"] == "ada@example.org"
    assert found["Subject"] == "Re: Angebot für Übung"
    assert found["In-Reply-To"] == "<2@client.example>"
    assert found["References"] == "<1@client.example> <2@client.example>"
    assert (found["X-Unsent"], found["Date"], found["Bcc"]) == ("1", None, None)
    assert found["Message-ID"] == id_of(head.read(raw).mark)
    assert found.get_content().strip() == "Hello Bob Builder, about “Angebot für Übung”"


@pytest.mark.parametrize("subject", ["Re: Quote", "RE: Quote", "AW: Quote", "Re[2]: Quote"])
def test_an_answer_to_an_answer_says_so_once(subject: str) -> None:
    """There is no `Re: Re:`."""
    assert opened(draft(head.read(mail(subject)), "x", ""))["Subject"] == subject


def test_no_mail_can_add_to_the_header_of_its_answer() -> None:
    """A subject, a name or an address with line breaks in it makes no field of its own."""
    evil = mail(
        "=?utf-8?Q?quote=0D=0ABcc:_eve@evil.example?=",
        sender="=?utf-8?Q?Bob=0D=0ABcc=3A_eve=40evil.example?= <bob@client.example>",
        Message_ID="<1@client.example>\r\n Bcc: eve@evil.example",
        Reply_To="<eve@evil.example\r\n Bcc: mallory@evil.example>",
    )
    found = opened(draft(head.read(evil), "{name} {subject}", "ada@example.org"))
    assert found["Bcc"] is None
    assert sorted(found.keys()) == sorted(
        ["From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "X-Unsent", "Content-Type",
         "Content-Transfer-Encoding", "MIME-Version"]
    )  # fmt: skip


def test_what_a_mail_says_is_no_template() -> None:
    """Places within a subject stay as they are, and a sender without a name is greeted all the same."""
    told = head.read(
        mail("quote {name} {subject}", sender="bob@client.example", Date="Wed, 04 Mar 2026 12:00:00 +0000")
    )
    assert filled("{name}: {subject} ({date}) {other}", told) == (
        "there: quote {name} {subject} (Wed, 04 Mar 2026 12:00:00 +0000) {other}"
    )


def test_the_same_mail_gives_the_same_draft() -> None:
    """So that one that the operator has changed is known from one that nobody touched."""
    told = head.read(mail())
    assert draft(told, "x", "a@example.org") == draft(told, "x", "a@example.org")


def test_nobody_to_answer_gives_a_draft_without_a_receiver() -> None:
    """The operator fills it in."""
    assert opened(draft(head.read(mail(sender="nobody")), "x", ""))["To"] is None
