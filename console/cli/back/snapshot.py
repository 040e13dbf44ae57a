"""`snapshot`: restore points, and the way back to one."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.back.going_back import go_back
from console.cli.back.making import make, record
from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json, with_reason
from state.errors import MidwatchError

if TYPE_CHECKING:
    from engine.reversal.snapshots.earlier import Moment
    from engine.reversal.snapshots.vault import Manifest, Vault
    from state.model.brakes.safekeeping import Rehearsal, Snapshot


class _Moment(click.ParamType["Moment"]):
    name = "seq|time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Moment":
        from console.render import utc

        if not isinstance(value, str):
            return value  # type: ignore[no-any-return] # click converts what is converted already
        try:
            return int(value) if value.isascii() and value.isdecimal() else utc(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
@in_workspace
def snapshot() -> None:
    """Make restore points, and go back to one.

    A snapshot holds the record of every decision, the settings, the Markdown files, memory, build-reports, escalations
    and the folders under [snapshots] folders. What does not change is kept once.
    """


@snapshot.command()
@click.option("--why", "reason", default="", metavar="TEXT", help="For the list.")
@click.option("--routine", is_flag=True, help="One of the regular ones: older ones make room by the settings.")
@with_json
@in_workspace
@click.pass_obj
def create(hand: Hand, reason: str, routine: bool, as_json: bool) -> None:
    """Make a snapshot now, whatever runs meanwhile."""
    from state.model.brakes.safekeeping import Kind

    made, gone, unrecorded = make(hand, Kind.ROUTINE if routine else Kind.HAND, reason)
    if as_json:
        say_json(_value(made) | {"expired": gone})
        return
    say(f"{made.id}: {_size(made)}" + (f"; {len(gone)} older ones made room" if gone else ""))
    for trouble in (*made.troubles, *unrecorded):
        say(f"  {trouble}")


@snapshot.command("list")
@with_json
@in_workspace
@click.pass_obj
def list_(hand: Hand, as_json: bool) -> None:
    """List the snapshots, the latest last, and tell how the last rehearsal went."""
    from console.render import moment, table, terminal_width
    from engine.reversal.snapshots.vault import Vault

    found = [manifest.snapshot for manifest in Vault(hand.workspace()).manifests()]
    if as_json:
        say_json([_value(one) for one in found])
        return
    if not found:
        say("there is no snapshot: `midwatch snapshot create` makes one, and [schedules] defaults = true one each hour")
        return
    rows = [
        [one.id, moment(one.at), one.kind, f"{one.bytes:,}", f"{one.added:,}", str(one.seq or "-"), _about(one)]
        for one in found
    ]
    headings = ["SNAPSHOT", "MADE", "KIND", "BYTES", "STORED", "ENTRY", "WHY"]
    say(table(rows, headings, width=terminal_width()))
    say(_rehearsed(hand))


@snapshot.command()
@click.argument("name", metavar="[ID]", required=False)
@click.option(
    "--to", type=_Moment(), help="State as of this entry or time; without ID, the files of the latest before it."
)
@click.option("--only", type=click.Choice(["files", "state"]), help="Only that part.")
@click.option("--into", metavar="DIR", help="Lay all of it out in a folder instead, and touch nothing else.")
@click.option("--stop-builds", is_flag=True, help="Kill the builds that run.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@with_reason
@with_json
@in_workspace
@click.pass_obj
def restore(
    hand: Hand,
    name: str | None,
    to: "Moment | None",
    only: str | None,
    into: str | None,
    stop_builds: bool,
    yes: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Go back to a snapshot: ID, the beginning of one, or latest.

    What is there now becomes a snapshot first, so a restore can be taken back. Only files that the snapshot knows are
    replaced, and later ones are left alone. What was wanted comes back, and what has happened stays: a task that is
    done stays done, merged commits stay merged. Nothing starts before `midwatch resume`. An engine may be running.
    """
    from engine.reversal.snapshots.rehearsal import lay_all
    from engine.reversal.snapshots.vault import Vault

    vault = Vault(hand.workspace())
    wanted = _wanted(vault, name, to)
    if into is not None:
        target = Path(into).expanduser().absolute()
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise Refused(f"{target} is not an empty folder: name one that is, or that is not there", 2)
        with vault.locked():
            lay_all(vault, wanted, target)
        told = f"{target} is a workspace as it was: `midwatch --workspace {target} status`"
        say_json(_value(wanted.snapshot) | {"into": str(target), "text": told}) if as_json else say(told)
        return
    if not yes and sys.stdin.isatty() and sys.stdout.isatty():
        say(f"{wanted.snapshot.id}: {_size(wanted.snapshot)}, with the state as of entry {wanted.snapshot.seq}")
        click.confirm("Go back to it?", abort=True)
    ready, text = go_back(hand, vault, wanted, to, only or "all", stop_builds, reason)
    plan = ready.plan
    left = (
        f"; left alone: {_count(plan.newer_count, 'newer file')}: {', '.join(plan.newer)}" if plan.newer_count else ""
    )
    left += ", ..." if plan.newer_count > len(plan.newer) else ""
    told = f"{text}; {_count(plan.files, 'file')} put back{left}"
    if as_json:
        more = {"before": ready.before.snapshot.id, "seq": ready.command.seq, "files": plan.files}
        more |= {"left_alone": plan.newer_count, "left_alone_names": plan.newer, "text": told}
        say_json(_value(wanted.snapshot) | more)
        return
    say(f"{told}\nwhat was there is {ready.before.snapshot.id}: `midwatch snapshot restore {ready.before.snapshot.id}`")


