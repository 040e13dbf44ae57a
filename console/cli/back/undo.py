"""`undo`: takes back what a build left, or what an entry of the record changed."""

import sys

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json, with_reason


@click.command()
@click.argument("what", metavar="LABEL|BUILD|SEQ")
@click.option("--preview", is_flag=True, help="Say what it would do, and change nothing.")
@click.option("--yes", is_flag=True, help="Do it without asking; needed where there is no terminal to ask on.")
@with_reason
@with_json
@in_workspace
@click.pass_obj
def undo(hand: Hand, what: str, preview: bool, yes: bool, reason: str, as_json: bool) -> None:
    """Take back a task's last build, a build, or an entry of the record by its number.

    A merged build is reverted by a commit of its own, files of a build without a repository are set aside, and actions
    that the build reported are taken back by the commands under [compensations]. The records of an entry go back to
    what they were before it, unless somebody changed them since. What cannot be undone is said first.
    """
    from state.model.command import Undo

    with hand.control(timeout_s=60.0) as control:
        if preview or not yes:
            steps = ask(control, Undo(what=what, preview=True)).text
            if as_json and preview:
                say_json({"what": what, "preview": True, "text": steps, "steps": _steps(steps)})
                return
            if not as_json:
                say(steps)
            if preview:
                return
            if not (sys.stdin.isatty() and sys.stdout.isatty()):
                raise Refused("nothing was undone: without a terminal to ask on, say --yes", 2)
            if not click.confirm("Take it back?"):
                say("nothing was undone")
                return
        told = ask(control, Undo(what=what, why=reason)).text
    if as_json:
        say_json({"what": what, "preview": False, "text": told, "steps": _steps(told)})
    else:
        say(told)


def _steps(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()[1:]] if "\n" in text else [text]
