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
    from state.files import create_workspace

    root = Path(folder or hand.named or ".").expanduser()
    before = (root / ".midwatch").is_dir()
    workspace = create_workspace(root)
    told = "is a workspace already" if before else "is a workspace now: its settings are in midwatch.toml"
    say(f"{workspace.root} {told}")


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing more can start by itself.")
@in_workspace
@click.pass_context
def engine(context: click.Context, until_idle: bool) -> None:
    """Run the engine without a console: its log goes to standard error, SIGTERM lets builds end, SIGINT twice stops."""
    from console.host import run_engine

    context.exit(run_engine(context.ensure_object(Hand).workspace(), until_idle))
