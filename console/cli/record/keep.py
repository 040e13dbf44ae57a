"""`audit head`, `publish` and `prune`: the record's end put outside, and its beginning taken away."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from state.files import Workspace
    from state.keeping.heads import Head
    from state.model.view import View
    from state.settings import Settings

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_LONG_S = 300.0
"""How long an engine may take to prune."""


@click.command()
@with_json
@in_workspace
@click.pass_obj
def head(hand: Hand, as_json: bool) -> None:
    """Print the last entry's number and hash, which stand for all before it."""
    found = _head(hand.workspace())
    if as_json:
        say_json(found)
    else:
        say(f"{found.seq}:{found.hash}")


@click.command()
@with_json
@in_workspace
@click.pass_context
def publish(context: click.Context, as_json: bool) -> None:
    """Put the head where `[audit] head` says: a report, git notes, a program of yours. Exits 1 where it did not go.

    What was published before is compared first: nothing is published of a record that was rewritten.
    """
    from console.cli.record.proof import published
    from state import journal
    from state.files import Lock

    hand = context.ensure_object(Hand)
    workspace, settings = hand.workspace(), hand.settings()
    present = _head(workspace)
    busy = Lock(workspace).owner_pid() != 0
    known = published(workspace, (), (), ())
    found = journal.verify(workspace.journal, checkpoint=workspace.checkpoint, in_flight=busy, heads=known)
    if not found.ok:
        first = found.damage[0]
        told = f"{first.kind}, entry {first.seq}: {first.text}"
        raise Refused(f"nothing was published: {told}: `midwatch audit verify` lists all")
    with hand.control() as control:
        view = control.view()
    places = _put(workspace, settings, view, present)
    if as_json:
        say_json({"seq": present.seq, "hash": present.hash, "at": present.at, "places": places})
    else:
        say("\n".join([f"{present.seq}:{present.hash}", *(f"{row['to']}: {row['text']}" for row in places)]))
    context.exit(0 if all(row["ok"] for row in places) else 1)


@click.command()
@click.option("--before", type=_DAY, metavar="DATE", help="Take out the days before this one; else `[audit] keep`.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@with_json
@in_workspace
@click.pass_obj
def prune(hand: Hand, before: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Take out the oldest days of the record; an entry tells from where the rest can be proven."""
    from state.model.command import PruneAudit

    day = before.date() if before is not None else None
    if dry_run:
        _say_plan(hand, day, as_json)
        return
    with hand.control(timeout_s=_LONG_S) as control:
        reply = ask(control, PruneAudit(before=day))
    if as_json:
        from state.keeping import anchors

        say_json({"text": reply.text, "anchor": anchors.latest(hand.workspace().journal)})
    else:
        say(reply.text)


def _say_plan(hand: Hand, day: date | None, as_json: bool) -> None:
    from engine.around.keeping import NOTHING, oldest_kept
    from engine.clock import SystemClock
    from state.keeping import prune as pruning

    found = pruning.plan(hand.workspace().journal, oldest_kept(hand.settings().audit, SystemClock().now(), day))
    if as_json:
        say_json({"plan": found})
    elif found is None:
        say(NOTHING)
    else:
        say(f"{found.words} would go: {len(found.names)} files, {found.bytes:,} bytes; nothing was done")


def _head(workspace: "Workspace") -> "Head":
    from state.keeping import heads

    found = heads.present(workspace.journal)
    if found is None:
        raise Refused("the record is empty: there is no head yet")
    return found


def _put(workspace: "Workspace", settings: "Settings", view: "View", present: "Head") -> list[dict[str, object]]:
    """Put the head everywhere, whatever fails at one place."""
    import asyncio

    from engine.work.outlets import command, notes
    from state.errors import MidwatchError
    from state.keeping import heads
    from state.settings.values import Outlet

    places: list[dict[str, object]] = []

    def note(to: str, ok: bool, text: str) -> None:
        places.append({"to": to, "ok": ok, "text": text})

    async def put() -> None:
        repos = sorted({task.spec.repo for task in view.tasks.values() if task.spec.repo})
        for repo in repos if Outlet.GIT in settings.audit.head else ():
            if not Path(repo).is_dir():
                # That of a task long done: no reason to call every day's publishing a failure.
                note(repo, True, "it is gone: nothing was noted")
                continue
            try:
                note(repo, True, f"noted on {(await notes.add(repo, workspace, present, settings.git))[:12]}")
            except MidwatchError as error:
                note(repo, False, str(error))
        if settings.audit.head_command:
            try:
                await command.tell(settings.audit.head_command, workspace, present)
                note("command", True, f"`{settings.audit.head_command}` took it")
            except MidwatchError as error:
                note("command", False, str(error))

    if Outlet.REPORT in settings.audit.head:
        try:
            note("report", True, f"added to {heads.add(workspace, present)}")
        except OSError as error:
            note("report", False, f"{error.filename}: {error.strerror}")
    asyncio.run(put())
    return places
