"""`problems`: what is wrong or about to be, and what can be done about it."""

import difflib
from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from state.model.learning.problem import Problem


@click.group()
@in_workspace
def problems() -> None:
    """Look for what is wrong or is about to be, and fix what can be fixed without harm.

    What is fixed without asking: files of old builds that your branches hold as well, entries of the record that are
    older than [audit] keep, and schedules that came to nothing for a reason that passes. Anything else is for you.
    """


@problems.command()
@with_json
@in_workspace
@click.pass_obj
def scan(hand: Hand, as_json: bool) -> None:
    """Look for problems now; critical ones become a question to you."""
    from console.cli.learning import looking

    found = looking.look(hand)
    text = looking.note(hand, found)
    rows = [row for row in looking.known(hand) if row.open]
    if as_json:
        say_json({"problems": [value(row) for row in rows], "looked": found.looked, "text": text})
    else:
        say(f"{text}\n\n{_table(rows)}" if rows else f"{text}: all is well")


@problems.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are gone, too.")
@with_json
@in_workspace
@click.pass_obj
def list_(hand: Hand, everything: bool, as_json: bool) -> None:
    """List the problems that the last look saw, the worst first."""
    from console.cli.learning import looking

    rows = [row for row in looking.known(hand) if row.open or everything]
    if as_json:
        say_json([value(row) for row in rows])
    else:
        say(_table(rows) if rows else "no problem is known: `midwatch problems scan` looks for some")


@problems.command()
@click.argument("names", nargs=-1, metavar="[ID]...")
@click.option("--safe", is_flag=True, help="All that can be fixed without you.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@with_json
@in_workspace
@click.pass_context
def fix(context: click.Context, names: tuple[str, ...], safe: bool, dry_run: bool, as_json: bool) -> None:
    """Fix problems: the ones that are named, or with --safe all that can be. Exits 1 where one could not be.

    Nothing is fixed while the kill switch is engaged, or in observe mode. Nothing of a build under way is touched.
    """
    from console.cli.learning import fixing, looking

    hand = context.ensure_object(Hand)
    if bool(names) is safe:
        raise Refused("name the problems to fix (`midwatch problems list`), or say --safe for all that can be", 2)
    found = looking.look(hand)
    wanted = [seen for seen in found.seen if seen.fix and (safe or seen.id in names)]
    for name in names:
        _check(name, found)
    if dry_run:
        fixed = fixing.rehearse(hand, found, wanted)
        context.exit(_tell(fixed, "would be fixed", as_json))
    looking.note(hand, found)
    fixed = fixing.fix(hand, found, wanted)
    if fixed:
        looking.note(hand, looking.look(hand))
    context.exit(_tell(fixed, "fixed", as_json))


@problems.command()
@with_json
@in_workspace
@click.pass_obj
def metrics(hand: Hand, as_json: bool) -> None:
    """Show the figures that problems are foreseen from, and how they move."""
    from console.cli.learning import looking, metrics

    found = metrics.measure(looking.look(hand))
    say_json(found) if as_json else say(metrics.told(found))


def value(row: "Problem") -> dict[str, Any]:
    """Return one problem as `--json` gives it."""
    seen = row.seen
    return {
        "id": row.id,
        "kind": seen.kind,
        "subject": seen.subject,
        "severity": seen.severity,
        "text": seen.text,
        "figures": seen.figures,
        "outlook": seen.outlook,
        "fix": seen.fix or None,
        "open": row.open,
        "first_at": row.first_at,
        "last_at": row.last_at,
        "count": row.count,
        "gone_at": row.gone_at,
        "gone": row.gone,
        "tried_at": row.tried_at,
        "fixes": row.fixes,
    }


def _check(name: str, found: Any) -> None:
    """Refuse a name that is of no problem, or of one that only the operator can do something about."""
    seen = {sighting.id: sighting for sighting in found.seen}
    if name not in seen:
        near = difflib.get_close_matches(name, seen, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`midwatch problems list` shows what there is"
        raise Refused(f"there is no problem {name!r} now: {hint}")
    if not seen[name].fix:
        raise Refused(f"nothing can be done about {name} without you: {seen[name].text}")


def _tell(fixed: "list[Any]", done: str, as_json: bool) -> int:
    if as_json:
        say_json({"fixes": fixed})
    elif fixed:
        say("\n".join(f"{one.id} {done if one.ok else 'is NOT ' + done}: {one.text}" for one in fixed))
    else:
        say("nothing can be fixed without you: `midwatch problems list` shows what there is")
    return 0 if all(one.ok for one in fixed) else 1


def _table(rows: "list[Problem]") -> str:
    from console.render import moment, table, terminal_width

    shown = [
        [
            row.id,
            row.seen.severity.value if row.open else "gone",
            moment(row.first_at),
            f"{row.count}x",
            row.seen.text if row.open else f"{row.gone}; it was: {row.seen.text}",
        ]
        for row in rows
    ]
    return table(shown, ["PROBLEM", "SEVERITY", "SINCE", "SEEN", "WHAT, AND WHAT TO DO"], width=terminal_width())
