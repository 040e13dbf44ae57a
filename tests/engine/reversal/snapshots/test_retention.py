"""Which snapshots are kept."""

from datetime import datetime, timedelta

import pytest

from engine.reversal.snapshots.retention import kept
from state.model.brakes.safekeeping import Kind, Snapshot
from state.settings import SnapshotSettings
from tests.making import NOON


def a_snapshot(at: datetime, kind: Kind = Kind.ROUTINE) -> Snapshot:
    return Snapshot(id=f"{at:%Y%m%d-%H%M%S}", at=at, by="engine", kind=kind, files=0, bytes=0, added=0)


def test_a_year_of_hourly_snapshots_leaves_so_many_hours_days_and_months() -> None:
    """The last one of each: those of the latest hours, then one a day, then one a month."""
    hourly = [a_snapshot(NOON - timedelta(hours=hours)) for hours in range(24 * 400)]
    keep = kept(hourly, NOON, SnapshotSettings())
    found = {one.at for one in hourly if one.id in keep}
    hours = {NOON - timedelta(hours=number) for number in range(48)}
    days = {NOON} | {NOON.replace(hour=23) - timedelta(days=number) for number in range(1, 30)}
    months = {at for at in found if at < min(days)}
    assert found == hours | days | months
    assert len({(at.year, at.month) for at in found}) == 12
    assert all((at + timedelta(hours=1)).month != at.month for at in months)


@pytest.mark.parametrize("kind", [Kind.HAND, Kind.RESTORE])
def test_what_was_asked_for_stays_for_its_own_time(kind: Kind) -> None:
    """However many regular ones came after it, and no longer than that time."""
    routine = [a_snapshot(NOON - timedelta(minutes=minutes)) for minutes in range(0, 600, 10)]
    rule = SnapshotSettings(hourly=1, daily=0, monthly=0, asked_s=86_400)
    asked = a_snapshot(NOON - timedelta(hours=3, minutes=5), kind)
    old = a_snapshot(NOON - timedelta(hours=25), kind)
    assert kept([*routine, asked, old], NOON, rule) == {routine[0].id, asked.id}


def test_the_newest_always_stays() -> None:
    """A rule of nothing at all leaves one."""
    rule = SnapshotSettings(hourly=0, daily=0, monthly=0, asked_s=0)
    known = [a_snapshot(NOON - timedelta(days=days)) for days in (900, 901)]
    assert kept(known, NOON, rule) == {known[0].id}
