"""`drill`: rehearses the kill switch."""

import asyncio
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from state.model.brakes.kill_use import KillUse


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(8, 2000),
    default=200,
    show_default=True,
    help="How many processes there are to kill, in all.",
)
@with_json
@in_workspace
@click.pass_obj
def drill(hand: Hand, processes: int, as_json: bool) -> None:
    """Rehearse the kill switch by each means, on builds made for it; exit code 0 if all died in under 5 s, else 1.

    It works in a folder of its own under .midwatch and touches none of your builds. What it measured goes on record.
    """
    from engine.reports.switch import DEADLINE_MS, passed
    from state.model.command import RecordUses

    found = asyncio.run(_rehearse(hand, processes, aloud=not as_json))
    slowest = max(use.ms for use in found)
    good = passed(found)
    allowed = f"{slowest / 1000:.2f} s of the {DEADLINE_MS / 1000:.0f} s allowed"
    words = f"{'PASS' if good else 'FAIL'}: the slowest took {allowed}"
    if as_json:
        say_json({"passed": good, "ms": slowest, "limit_ms": DEADLINE_MS, "uses": found})
    else:
        say(words)
    with hand.control() as control:
        ask(control, RecordUses(uses=tuple(found)))
    if not good:
        raise Refused(f"{words}: do not leave it alone before you know why")


async def _rehearse(hand: Hand, processes: int, *, aloud: bool) -> "list[KillUse]":
    from console.drill.rehearsal import BUILDS, rehearse

    found = []
    async for use in rehearse(hand.workspace(), hand.settings(), hand.actor, max(1, processes // BUILDS)):
        found.append(use)
        if aloud:
            left = f", {len(use.survivors)} SURVIVED" if use.survivors else ""
            say(f"{use.means}: {use.processes} processes in {use.builds} builds dead in {use.ms:.0f} ms{left}")
    return found
