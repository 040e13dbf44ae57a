"""`stats`: how builds have fared, by category."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from console.cli.base import Hand, in_workspace, say, say_json, with_json
from state.model.money import to_dollars

if TYPE_CHECKING:
    from engine.reports.stats import Durations, Rate, Stats


@click.command()
@click.option("--days", type=click.IntRange(1, 36_500), default=30, show_default=True, help="How far back.")
@with_json
@in_workspace
@click.pass_obj
def stats(hand: Hand, days: int, as_json: bool) -> None:
    """Show how builds have fared: how many, how often well, how long; with 90 % intervals from five cases on."""
    from engine.reports.runs import until_now
    from engine.reports.stats import count

    with hand.control() as control:
        view = control.view()
    found = count(view, until_now(view.at - timedelta(days=days), view.at))
    if as_json:
        say_json({"days": days, **msgspec.structs.asdict(found)})
    elif found.rows[-1].builds == 0 and not found.waited.n:
        say(f"no build was over in the last {days} days")
    else:
        say(_text(found, days))


def _text(found: "Stats", days: int) -> str:
    from console.render import table, terminal_width

    rows = []
    for row in found.rows:
        counts = [str(number) for number in (row.again, row.merged, row.killed, row.unknown)]
        timed = [_time(row.ran.median_s), _between(row.ran), _time(row.ran.p90_s)]
        used = [f"{row.tokens:,}" if row.tokens else "", to_dollars(row.spent) if row.spent else ""]
        rows.append([row.category or "no task", str(row.builds), _rate(row.rate), *timed, *counts, *used])
    headings = [
        "CATEGORY", "BUILDS", "WENT WELL", "MEDIAN", "90 % SURE", "9 OF 10 IN", "AGAIN", "MERGED", "KILLED", "UNKNOWN",
        "TOKENS", "COST",
    ]  # fmt: skip
    waited = found.waited
    told = f"the last {days} days; approvals and reviews: {found.waiting} open, {waited.n} answered"
    if waited.median_s is not None:
        told += f", after {_time(waited.median_s)} in the middle"
        told += f", nine of ten within {_time(waited.p90_s)}" if waited.p90_s is not None else ""
    return f"{table(rows, headings, width=terminal_width())}\n\n{told}"


def _rate(rate: "Rate") -> str:
    if rate.interval is None:
        return f"{rate.successes} of {rate.n}"
    low, high = rate.interval.low, rate.interval.high
    return f"{rate.successes} of {rate.n}, {rate.successes / rate.n:.0%} ({low:.0%} to {high:.0%})"


def _between(durations: "Durations") -> str:
    found = durations.interval
    return f"{_time(found.low)} to {_time(found.high)}" if found else ""


def _time(seconds: float | None) -> str:
    from console.render import span

    return "" if seconds is None else span(seconds)
