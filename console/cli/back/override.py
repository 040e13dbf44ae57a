"""`captain-override`: the operator overrules what the engine decided."""

import click

from console.cli.base import Hand, ask, in_workspace, say, say_json, with_json, with_reason


@click.command("captain-override")
@click.argument("seq", type=click.IntRange(min=1))
@with_reason
@with_json
@in_workspace
@click.pass_obj
def captain_override(hand: Hand, seq: int, reason: str, as_json: bool) -> None:
    """Overrule the engine's decision in this entry of the record, and reverse what came of it.

    A build that was started is killed, a merge is reverted, a held task is released as if you had approved, a retry is
    given up and what was given up is retried. The same decision about the same task is not made again without asking.
    `midwatch audit list --actor engine` shows the numbers.
    """
    from state.model.command import CaptainOverride

    with hand.control(timeout_s=60.0) as control:
        told = ask(control, CaptainOverride(seq=seq, why=reason)).text
    if as_json:
        say_json({"seq": seq, "text": told})
    else:
        say(told)
