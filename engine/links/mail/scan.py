"""One look into the mailbox: which mails are worth an answer, with a draft of it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from engine.links.mail import draft, head, inbox
from engine.links.mail.account import Account
from engine.links.mail.drafts import Drafts
from engine.safety.privacy.scrubber import PERSONAL, Scrubber
from engine.safety.privacy.vault import Vault
from state.files import Workspace
from state.model.links.mail import Answer, Correspondence, Letter, Mailbox
from state.model.record import digest_of

MOST_LETTERS = 20
"""Mails worth an answer that one scan brings up; the next one goes on with those after them."""
_SHORTEST_NAME = 3


class Pick(NamedTuple):
    """A mail worth an answer."""

    letter: Letter
    draft: bytes
    words: Mapping[str, str]
    """Who wrote it, by the placeholders that the record knows."""


class Found(NamedTuple):
    """What a look brought."""

    box: Mailbox
    picks: tuple[Pick, ...]
    looked_at: int
    left: int
    """Mails that wait for the next scan."""


def scan(
    account: Account,
    boxes: Mapping[str, Mailbox],
    known: Mapping[str, Correspondence],
    now: datetime,
    scrubber: Scrubber,
) -> Found:
    """Look for mails that are not known yet and are worth an answer; blocks, writes nothing. Raises LinkFailed."""
    settings = account.settings
    since = (now - timedelta(seconds=settings.since_s)).date()
    reading = inbox.read(account, boxes.get(inbox.box_of(account)), since)
    wanted = words_of(settings.keywords)
    picks: dict[str, Pick] = {}
    for count, (uid, raw) in enumerate(reading.headers):
        mail = head.read(raw)
        keyword = matched(mail, wanted, account.address)
        of_it = known.get(mail.label)
        if not keyword or (of_it is not None and mail.mark in of_it.seen):
            continue
        picks[mail.mark] = _pick(mail, keyword, account, scrubber)
        if len(picks) == MOST_LETTERS:
            box = msgspec.structs.replace(reading.box, upto=uid)
            rest = len(reading.headers) - count - 1
            return Found(box, tuple(picks.values()), count + 1, reading.left + rest)
    return Found(reading.box, tuple(picks.values()), len(reading.headers), reading.left)


def words_of(keywords: Sequence[str]) -> re.Pattern[str]:
    """Return what finds any of the keywords as a whole word, in either case; `*` at its end stands for any ending."""
    told = [_plain(word) for word in keywords]
    either = "|".join(re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in told)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)")


def matched(mail: head.Head, wanted: re.Pattern[str], own: str) -> str:
    """Return the word for which a mail is worth an answer; empty where it is not, or nobody could be answered."""
    if mail.automatic or (own and mail.address.lower() == own.lower()):
        return ""
    found = wanted.search(_plain(mail.subject))
    return found[0] if found else ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _pick(mail: head.Head, keyword: str, account: Account, scrubber: Scrubber) -> Pick:
    words: dict[str, str] = {}
    if mail.address:
        words["[mail 1]"] = mail.address
    if mail.name:
        words["[name 1]"] = mail.name
    data = draft.draft(mail, account.settings.draft, account.address)
    letter = Letter(
        label=mail.label,
        mark=mail.mark,
        subject=_without_people(mail, words, scrubber),
        sender="[mail 1]" if mail.address else "somebody",
        keyword=keyword,
        received_at=mail.date,
        digest=digest_of(data),
    )
    return Pick(letter, data, words)


def _without_people(mail: head.Head, words: dict[str, str], scrubber: Scrubber) -> str:
    """Return the subject with placeholders for whatever in it tells of a person, which are added to `words`."""
    known = {value: placeholder for placeholder, value in words.items()}

    def put(kind: str, value: str) -> str:
        if kind not in PERSONAL:
            return f"[{kind}]"
        if value not in known:
            number = 1 + sum(placeholder.startswith(f"[{kind} ") for placeholder in words)
            known[value] = f"[{kind} {number}]"
            words[known[value]] = value
        return known[value]

    subject = scrubber.replace(mail.subject, put)
    for part in sorted({mail.name, *mail.name.split()}, key=len, reverse=True):
        if len(part) >= _SHORTEST_NAME:
            subject = re.sub(rf"(?i)(?<![\w\[]){re.escape(part)}(?!\w)", lambda found: put("name", found[0]), subject)
    return subject


def keep(workspace: Workspace, found: Found, known: Mapping[str, Correspondence]) -> None:
    """Write the drafts, with who the mails are from, before the record tells of them. Raises OSError.

    A draft that the operator has changed or answered stays as it is.
    """
    drafts, vault = Drafts(workspace), Vault(workspace)
    for pick in found.picks:
        label, of_it = pick.letter.label, known.get(pick.letter.label)
        present = drafts.read(label)
        if of_it is None or (of_it.answer is Answer.OPEN and (present is None or digest_of(present) == of_it.digest)):
            drafts.keep(label, pick.draft)
        vault.keep(label, {**vault.words(label), **pick.words})


def sweep(workspace: Workspace, known: Mapping[str, Correspondence]) -> None:
    """Remove drafts that the operator has refused and a crash has left. Raises OSError."""
    for of_it in known.values():
        if of_it.answer is Answer.DENIED:
            Drafts(workspace).remove(of_it.label)
