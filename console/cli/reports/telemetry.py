"""`telemetry`: what the builds of each kind usually come to, figure by figure."""

from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from console.cli.shapes import Value
    from engine.telemetry.summary import Summary
    from state.model.counts.waits import Waits


@click.command()
@with_json
@in_workspace
@click.pass_obj
def telemetry(hand: Hand, as_json: bool) -> None:
    """Show what is usual: per kind of build and figure the number, the median, its spread, the band and the last."""
    from engine.telemetry.history import History
    from engine.telemetry.summary import summed_up

    settings = hand.settings().anomalies
    with hand.control() as control:
        view = control.view()
    history = History(view.tasks, view.builds.values())
    found = summed_up(history, sigma=settings.sigma, least=settings.min_samples)
    if as_json:
        say_json([_row(summary) for summary in found])
        return
    say(_table(found, settings.min_samples) if found else "no build has ended yet")
    if text := _disk(view.engine.waits):
        say(text)


def _disk(waits: "Waits") -> str:
    """How long the record waited for the disk, as far as a running engine tells."""
    if not waits.count:
        return ""
    told = [f"{seconds * 1000:.3g} ms" for seconds in (waits.within_s(0.5), waits.within_s(0.99), waits.most_s)]
    half, most, worst = told
    return f"the record waited {waits.count:,} times for the disk: half within {half}, 99 % {most}, at most {worst}"


def _row(summary: "Summary") -> "Value":
    kind, figure, band = summary.kind, summary.figure, summary.band
    return {
        "kind": {"category": kind.category, "runner": kind.runner, "repo": kind.repo},
        "figure": figure.name,
        "n": summary.n,
        "median": summary.median,
        "mad": summary.mad,
        "band": None if band is None else {"low": band.low, "high": band.high, "sigma": band.sigma},
        "last": summary.last,
    }


def _table(found: "list[Summary]", least: int) -> str:
    from console.render import table, terminal_width

    rows = []
    before = ""
    for summary in found:
        words, show, band = summary.kind.words, summary.figure.show, summary.band
        edges = (
            "" if band is None else f"{show(band.low)} to {show(band.high)}" if band.low else f"to {show(band.high)}"
        )
        cells = [show(summary.median), show(summary.mad), edges, show(summary.last)]
        rows.append([words if words != before else "", summary.figure.words, str(summary.n), *cells])
        before = words
    headings = ["KIND", "FIGURE", "N", "MEDIAN", "MAD", "BAND", "LAST"]
    return f"{table(rows, headings, width=terminal_width())}\n\na band needs {least} builds that ended well"
