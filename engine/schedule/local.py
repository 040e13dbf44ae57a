"""Times by the clock on the wall of a zone, as instants."""

from datetime import UTC, datetime, timedelta, tzinfo

_SECOND = timedelta(seconds=1)


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return when a zone's clocks show `wall` (naive), as aware UTC.

    A time that the clocks show twice is the first of the two; one that they skip is the moment right after the gap.
    """
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _wall(at, zone) == wall:
        return at
    # Skipped: by the offset before the gap it lies behind the change of the clock, by the one after it in front.
    early, late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    while late - early > _SECOND:
        middle = early + timedelta(seconds=(late - early) // _SECOND // 2)
        if _wall(middle, zone) < wall:
            early = middle
        else:
            late = middle
    return late


def _wall(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
