"""`kpis`: how well it goes, in a few figures against goals."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from datetime import datetime

    from engine.reports.kpis import Figure, Kpis
    from engine.reports.runs import Span
    from state.settings import Settings

_RATIOS = ("uptime_ratio", "accuracy_ratio")


@click.command()
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How far back.")
@with_json
@in_workspace
@click.pass_obj
def kpis(hand: Hand, days: int, as_json: bool) -> None:
    """Show uptime, what was shipped, accuracy and cost against goals; what the record does not say is unknown."""
    from engine.reports.kpis import measure
    from engine.reports.runs import until_now
    from engine.reports.since import decisions_since

    with hand.control() as control:
        view = control.view()
    span = until_now(view.at - timedelta(days=days), view.at)
    decisions = decisions_since(hand.workspace().journal, span.starts_at)
    found = measure(view, decisions, span, _nights(hand.settings(), span, view.at))
    if as_json:
        told = {name: {**msgspec.structs.asdict(figure), "met": figure.met} for name, figure in found.figures.items()}
        say_json({"days": days, **msgspec.structs.asdict(found), "figures": told})
    else:
        say(_text(found, days))


def _nights(settings: "Settings", span: "Span", now: "datetime") -> "list[Span]":
    """Return the whole nights in a span, the first first."""
    from console.cli.reports.spans import last_night
    from engine.reports.runs import Span

    found: list[Span] = []
    at = now
    while True:
        night = last_night(settings, at)
        if night.opens_at < span.starts_at:
            return found[::-1]
        if night.closes_at <= now:
            found.append(Span(starts_at=night.opens_at, ends_at=night.closes_at))
        at = night.opens_at - timedelta(microseconds=1)


def _text(found: "Kpis", days: int) -> str:
    from console.render import span as lasting
    from console.render import table, terminal_width

    rows = []
    for name, figure in found.figures.items():
        value = "unknown" if figure.value is None else _value(name, figure.value)
        rows.append([name.replace("_", " "), value, _goal(figure), figure.text or figure.help])
    up = found.uptime
    shipped = f"{found.shipped} build{'s' * (found.shipped != 1)}"
    told = [
        f"the last {days} days: {shipped} shipped, {found.unestimated} of them without an estimate",
        f"engine: {up.starts} starts, {up.crashes} crashes; the record covers {lasting(up.covered_s)}",
    ]
    if found.nights:
        told.append(f"shipped by night: {', '.join(map(str, found.nights))}")
    rest = "\n".join(told)
    return f"{table(rows, ['FIGURE', 'VALUE', 'GOAL', 'MEANS'], width=terminal_width())}\n\n{rest}"


def _value(name: str, value: float) -> str:
    return f"{value:.1%}" if name in _RATIOS else f"{value:.2f}"


def _goal(figure: "Figure") -> str:
    if figure.goal is None:
        return ""
    high = f" to {figure.goal.high:g}" if figure.goal.high is not None else ""
    reached = "" if figure.met is None else ", met" if figure.met else ", missed"
    return f"{figure.goal.low:g}{high}{reached}"
