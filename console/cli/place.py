"""`init` and `engine`: a workspace, and an engine in it without a console."""

from pathlib import Path

import click

from console.cli.base import Hand, in_workspace, say


@click.command()
@click.argument("folder", required=False, metavar="[DIR]")
@in_workspace
@click.pass_obj
def init(hand: Hand, folder: str | None) -> None:
    """Make a workspace in DIR, the current folder when left out; what is there already stays as it is."""
    from engine.signals.inbox import Inbox
    from state.files import create_workspace

    root = Path(folder or hand.named or ".").expanduser()
    before = (root / ".midwatch").is_dir()
    workspace = create_workspace(root)
    Inbox(workspace).prepare()
    told = "is a workspace already" if before else "is a workspace now: its settings are in midwatch.toml"
    say(f"{workspace.root} {told}")


def _seconds(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    from state.units import parse_duration

    try:
        return None if value is None else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing more can start by itself.")
@click.option("--wait", is_flag=True, help="While another process holds the workspace, wait for it.")
@click.option(
    "--drain-for",
    "drain_s",
    metavar="DURATION",
    callback=_seconds,
    help="Once told to end, wait at most this long for running builds; then leave them to the next engine.",
)
@click.option("--quiet", is_flag=True, help="Log to .midwatch/logs/engine.log only.")
@in_workspace
@click.pass_context
def engine(context: click.Context, until_idle: bool, wait: bool, drain_s: float | None, quiet: bool) -> None:
    """Run the engine without a console: its log goes to standard error, SIGTERM lets builds end, SIGINT twice stops."""
    from console.daemon.headless import run_engine

    workspace = context.ensure_object(Hand).workspace()
    context.exit(run_engine(workspace, until_idle=until_idle, wait=wait, drain_s=drain_s, aloud=not quiet))
