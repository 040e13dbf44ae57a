"""Which snapshots are kept: of the regular ones the older the fewer."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from state.model.brakes.safekeeping import Kind, Snapshot
from state.settings import SnapshotSettings


def kept(snapshots: Iterable[Snapshot], now: datetime, rule: SnapshotSettings) -> set[str]:
    """Return the ids of those that stay: the last one of each of the latest hours, days and months that have one.

    Those made by hand, or before a restore, stay for a time of their own as well. The newest always stays.
    """
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.at, snapshot.id), reverse=True)
    keep = {snapshot.id for snapshot in ordered[:1]}
    asked = timedelta(seconds=rule.asked_s)
    keep |= {found.id for found in ordered if found.kind is not Kind.ROUTINE and now - found.at < asked}
    for count, span in ((rule.hourly, _hour), (rule.daily, _day), (rule.monthly, _month)):
        keep |= set(list(_latest(ordered, span).values())[:count])
    return keep


def _latest(ordered: Iterable[Snapshot], span: Callable[[datetime], tuple[int, ...]]) -> dict[tuple[int, ...], str]:
    """Return the last snapshot of each span that has one, the latest span first."""
    found: dict[tuple[int, ...], str] = {}
    for snapshot in ordered:
        found.setdefault(span(snapshot.at), snapshot.id)
    return found


def _hour(at: datetime) -> tuple[int, ...]:
    return at.year, at.month, at.day, at.hour


def _day(at: datetime) -> tuple[int, ...]:
    return at.year, at.month, at.day


def _month(at: datetime) -> tuple[int, ...]:
    return at.year, at.month
