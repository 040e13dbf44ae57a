"""`improve`: where the work goes wrong more often than it need."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from engine.learning.improving.runs import Group
    from engine.learning.improving.tally import Tally

_in_days = click.option("--days", type=click.IntRange(1, 400), default=90, show_default=True, help="How far back.")


@click.group()
@in_workspace
def improve() -> None:
    """Show by category, repository and runner where builds fail, overrun or are held, and what to change.

    Nothing is concluded from fewer than five cases, and nothing changes by itself.
    """


@improve.command()
@_in_days
@with_json
@in_workspace
@click.pass_obj
def suggest(hand: Hand, days: int, as_json: bool) -> None:
    """Say what to change, the most frequent first."""
    from engine.learning.improving.weaknesses import find

    found = find(_groups(hand, days))
    if as_json:
        say_json(found)
    elif not found:
        say("nothing goes wrong often enough to change anything for it: `midwatch improve stats` has the figures")
    else:
        say("\n".join(f"{one.text}\n  {one.advice}" for one in found))


@improve.command()
@_in_days
@with_json
@in_workspace
@click.pass_obj
def stats(hand: Hand, days: int, as_json: bool) -> None:
    """Show the figures of each category, repository and runner."""
    from console.render import table, terminal_width
    from engine.learning.improving.tally import tally

    found = tally(_groups(hand, days))
    if as_json:
        say_json(found)
    elif not found:
        say(f"no build was over in the last {days} days")
    else:
        headings = ["GROUP", "BUILDS", "DONE", "NOT VERIFIED", "AGAIN", "HELD", "ASKED", "OF ESTIMATE"]
        say(table([_row(one) for one in found], headings, width=terminal_width()))


def _groups(hand: Hand, days: int) -> "list[Group]":
    from engine.learning.improving.runs import gather

    with hand.control() as control:
        view = control.view()
        return gather(view, view.at - timedelta(days=days))


def _row(one: "Tally") -> list[str]:
    done = f"{one.done} of {one.done + one.failed}"
    if one.low is not None and one.high is not None:
        done += f" ({one.low:.0%} to {one.high:.0%})"
    counts = [str(count) for count in (one.unverified, one.again, one.held, one.asked)]
    ratio = "" if one.estimate is None else f"x{one.estimate:.2g}"
    return [f"{one.by} {one.name}", str(one.builds), done, *counts, ratio]
