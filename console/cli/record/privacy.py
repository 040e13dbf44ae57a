"""`privacy`: what is known of a person, given out or erased."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, Label, Refused, ask, in_workspace, known, say, say_json, with_json

if TYPE_CHECKING:
    from engine.safety.privacy.erasing import Found

_YOURS = "not changed here: yours to keep or to remove"


@click.group()
@in_workspace
def privacy() -> None:
    """Find, give out and erase what is known of a person: a name, a mail address or a phone number."""


@privacy.command()
@click.argument("subject")
@with_json
@in_workspace
@click.pass_obj
def find(hand: Hand, subject: str, as_json: bool) -> None:
    """Show where a person's words stand: what `erase` would take out, and what it would leave."""
    found = _search(hand, subject)
    if as_json:
        say_json(found)
    else:
        say("\n".join(_lines(found)) or "nothing holds it")


@privacy.command()
@click.argument("subject")
@click.option("--to", "target", metavar="FILE", required=True, help="A file that is not there yet.")
@in_workspace
@click.pass_obj
def export(hand: Hand, subject: str, target: str) -> None:
    """Write all that is held of a person into a file of JSON, for that person."""
    import msgspec

    from engine.safety.privacy.export import everything
    from engine.safety.privacy.subject import Subject
    from state.files import atomic_write

    path = Path(target).expanduser()
    if path.exists():
        raise Refused(f"{path} is there already: name another file")
    held = everything(hand.workspace(), Subject(subject))
    atomic_write(path, msgspec.json.format(msgspec.json.encode({"subject": subject, **held}), indent=2), mode=0o600)
    say(f"{path}: {len(held['entries'])} entries, {len(held['tasks'])} tasks, {len(held['files'])} files")


@privacy.command()
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_workspace
@click.pass_context
def erase(context: click.Context, subject: str, yes: bool) -> None:
    """Take a person's words out of everything; the record still proves itself, and says that this was done."""
    from state.model.command import Erase

    hand = context.ensure_object(Hand)
    found = _search(hand, subject)
    if not found.nothing and not yes:
        say("\n".join(_lines(found)))
        click.confirm("Erase this for good?", abort=True)
    with hand.control(timeout_s=_PATIENCE_S) as control:
        say(ask(control, Erase(subject=subject)).text)
    left = _lines(_search(hand, subject))
    if left:
        say("\n".join(["still there:", *left]))
    context.exit(1 if left else 0)


@privacy.command()
@click.argument("label", type=Label())
@with_json
@in_workspace
@click.pass_obj
def words(hand: Hand, label: str, as_json: bool) -> None:
    """Show the true words that a task's placeholders stand for."""
    from engine.safety.privacy.vault import Vault

    with hand.control() as control:
        known(control.view(), label)
    kept = Vault(hand.workspace()).words(label)
    if as_json:
        say_json(kept)
    else:
        say("\n".join(f"{placeholder} {said}" for placeholder, said in kept.items()) or "none are kept")


_PATIENCE_S = 600.0
"""How long an erasure may take: days of the record are written anew."""


def _search(hand: Hand, subject: str) -> "Found":
    from engine.around.erasure import search
    from engine.around.keeping import archive_of
    from engine.safety.privacy.subject import Subject

    return search(hand.workspace(), Subject(subject), archive_of(hand.settings().audit))


def _lines(found: "Found") -> list[str]:
    told = [
        f"entry {entry.seq} of {entry.at:%Y-%m-%d}: {entry.action} {entry.build or entry.label}".rstrip()
        for entry in found.entries
    ]
    told += [f"task {label}: `midwatch privacy words {label}` shows it" for label in found.tasks]
    told += [f"{place.path}: {place.times} times" for place in (*found.files, *found.points)]
    told += [f"entry {entry.seq} of {entry.at:%Y-%m-%d}, in the archive: {entry.action}" for entry in found.archived]
    told += [f"not looked through: {place}" for place in found.unread]
    return told + [f"{place.path}: {place.times} times; {_YOURS}" for place in found.yours]
