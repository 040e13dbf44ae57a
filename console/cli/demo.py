"""`demo`: a workspace to try things in."""

from pathlib import Path

import click

from console.cli.base import Hand, ask, in_workspace, say

_DEFAULT = "midwatch-demo"


@click.command()
@click.argument("folder", required=False, metavar="[DIR]")
@click.option("--fresh", is_flag=True, help="Begin again; the old workspace is moved aside, never deleted.")
@in_workspace
@click.pass_obj
def demo(hand: Hand, folder: str | None, fresh: bool) -> None:
    """Make a demo workspace in DIR: a real repository and four tasks on it. One that is there is used again."""
    from console.demo.make import make, put_aside
    from console.demo.tasks import specs
    from engine.clock import SystemClock
    from state.model.command import AddTasks

    root = Path(folder or hand.named or _DEFAULT)
    if fresh and (aside := put_aside(root, SystemClock().now())):
        say(f"the old demo is in {aside}")
    workspace, repo = make(root)
    hand.named = str(workspace.root)
    with hand.control() as control:
        there = control.view().tasks
        missing = tuple(spec for spec in specs(str(repo)) if spec.label not in there)
        if missing:
            ask(control, AddTasks(specs=missing))
    say(f"the demo is in {workspace.root}: open it with `midwatch --workspace {workspace.root}`")
