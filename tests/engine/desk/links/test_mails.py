"""Tests of the commands on mails that may be worth an answer."""

import msgspec

from engine.desk.desk import Desk
from state.model import command as c
from state.model.escalation import Escalation, EscalationKind
from state.model.links.mail import Answer, Correspondence, Letter, Mailbox
from tests.engine.desk.asking import ask, desk

__all__ = ["desk"]

BOX = Mailbox(name="box", validity=7, upto=1)
LABEL = "mail:0123456789ab"


def a_letter(mark: str = "m1", label: str = LABEL, **changes: object) -> Letter:
    fields = {
        "subject": "Quote",
        "sender": "[mail 1]",
        "keyword": "quote",
        "received_at": None,
        "digest": f"digest of {mark}",
        **changes,
    }
    return Letter(label=label, mark=mark, **fields)


def note(desk: Desk, *letters: Letter, upto: int = 1) -> c.Reply:
    return ask(desk, c.NoteMail(box=msgspec.structs.replace(BOX, upto=upto), letters=letters))


def questions(desk: Desk) -> list[Escalation]:
    return [asked for asked in desk.common.store.escalations.values() if asked.open]


def known(desk: Desk, label: str = LABEL) -> Correspondence:
    return desk.common.store.mails[label]


def test_a_conversation_is_one_question_with_a_count(desk: Desk) -> None:
    """However many mails it has, and in however many scans they come."""
    assert note(desk, a_letter()).text == "1 conversation worth an answer"
    more = note(desk, a_letter("m2"), a_letter("m3"), a_letter("m4", "mail:ffffffffffff"), upto=4)
    assert more.text == "1 conversation worth an answer, further mails of 1 conversation"
    first, second = sorted(questions(desk), key=lambda asked: asked.label)
    assert (first.label, first.count, first.type) == (LABEL, 3, EscalationKind.OPPORTUNITY)
    assert (second.label, second.count) == ("mail:ffffffffffff", 1)
    assert known(desk).count == 3
    assert first.digest == known(desk).digest == "digest of m3"
    assert desk.common.store.mailboxes["box"].upto == 4


def test_a_mail_counts_once(desk: Desk) -> None:
    """Found again, in the same scan or a later one, it changes nothing; a scan without news writes nothing down."""
    note(desk, a_letter(), a_letter())
    number = desk.common.store.number
    assert "nothing has come" in note(desk, a_letter()).text
    assert (questions(desk)[0].count, known(desk).count) == (1, 1)
    assert desk.common.store.number == number


def test_a_yes_is_to_the_draft_that_was_shown(desk: Desk) -> None:
    """Not to one that a further mail has brought since; it closes the question, and there is no second yes."""
    note(desk, a_letter())
    note(desk, a_letter("m2"), upto=2)
    assert "another mail has come" in ask(desk, c.Approve(label=LABEL, digest="digest of m1")).text
    assert ask(desk, c.Approve(label=LABEL, digest="digest of m2")).ok
    assert (known(desk).answer, questions(desk)) == (Answer.APPROVED, [])
    assert not ask(desk, c.Approve(label=LABEL, digest="digest of m2")).ok
    assert not ask(desk, c.Deny(label=LABEL, digest="")).ok


def test_a_conversation_that_was_answered_is_not_asked_about_again(desk: Desk) -> None:
    """Its further mails are counted, and the draft that was answered stays what it was."""
    note(desk, a_letter())
    assert ask(desk, c.Deny(label=LABEL, digest="")).ok
    note(desk, a_letter("m2"), upto=2)
    assert questions(desk) == []
    assert (known(desk).count, known(desk).answer, known(desk).digest) == (2, Answer.DENIED, "digest of m1")
