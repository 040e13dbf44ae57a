"""`completion`: what makes a shell complete verbs, options and the names of tasks."""

import click

from console.cli.base import Refused

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a shell's completion script: `eval "$(midwatch completion bash)"`."""
    from click.shell_completion import get_completion_class

    root = context.find_root()
    found = get_completion_class(shell)
    if found is None:
        raise Refused(f"no completion for {shell}: the shells are {', '.join(_SHELLS)}")
    click.echo(found(root.command, {}, "midwatch", "_MIDWATCH_COMPLETE").source())
