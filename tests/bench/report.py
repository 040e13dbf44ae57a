"""Prints a comparison as a Markdown table that is also readable as it is."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.rounds import Contestant, Figures, figures


@dataclass(frozen=True)
class Aim:
    """What Midwatch wants to reach against the floor, both as medians."""

    text: str
    met: Callable[[float, float], bool]
    """Takes ours and the floor's."""


@dataclass(frozen=True)
class Race:
    """One thing measured: the floor and ours first, then those beside it."""

    title: str
    unit: str
    entries: Sequence[Contestant]
    floor: str = "floor"
    ours: str = "midwatch"
    aim: Aim | None = None
    higher: bool = False
    method: str = ""


def verdict(race: Race) -> str:
    """Say whether the aim was met; empty when there is none or nothing to tell it by."""
    ours, floor = _of(race, race.ours), _of(race, race.floor)
    if race.aim is None or ours is None:
        return ""
    base = floor.median if floor else 0.0
    return "met" if race.aim.met(ours.median, base) else "MISSED"


def table(race: Race) -> str:
    """Return a race as text: a heading, the method, the rows, the aim."""
    floor = _of(race, race.floor)
    rows = [("", "best round", "median", "p95", "x floor", "n", "noisy")]
    troubles = []
    for entry in race.entries:
        told = figures(entry, _calm(race.entries), higher=race.higher)
        if entry.trouble:
            troubles.append(f"{entry.name}: {entry.trouble}")
        if told is None:
            rows.append((entry.name, "-", "-", "-", "-", "0", "-"))
            continue
        ratio = f"{told.median / floor.median:.2f}" if floor and floor.median else "-"
        noisy = f"{told.noisy}/{told.rounds}"
        rows.append((entry.name, *map(_number, (told.best, told.median, told.p95)), ratio, str(told.samples), noisy))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    load = os.getloadavg()[0]
    lines = [
        f"### {race.title}",
        f"{race.method} In {race.unit}, {'higher' if race.higher else 'lower'} is better; load {load:.1f}.",
        "",
    ]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append(f"| {' | '.join(cells)} |")
        if number == 0:
            lines.append(
                f"|{'|'.join('-' * (width + 1) + (':' if column else '-') for column, width in enumerate(widths))}|"
            )
    lines += [f"\n{trouble}" for trouble in troubles]
    if race.aim is not None:
        lines.append(f"\nAim: {race.aim.text}: **{verdict(race) or 'not measured'}**.")
    return "\n".join(lines) + "\n"


def _calm(entries: Sequence[Contestant]) -> float:
    return min((spin for entry in entries for spin in entry.spins), default=1.0)


def _of(race: Race, name: str) -> Figures | None:
    entry = next((entry for entry in race.entries if entry.name == name), None)
    return None if entry is None else figures(entry, _calm(race.entries), higher=race.higher)


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
