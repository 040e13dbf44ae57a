"""`report`: how things stand at the end of a day."""

from datetime import timedelta

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

_DAY = timedelta(days=1)


@click.group()
@in_workspace
def report() -> None:
    """Write down how things stand, in `build-reports`."""


@report.command()
@with_json
@in_workspace
@click.pass_obj
def nightly(hand: Hand, as_json: bool) -> None:
    """Tell what the last 24 hours completed, what is active, and what is in the queue."""
    from console.cli.reports.telling import happened, keep, look
    from engine.reports.morning import nightly_report
    from engine.reports.night import active

    seen = look(hand)
    told, running = happened(seen, seen.now - _DAY), active(seen.view)
    day = seen.local.date()
    text = nightly_report(told, running, day, seen.zone)
    path = keep(seen.workspace, f"{day.isoformat()}.md", text)
    if as_json:
        say_json({"file": str(path), "day": day, "active": running, "report": told})
    else:
        say(text.removesuffix("\n"))
