"""The reply to a mail, drafted for the operator to send from their own program."""

import re
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from engine.links.mail.head import Head

_PLACE = re.compile(r"\{(name|subject|date)\}")
_AGAIN = re.compile(r"(?i)^\s*(?:re|aw|sv|vs|antw)\s*(?:\[\d+\])?:")


def draft(head: Head, template: str, sender: str) -> bytes:
    """Return the reply as an `.eml` that opens as an unsent mail; the same mail and template give the same bytes.

    It has no date, because that is when it is sent, and an id of its own, by which it is known among the drafts.
    """
    mail = EmailMessage(policy=policy.SMTP)
    if sender:
        mail["From"] = _line(sender)
    if head.address.isascii() and head.address:
        mail["To"] = head.address
    mail["Subject"] = head.subject if _AGAIN.match(head.subject) else f"Re: {head.subject}"
    mail["Message-ID"] = id_of(head.mark)
    if head.id:
        mail["In-Reply-To"] = head.id
        mail["References"] = " ".join(dict.fromkeys((*head.references, head.id)))
    mail["X-Unsent"] = "1"
    mail.set_content(filled(template, head), charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def id_of(mark: str) -> str:
    """Return the Message-ID of the reply to the mail of that mark."""
    return f"<{mark}.reply@midwatch.invalid>"


def filled(template: str, head: Head) -> str:
    """Return the template with what the mail says in its places; what the mail says is never read as a template."""
    told = {
        "name": head.name or "there",
        "subject": head.subject,
        "date": format_datetime(head.date) if head.date else "",
    }
    return _PLACE.sub(lambda found: told[found[1]], template)


def _line(text: str) -> str:
    return " ".join(text.split())
