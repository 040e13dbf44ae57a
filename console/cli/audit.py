"""`audit`: the record of every decision, and the proof that nobody changed it."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from state.journal import Decision

_DEFAULT = 50


class _When(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from console.render import utc

        try:
            return value if isinstance(value, datetime) else utc(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
@in_workspace
def audit() -> None:
    """Read and verify the record of every decision."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(min=0), default=_DEFAULT, show_default=True, help="At most the latest.")
@click.option("--label", help="Only about this task.")
@click.option("--actor", help="Only by this actor, such as engine or operator:ada.")
@click.option("--action", help="Only this action, such as build_started.")
@click.option("--since", type=_When(), help="Only from this time on: 2026-02-06T23:00.")
@click.option("--text", help="Only where this stands in the words.")
@with_json
@in_workspace
@click.pass_obj
def list_(
    hand: Hand,
    limit: int,
    label: str | None,
    actor: str | None,
    action: str | None,
    since: datetime | None,
    text: str | None,
    as_json: bool,
) -> None:
    """List who did what and why, the latest last."""
    from state import journal

    def wanted(entry: "Decision") -> bool:
        told = f"{entry.actor} {entry.action} {entry.why} {entry.label} {entry.build}".casefold()
        return (
            (label is None or entry.label == label)
            and (actor is None or actor in (entry.actor, entry.actor.partition(":")[2]))
            and (action is None or entry.action == action)
            and (text is None or text.casefold() in told)
        )

    found = list(_latest(journal.read(hand.workspace().journal, newest_first=True), wanted, since, limit))[::-1]
    if as_json:
        say_json(found)
        return
    say(_lines(found) if found else "nothing has been decided that fits")


@audit.command()
@click.argument("seq", type=click.IntRange(min=1))
@with_json
@in_workspace
@click.pass_obj
def show(hand: Hand, seq: int, as_json: bool) -> None:
    """Show one entry in full: what was possible, what was chosen and how sure it was."""
    from console.render import moment
    from state import journal

    entry = next((found for found in journal.read(hand.workspace().journal) if found.seq == seq), None)
    if entry is None:
        raise Refused(f"there is no entry {seq}: `midwatch audit list` shows the latest")
    if as_json:
        say_json(entry)
        return
    sure = "a fixed rule decided" if entry.confidence is None else f"{entry.confidence:.0%}"
    fields = [
        ("entry", str(entry.seq)), ("at", moment(entry.at)), ("actor", entry.actor), ("action", entry.action),
        ("task", entry.label), ("build", entry.build), ("why", entry.why), ("options", "; ".join(entry.options)),
        ("sure", sure), ("after", entry.prev), ("hash", entry.hash),
    ]  # fmt: skip
    say("\n".join(f"{name:8} {value}" for name, value in fields if value))


@audit.command()
@with_json
@in_workspace
@click.pass_context
def verify(context: click.Context, as_json: bool) -> None:
    """Prove that the record is whole; exits 1 where it is not, and says where."""
    from state import journal
    from state.files import Lock

    workspace = context.ensure_object(Hand).workspace()
    busy = Lock(workspace).owner_pid() != 0
    found = journal.verify(workspace.journal, checkpoint=workspace.checkpoint, in_flight=busy)
    if as_json:
        say_json(found)
    elif found.ok:
        say(f"{found.entries} entries, every one as it was written" + (f"; {found.torn}" if found.torn else ""))
    else:
        for damage in found.damage:
            say(f"{damage.file}:{damage.line}: {damage.kind}, entry {damage.seq}: {damage.text}")
    if busy and not found.ok:
        _stop_deciding(context.ensure_object(Hand), found.damage[0].text)
    context.exit(0 if found.ok else 1)


def _stop_deciding(hand: Hand, text: str) -> None:
    """Keep an engine from deciding anything upon a record that is not as it was written."""
    from state.model.command import ReportFault

    with hand.control() as control:
        control.submit(ReportFault(text=f"the record is damaged: {text}: `midwatch audit verify` lists all"))


def _latest(
    newest_first: "Iterator[Decision]", wanted: Any, since: datetime | None, limit: int
) -> "Iterator[Decision]":
    for entry in newest_first:
        if limit <= 0 or (since is not None and entry.at < since and entry.action != "unreadable"):
            return
        if wanted(entry):
            limit -= 1
            yield entry


def _lines(found: "list[Decision]") -> str:
    from console.render import moment, table, terminal_width

    rows = [
        [str(entry.seq), moment(entry.at), entry.actor, entry.action, entry.build or entry.label, entry.why]
        for entry in found
    ]
    return table(rows, ["SEQ", "AT", "ACTOR", "ACTION", "ABOUT", "WHY"], width=terminal_width())
