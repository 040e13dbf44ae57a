"""`email`: a mailbox looked through for offers, and the replies drafted to them."""

from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from engine.links.mail.scan import Found, Pick
    from state.files import Workspace
    from state.model.links.mail import Correspondence
    from state.model.view import View


@click.group()
@in_workspace
def email() -> None:
    """Look through your mailbox for offers. It is only read; a reply is drafted for you, and never sent."""


@email.command()
@click.option("--dry-run", is_flag=True, help="Say what would be found; write nothing down.")
@with_json
@in_workspace
@click.pass_obj
def scan(hand: Hand, dry_run: bool, as_json: bool) -> None:
    """Read the subjects of mails that came since the last scan, and ask you about those worth an answer."""
    from engine.clock import SystemClock
    from engine.links.mail import scan as mails
    from engine.links.mail.account import lease
    from engine.links.trouble import LinkFailed
    from engine.safety.privacy.ward import obey
    from state.model.command import NoteMail

    workspace, settings = hand.workspace(), hand.settings()
    scrubber = obey(workspace, settings)
    account = lease(workspace, settings)
    view = _view(hand)
    try:
        found = mails.scan(account, view.mailboxes, view.mails, SystemClock().now(), scrubber)
    except LinkFailed as error:
        raise LinkFailed(f"{error}; nothing was changed, and the next scan tries again") from error
    text = f"would ask about {len(found.picks)}" if dry_run else ""
    if not dry_run:
        try:
            mails.sweep(workspace, view.mails)
            mails.keep(workspace, found, view.mails)
        except OSError as error:
            raise Refused(f"{error.filename}: a draft cannot be written: {error.strerror}") from error
        with hand.control() as control:
            text = ask(control, NoteMail(box=found.box, letters=tuple(pick.letter for pick in found.picks))).text
    if as_json:
        rows = [_picked(pick) for pick in found.picks]
        say_json({"looked_at": found.looked_at, "left": found.left, "dry_run": dry_run, "found": rows, "text": text})
    else:
        say("\n".join(_told(found, text)))


@email.command("list")
@with_json
@in_workspace
@click.pass_obj
def list_(hand: Hand, as_json: bool) -> None:
    """List the conversations that were found, the latest first, and what you said to them."""
    workspace, view = hand.workspace(), _view(hand)
    rows = [_row(of_it, workspace) for of_it in sorted(view.mails.values(), key=lambda of_it: of_it.last_at)[::-1]]
    if as_json:
        say_json(rows)
    elif not rows:
        say("no mail has been worth an answer yet: `midwatch email scan` looks")
    else:
        from console.render import table, terminal_width

        head = ["LABEL", "ANSWER", "MAILS", "LAST", "FROM", "SUBJECT"]
        cells = [
            [
                row["label"],
                row["answer"],
                str(row["count"]),
                f"{row['last_at']:%m-%d %H:%M}",
                row["from"],
                row["subject"],
            ]
            for row in rows
        ]
        say(table(cells, head, width=terminal_width()))


@email.command()
@click.argument("label")
@in_workspace
@click.pass_obj
def show(hand: Hand, label: str) -> None:
    """Print the draft of a conversation, as it is now, and where it stands."""
    from engine.links.mail.drafts import Drafts
    from state.text import reveal

    of_it = _view(hand).mails.get(label)
    if of_it is None:
        raise Refused(f"there is no conversation {label!r}: `midwatch email list` lists them")
    drafts = Drafts(hand.workspace())
    data = drafts.read(label)
    if data is None:
        raise Refused(f"{label} has no draft any more: it is {of_it.answer}")
    say(f"{drafts.path(label)} ({of_it.answer}; nothing is sent)\n\n{reveal(_readable(data))}")


def _view(hand: Hand) -> "View":
    with hand.control() as control:
        return control.view()


def _readable(data: bytes) -> str:
    """Return a draft's header and text in plain."""
    from email import message_from_bytes, policy

    mail = message_from_bytes(data, policy=policy.default)
    head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject") if mail[name])
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return f"{head}\n\n{text}".replace("\r\n", "\n")


def _picked(pick: "Pick") -> dict[str, Any]:
    letter = pick.letter
    return {
        "label": letter.label,
        "subject": _true(letter.subject, pick.words),
        "from": _true(letter.sender, pick.words),
        "keyword": letter.keyword,
        "received_at": letter.received_at,
    }


def _true(text: str, words: Any) -> str:
    for placeholder, value in words.items():
        text = text.replace(placeholder, value)
    return text


def _told(found: "Found", text: str) -> list[str]:
    lines = [f"{pick.letter.label}  {_true(pick.letter.subject, pick.words)}" for pick in found.picks]
    left = f"; {found.left} wait for the next scan" if found.left else ""
    return [*lines, f"{found.looked_at} mails looked at: {text}{left}"]


def _row(of_it: "Correspondence", workspace: "Workspace") -> dict[str, Any]:
    from engine.links.mail.drafts import Drafts
    from engine.safety.privacy.vault import Vault

    vault, path = Vault(workspace), Drafts(workspace).path(of_it.label)
    return {
        "label": of_it.label,
        "answer": of_it.answer.value,
        "count": of_it.count,
        "first_at": of_it.first_at,
        "last_at": of_it.last_at,
        "placed_at": of_it.placed_at,
        "from": vault.told(of_it.label, of_it.sender),
        "subject": vault.told(of_it.label, of_it.subject),
        "keyword": of_it.keyword,
        "draft": str(path) if path.exists() else "",
        "digest": of_it.digest,
    }
