"""`raise`: a higher limit for the rest of the day."""

from collections.abc import Callable
from typing import Any

import click

from console.cli.base import Hand, Refused, ask, in_workspace, known, label_argument, say, with_reason


@click.command("raise")
@label_argument
@click.option("--to", "limit", metavar="N", help='The new limit, such as 40 files, 25 (US dollars), "8G" or "12h".')
@with_reason
@in_workspace
@click.pass_obj
def raise_(hand: Hand, label: str, limit: str | None, reason: str) -> None:
    """Let a build that stands still go on under a higher limit, and the task's next builds until midnight too.

    Without --to the limit is raised by as much as it is, from where the build stands.
    """
    from console.screens.subject import asked
    from state.model.command import RaiseLimit

    with hand.control() as control:
        view = control.view()
        task = known(view, label)
        build = view.builds.get(task.build)
        figure = build.hold.figure if build is not None and build.hold is not None else ""
        to = _read(figure, limit) if limit is not None else None
        say(ask(control, RaiseLimit(label=label, digest=asked(task, view.builds), to=to, why=reason)).text)


def _read(figure: str, text: str) -> float:
    """Return a limit in the unit of its figure; Refused when it cannot be understood."""
    from state.model.money import from_dollars
    from state.units import parse_duration, parse_size

    kinds: dict[str, Callable[[str], Any]] = {"spent": from_dollars, "bytes": parse_size, "s": parse_duration}
    read = kinds.get(figure if figure in kinds else figure.rpartition("_")[2], _whole)
    try:
        return float(read(text))
    except ValueError as error:
        raise Refused(f"--to {text!r} is no limit: {error}", 2) from error


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("write a whole number")
    return int(text)
