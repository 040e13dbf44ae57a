"""A disk that is nearly full, or will be soon."""

from datetime import timedelta

from engine.learning.problems.facts import Facts, Volume
from engine.learning.problems.trend import Trend, empties, trend
from engine.learning.problems.words import ahead, many, size, span
from state.model.learning.problem import Fix, Kind, Outlook, Severity, Sighting

_SHARE = 10
"""A disk that is small is nearly full when less than so much of a part of it is free."""
_CRITICAL = 4
"""Of what is too little, so much of a part is critical."""
_FILES_LOW, _FILES_CRITICAL = 0.05, 0.01
_DAY_S = 86_400.0
_SOON = timedelta(days=1)
REMEDY = "remove what you do not need, or give it more room; `midwatch problems metrics` shows what takes it"


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return what is wrong with the disks."""
    return tuple(found for volume in facts.volumes if (found := _judge(volume, facts)) is not None)


def free_trend(facts: Facts, path: str) -> Trend | None:
    """Return how the free room on a disk has moved, the present look included."""
    samples = (*facts.samples, facts.sample)
    return trend([(sample.at, float(sample.free[path])) for sample in samples if path in sample.free])


def _judge(volume: Volume, facts: Facts) -> Sighting | None:
    rules = facts.settings.problems
    least = min(rules.free_bytes, volume.total_bytes // _SHARE)
    free_files = volume.free_files / volume.files if volume.files else 1.0
    moves = free_trend(facts, volume.path)
    outlook = empties(moves, facts.now, volume.free_bytes)
    where = f"the disk with {' and '.join(volume.holds)} ({volume.path})"
    severity: Severity | None = None
    text = ""
    if volume.free_bytes < least or free_files < _FILES_LOW:
        severity = Severity.HIGH
        if volume.free_bytes < least // _CRITICAL or free_files < _FILES_CRITICAL:
            severity = Severity.CRITICAL
        text = f"{where} is nearly full: {size(volume.free_bytes)} of {size(volume.total_bytes)} are free"
        if free_files < _FILES_LOW:
            text += f", and room for {many(volume.free_files, 'more file')}"
        if outlook is not None:
            text += f"; it is full {ahead(outlook, facts.now)}"
    elif outlook is not None and moves is not None and (outlook.at - facts.now).total_seconds() < rules.full_within_s:
        severity = Severity.HIGH if outlook.at - facts.now < _SOON else Severity.MEDIUM
        text = f"{where} is full {ahead(outlook, facts.now)}: {size(volume.free_bytes)} are free, {_rate(moves)}"
    if severity is None:
        return None
    mendable = sum(left.bytes for left in facts.leftovers) if "builds" in volume.holds else 0
    fix = Fix.ROOM if mendable else Fix.NONE
    remedy = f"`midwatch problems fix` frees {size(mendable)}; then {REMEDY}" if mendable else REMEDY
    return Sighting(
        kind=Kind.DISK,
        subject=volume.path,
        severity=severity,
        text=f"{text}: {remedy}",
        figures=_figures(volume, moves, mendable),
        outlook=outlook if _near(outlook, facts) else None,
        fix=fix,
    )


def _near(outlook: Outlook | None, facts: Facts) -> bool:
    """Whether it is near enough to be told: nobody knows what a disk is like in a year."""
    return outlook is not None and outlook.at - facts.now < timedelta(days=90)


def _rate(moves: Trend) -> str:
    return f"{size(-moves.middle * _DAY_S)} less each day, by {moves.points} looks over {span(moves.over_s)}"


def _figures(volume: Volume, moves: Trend | None, mendable: int) -> dict[str, float]:
    figures: dict[str, float] = {
        "free_bytes": volume.free_bytes,
        "total_bytes": volume.total_bytes,
        "mendable_bytes": mendable,
    }
    if volume.files:
        figures["free_files"] = volume.free_files
    return figures | ({"less_bytes_a_day": round(-moves.middle * _DAY_S)} if moves else {})
