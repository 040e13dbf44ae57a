"""Commands on mails that may be worth an answer."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from state.model import command as c
from state.model.escalation import EscalationKind, Urgency
from state.model.links.mail import Answer, Correspondence, Letter
from state.model.view import Record

_SEEN = 64
"""So many mails of a conversation are told apart by their marks; older ones by how far the folder was read."""


class Mails:
    """Asks once about each conversation, and takes the operator's answer to it."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.NoteMail: self._note}

    def known(self, label: str) -> Correspondence | None:
        """Return the conversation of that label; None when there is none."""
        return self.at.store.mails.get(label)

    def _note(self, command: c.NoteMail, actor: str) -> str:
        changed: dict[str, Correspondence] = {}
        for letter in command.letters:
            before = changed.get(letter.label) or self.known(letter.label)
            if before is None or letter.mark not in before.seen:
                changed[letter.label] = self._with(before, letter)
        if not changed and self.at.store.mailboxes.get(command.box.name) == command.box:
            return "nothing has come since the last scan"
        asked = [self._question(after) for after in changed.values() if after.answer is Answer.OPEN]
        fresh = sum(label not in self.at.store.mails for label in changed)
        words = "no mail is worth an answer"
        if changed:
            words = f"{_count(fresh)} worth an answer"
            words += f", further mails of {_count(len(changed) - fresh)}" if len(changed) > fresh else ""
        records: list[Record] = [command.box, *changed.values(), *asked]
        self.at.stage(records, actor, "mail_scanned", f"{words}; read up to number {command.box.upto}")
        return words

    def _with(self, before: Correspondence | None, letter: Letter) -> Correspondence:
        now = self.at.clock.now()
        if before is None:
            return Correspondence(
                label=letter.label,
                subject=letter.subject,
                sender=letter.sender,
                keyword=letter.keyword,
                first_at=now,
                last_at=now,
                digest=letter.digest,
                seen=(letter.mark,),
            )
        return msgspec.structs.replace(
            before,
            subject=letter.subject,
            sender=letter.sender,
            keyword=letter.keyword,
            last_at=now,
            digest=letter.digest if before.answer is Answer.OPEN else before.digest,
            seen=(*before.seen, letter.mark)[-_SEEN:],
            count=before.count + 1,
        )

    def _question(self, of_it: Correspondence) -> Record:
        where = "into your folder of drafts" if self.at.orders.settings.email.drafts_folder else "aside for you to send"
        mails = f", {of_it.count} mails" if of_it.count > 1 else ""
        text = (
            f"mail from {of_it.sender} about “{of_it.subject}” ({of_it.keyword}{mails}): a reply is drafted; "
            f"`midwatch email show {of_it.label}` shows it, a yes puts it {where}, a no deletes it; nothing is sent"
        )
        now = self.at.clock.now()
        kind = EscalationKind.OPPORTUNITY
        asked = self.at.questions.ask(
            kind, None, text, now, digest=of_it.digest, urgency=Urgency.MEDIUM, about=of_it.label
        )
        return msgspec.structs.replace(asked, count=of_it.count)

    def allow(self, of_it: Correspondence, digest: str, actor: str, why: str) -> str:
        """Take the yes to a drafted reply; it stays unsent."""
        again = of_it.answer is Answer.APPROVED and of_it.placed_at is None
        if of_it.answer is not Answer.OPEN and not (again and self.at.orders.settings.email.drafts_folder):
            raise Refused(f"{of_it.label}: its draft is {of_it.answer} already")
        if digest != of_it.digest:
            raise Refused("another mail has come since this was shown: look at it again, then approve")
        answered = self.at.questions.answer(of_it.label, "approved", self.at.clock.now())
        approved = msgspec.structs.replace(of_it, answer=Answer.APPROVED)
        self.at.stage([approved, *answered], actor, "draft_approved", why)
        return f"{of_it.label}: its draft is approved; send it yourself, because nothing here does"

    def refuse(self, of_it: Correspondence, actor: str, why: str) -> str:
        """Take the no; its draft is deleted once that is on record."""
        if of_it.answer is not Answer.OPEN:
            raise Refused(f"{of_it.label}: its draft is {of_it.answer} already")
        answered = self.at.questions.answer(of_it.label, "denied", self.at.clock.now())
        denied = msgspec.structs.replace(of_it, answer=Answer.DENIED)
        self.at.stage([denied, *answered], actor, "draft_denied", why)
        return f"{of_it.label}: its draft is deleted; further mails of it are counted and not asked about"


def _count(conversations: int) -> str:
    return f"{conversations} conversation{'' if conversations == 1 else 's'}"
