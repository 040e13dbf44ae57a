"""`mode`: whether decisions are carried out, or only written down."""

from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, ask, in_workspace, say, say_json, with_json, with_reason

if TYPE_CHECKING:
    from state.model.view import View


@click.command()
@click.argument("wanted", required=False, type=click.Choice(("observe", "live")), metavar="[observe|live]")
@with_reason
@with_json
@in_workspace
@click.pass_obj
def mode(hand: Hand, wanted: str | None, reason: str, as_json: bool) -> None:
    """Say whether Midwatch carries out what it decides, or set it.

    In observe mode nothing executes: what would start or merge is written down and left at that. It is no approval, and
    no approval given meanwhile counts once it is live: it asks again.
    """
    from console.cli import shapes
    from state.model.command import SetMode
    from state.model.mode import Mode

    words = ""
    with hand.control() as control:
        if wanted is not None:
            words = ask(control, SetMode(mode=Mode(wanted), why=reason)).text
        view = control.view()
    if as_json:
        say_json({**shapes.mode(view.control), "text": words or told(view)})
    else:
        say(words or told(view))


def told(view: "View") -> str:
    """Return the mode in words, with what would have started."""
    from console.render import moment, table, terminal_width

    observation = view.control.observation
    if observation is None:
        return "live: what may start, starts"
    lines = [line(view)]
    rows = [[would.label, moment(would.at)] for would in observation.would]
    if rows:
        lines += ["", table(rows, ["WOULD HAVE STARTED", "AT"], width=terminal_width())]
    else:
        lines.append("nothing would have started so far")
    return "\n".join(lines)


def line(view: "View") -> str:
    """Return one line on a time of observing; empty while it is live."""
    from console.render import moment

    observation = view.control.observation
    if observation is None:
        return ""
    end = f"or {moment(observation.live_at)}" if observation.live_at else "and not before"
    by = observation.by.removeprefix("operator:")
    return f"OBSERVE MODE since {moment(observation.since)} by {by}: nothing executes until `midwatch mode live`, {end}"
