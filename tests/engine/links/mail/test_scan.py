"""Tests of which mails are worth an answer."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.links.mail import head, inbox, scan
from engine.links.mail.account import Account
from engine.links.mail.drafts import Drafts
from engine.safety.privacy.scrubber import Scrubber
from engine.safety.privacy.vault import Vault
from engine.secrets.secret import Secret
from state.files import create_workspace
from state.model.links.mail import Answer, Correspondence, Letter, Mailbox
from state.settings.links import EmailSettings
from tests.engine.links.mail.postoffice import mail
from tests.making import NOON

ACCOUNT = Account(
    EmailSettings(host="a.example", user="ada", address="ada@example.org", password="imap"), Secret("imap", "x" * 9)
)


def found(*mails: bytes, known: Sequence[Correspondence] = (), account: Account = ACCOUNT) -> scan.Found:
    """What a scan makes of these mails."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "read", lambda *given: reading(mails))
        return scan.scan(account, {}, {of_it.label: of_it for of_it in known}, NOON, Scrubber())


def reading(mails: Sequence[bytes]) -> inbox.Reading:
    headers = tuple(enumerate(mails, 1))
    return inbox.Reading(Mailbox(name="box", validity=1, upto=len(mails)), headers, 0)


def of(letter: Letter, **changes: object) -> Correspondence:
    """What the record knows of a letter."""
    fields = {name: getattr(letter, name) for name in ("label", "subject", "sender", "keyword", "digest")}
    return Correspondence(**{**fields, "first_at": NOON, "last_at": NOON, "seen": (letter.mark,), **changes})


@pytest.mark.parametrize(
    ("subject", "keyword"),
    [
        ("We want to hire you", "hire"),
        ("HIRED!", "hired"),
        ("A quote, please", "quote"),
        ("Two quotes", "quotes"),
        ("=?utf-8?Q?PROJECT_in_=C3=96sterreich?=", "project"),
        ("ｐｒｏｊｅｃｔ", "project"),
        ("lunch?", ""),
        ("my squire", ""),
        ("misquoted", ""),
        ("", ""),
    ],
)
def test_a_subject_with_one_of_the_words_is_worth_an_answer(subject: str, keyword: str) -> None:
    """As a whole word, in either case, with any ending where the settings say so."""
    assert [pick.letter.keyword for pick in found(mail(subject)).picks] == ([keyword] if keyword else [])


def test_words_are_those_of_the_settings() -> None:
    """A word without `*` has no other ending; no word is a pattern; without words nothing is found."""
    told = head.read(mail("many projects (a+b)"))
    assert scan.matched(told, scan.words_of(["project"]), "") == ""
    assert scan.matched(told, scan.words_of(["project*"]), "") == "projects"
    assert scan.matched(told, scan.words_of([".*"]), "") == ""
    assert scan.matched(told, scan.words_of([]), "") == ""


def test_programs_and_oneself_are_not_answered() -> None:
    """An automatic mail, and one from the operator, raise no question."""
    assert found(mail(Auto_Submitted="auto-generated"), mail(sender="Ada <Ada@Example.org>")).picks == ()


def test_a_mail_is_found_once() -> None:
    """One that the record knows is not found again, also where the server has counted its mails anew."""
    (pick,) = found(mail(Message_ID="<1@x>")).picks
    answer = mail("Re: quote", Message_ID="<2@x>", References="<1@x>")
    again = found(mail(Message_ID="<1@x>"), answer, mail(Message_ID="<1@x>"), known=[of(pick.letter)])
    assert [pick.letter.subject for pick in again.picks] == ["Re: quote"]
    assert again.picks[0].letter.label == pick.letter.label


def test_more_than_the_operator_can_answer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan stops at so many, and the next one goes on behind the last that it brought up."""
    monkeypatch.setattr(scan, "MOST_LETTERS", 2)
    told = found(*(mail(f"quote {number}") for number in range(5)))
    assert len(told.picks) == 2
    assert (told.box.upto, told.looked_at, told.left) == (2, 2, 3)


def test_the_record_does_not_learn_who_wrote(tmp_path: Path) -> None:
    """Name and address, also in the subject, are placeholders; the words behind them can be erased."""
    raw = mail("Quote for Bob, call +49 170 1234567 or bob@client.example", Message_ID="<1@x>")
    told = found(raw)
    (pick,) = told.picks
    assert "ob" not in pick.letter.subject.replace("obile", "") and "@" not in pick.letter.subject
    assert "170" not in pick.letter.subject
    assert pick.letter.sender == "[mail 1]"
    workspace = create_workspace(tmp_path)
    scan.keep(workspace, told, {})
    vault = Vault(workspace)
    assert vault.told(pick.letter.label, pick.letter.sender) == "bob@client.example"
    assert vault.told(pick.letter.label, pick.letter.subject) == head.read(raw).subject


def test_a_draft_that_was_changed_or_answered_stays(tmp_path: Path) -> None:
    """A further mail brings a new draft only where nobody has touched the one before."""
    workspace = create_workspace(tmp_path)
    drafts = Drafts(workspace)
    first = found(mail(Message_ID="<1@x>"))
    scan.keep(workspace, first, {})
    letter = first.picks[0].letter
    second = found(mail("Re: quote", Message_ID="<2@x>", References="<1@x>"), known=[of(letter)])
    scan.keep(workspace, second, {letter.label: of(letter)})
    assert b"<2@x>" in (drafts.read(letter.label) or b"")
    drafts.keep(letter.label, b"mine")
    scan.keep(workspace, first, {letter.label: of(letter)})
    assert drafts.read(letter.label) == b"mine"
    drafts.remove(letter.label)
    scan.keep(workspace, second, {letter.label: of(letter, answer=Answer.DENIED)})
    assert drafts.read(letter.label) is None


def test_what_a_crash_left_of_a_refused_draft_goes(tmp_path: Path) -> None:
    """The next scan removes it; what is open or approved stays."""
    workspace = create_workspace(tmp_path)
    (pick,) = found(mail()).picks
    label = pick.letter.label
    Drafts(workspace).keep(label, b"x")
    scan.sweep(workspace, {label: of(pick.letter, answer=Answer.APPROVED)})
    assert Drafts(workspace).read(label) == b"x"
    scan.sweep(workspace, {label: of(pick.letter, answer=Answer.DENIED)})
    assert Drafts(workspace).read(label) is None


def test_old_mails_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """How old a mail may be is the settings' to say."""
    asked = []

    def read(account: Account, known: Mailbox | None, since: date) -> inbox.Reading:
        asked.append(since)
        return reading(())

    monkeypatch.setattr(inbox, "read", read)
    scan.scan(ACCOUNT, {}, {}, NOON, Scrubber())
    assert asked == [(NOON - timedelta(days=7)).date()]
