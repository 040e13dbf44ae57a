"""`health`: whether the engine is well, for people, timers and containers."""

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json


@click.command()
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=5.0,
    metavar="SECONDS",
    help="An engine that has not answered by then is not well; 5 when left out.",
)
@with_json
@in_workspace
@click.pass_context
def health(context: click.Context, timeout_s: float, as_json: bool) -> None:
    """Say whether the engine runs, answers, can record and can make sandboxes; exit code 0 if so, 1 if not."""
    from console.daemon.health import examine

    found = examine(context.ensure_object(Hand).workspace(), timeout_s)
    if as_json:
        say_json(found)
    else:
        say("healthy" if found.healthy else "NOT healthy")
        for check in found.checks:
            say(f"{'ok ' if check.ok else 'BAD'}  {check.name}: {check.text}")
    context.exit(0 if found.healthy else 1)