@snapshot.command()
@click.argument("name", metavar="[ID]", default="latest")
@with_json
@in_workspace
@click.pass_context
def rehearse(context: click.Context, name: str, as_json: bool) -> None:
    """Restore a snapshot, the latest by default, where nobody looks, and compare all of it."""
    from engine.clock import SystemClock
    from engine.reversal.snapshots.rehearsal import rehearse as play
    from engine.reversal.snapshots.vault import Vault
    from state.model.command import RecordSnapshot

    hand = context.ensure_object(Hand)
    vault = Vault(hand.workspace())
    with vault.locked():
        found = play(vault, vault.find(name), SystemClock().now())
    unrecorded = record(hand, RecordSnapshot(rehearsal=found))
    if as_json:
        say_json(found)
    else:
        how = "came back whole" if found.ok else "did NOT come back whole"
        say(f"{found.snapshot} {how}: {_count(found.files, 'file')}, {found.bytes:,} bytes, {found.took_s:.1f} s")
        for trouble in (*found.troubles, *unrecorded):
            say(f"  {trouble}")
    context.exit(0 if found.ok else 1)


@snapshot.command()
@click.option("--before", required=True, metavar="TIME", help="All that were made before it.")
@click.option("--yes", is_flag=True, help="Do it without asking; needed where there is no terminal to ask on.")
@with_json
@in_workspace
@click.pass_obj
def forget(hand: Hand, before: str, yes: bool, as_json: bool) -> None:
    """Remove snapshots for good, such as those from before something was erased from the record."""
    from console.render import utc
    from engine.reversal.snapshots.vault import Vault

    try:
        moment = utc(before)
    except ValueError as error:
        raise Refused(str(error), 2) from error
    vault = Vault(hand.workspace())
    count = sum(manifest.snapshot.at < moment for manifest in vault.manifests())
    if count and not yes:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise Refused("nothing was removed: without a terminal to ask on, say --yes", 2)
        click.confirm(f"Remove {_count(count, 'snapshot')} for good?", abort=True)
    with vault.locked():
        gone = vault.forget(moment)
    say_json({"forgotten": gone}) if as_json else say(f"{_count(len(gone), 'snapshot')} removed")


def _wanted(vault: "Vault", name: str | None, to: "Moment | None") -> "Manifest":
    if name is not None:
        return vault.find(name)
    if isinstance(to, datetime):
        return vault.as_of(to)
    if to is None:
        raise Refused("which one? `midwatch snapshot list` names them, and `latest` is the last", 2)
    return vault.with_entry(to)


def _rehearsed(hand: Hand) -> str:
    from console.render import ago
    from engine.clock import SystemClock

    try:
        with hand.control() as control:
            found: Rehearsal | None = control.view().safekeeping.rehearsal
    except MidwatchError as error:
        return f"when a restore was rehearsed last cannot be told: {error}"
    if found is None:
        return "no restore was rehearsed yet: `midwatch snapshot rehearse`"
    how = "ok" if found.ok else f"FAILED: {'; '.join(found.troubles)}"
    return f"last rehearsal: {how}, {ago(found.at, SystemClock().now())}, {found.took_s:.1f} s"


def _value(found: "Snapshot") -> dict[str, Any]:
    import msgspec

    value: dict[str, Any] = msgspec.to_builtins(found)
    return value


def _size(found: "Snapshot") -> str:
    return f"{_count(found.files, 'file')}, {found.bytes:,} bytes ({found.added:,} of them had to be stored)"


def _about(found: "Snapshot") -> str:
    erased = f"erased from at {found.erased_at:%Y-%m-%d %H:%M} UTC" if found.erased_at else ""
    troubles = _count(len(found.troubles), "trouble") if found.troubles else ""
    return "; ".join(filter(None, (found.why, erased, troubles)))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
