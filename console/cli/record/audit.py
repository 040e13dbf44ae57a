"""`audit`: the record of every decision, read, searched and told."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json
from console.cli.record.keep import head, prune, publish
from console.cli.record.proof import verify

if TYPE_CHECKING:
    from engine.reports.story import Story
    from state.journal import Decision

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _When(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from console.render import utc
        from engine.clock import SystemClock
        from state.units import parse_duration

        if isinstance(value, datetime):
            return value
        try:
            return utc(str(value))
        except ValueError as error:
            try:
                return SystemClock().now() - timedelta(seconds=parse_duration(str(value)))
            except ValueError:
                self.fail(f"{error}, or how long ago: 2h, 7d", param, ctx)


@click.group()
@in_workspace
def audit() -> None:
    """Read, search, verify and keep the record of every decision."""


for _command in (verify, head, publish, prune):
    audit.add_command(_command)


def _filters(function: _Function) -> _Function:
    """Give a verb everything by which entries can be found."""
    for option in (
        click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="At most the latest."),
        click.option("--text", help="Only where this stands in the words, options and facts."),
        click.option("--action", help="Only this action, such as build_started."),
        click.option("--actor", help="Only by this actor, such as engine or operator:ada."),
        click.option("--build", help="Only about this build."),
        click.option("--task", "--label", help="Only about this task."),
        click.option("--until", type=_When(), help="Only before this time."),
        click.option("--since", type=_When(), help="Only from this time on: 2026-02-06T23:00, or 7d for a week ago."),
    ):  # fmt: skip
        function = option(function)
    return function


@audit.command("list")
@_filters
@with_json
@in_workspace
@click.pass_obj
def list_(hand: Hand, /, limit: int, as_json: bool, **told: Any) -> None:
    """List who did what and why, the latest last."""
    _tell(_found(hand, limit, told), as_json)


@audit.command()
@click.argument("words", nargs=-1)
@_filters
@with_json
@in_workspace
@click.pass_obj
def search(hand: Hand, /, words: tuple[str, ...], limit: int, as_json: bool, **told: Any) -> None:
    """Find entries by time, actor, task, build, action and words, the latest last.

    WORDS are the same as --text.
    """
    if words and told["text"] is not None:
        raise click.UsageError("words stand behind --text or alone, not both")
    told["text"] = " ".join(words) if words else told["text"]
    _tell(_found(hand, limit, told), as_json)


@audit.command()
@click.argument("what", metavar="SEQ|LABEL|BUILD")
@with_json
@in_workspace
@click.pass_obj
def show(hand: Hand, what: str, as_json: bool) -> None:
    """Tell the story of a decision: what was known and possible, what was chosen and why, what came of it.

    Of a task or a build it tells all decisions.
    """
    from engine.reports import story

    folder = hand.workspace().journal
    found = story.story(folder, int(what)) if what.isascii() and what.isdecimal() else None
    if found is not None:
        if as_json:
            say_json(found)
        else:
            from console.render import moment
            from engine.reports import chronicle

            say("\n".join(chronicle.lines(found, moment)))
        return
    entries = story.whole(folder, what)
    if not entries:
        raise Refused(
            f"there is no entry, task or build {what!r} on record: `midwatch audit list` shows the latest entries"
        )
    if as_json:
        say_json({"about": what, "entries": entries})
    else:
        say("\n".join([f"{what}: {len(entries)} entries", *(line for entry in entries for line in _brief(entry))]))


def _found(hand: Hand, limit: int, told: dict[str, Any]) -> "list[Decision]":
    from state.keeping import search
    from state.keeping.search import Query

    return list(islice(search.search(hand.workspace().journal, Query(**told)), limit))[::-1]


def _tell(found: "list[Decision]", as_json: bool) -> None:
    if as_json:
        say_json(found)
    else:
        say(_lines(found) if found else "nothing has been decided that fits")


def _lines(found: "list[Decision]") -> str:
    from console.render import moment, table, terminal_width

    rows = [
        [str(entry.seq), moment(entry.at), entry.actor, entry.action, entry.build or entry.label, entry.why]
        for entry in found
    ]
    return table(rows, ["SEQ", "AT", "ACTOR", "ACTION", "ABOUT", "WHY"], width=terminal_width())


def _brief(told: "Story") -> Iterator[str]:
    from console.render import moment

    yield f"{told.seq:>6}  {moment(told.at)}  {told.actor}: {told.action}: {told.why}"
    if told.options:
        yield f"{'':8}chose to {told.chosen}; possible: {'; '.join(told.options)}"
