"""A moment in words, as findings and explanations name it."""

from datetime import UTC, datetime, tzinfo


def say(at: datetime) -> str:
    """Return `2026-02-06 15:00 UTC`; seconds are told only where they are not zero."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at.second else f"{at:%Y-%m-%d %H:%M} UTC"


def who(actor: str) -> str:
    """Return the name that people know an actor by: `ann` for `operator:ann`."""
    return actor.removeprefix("operator:") or "the operator"


def say_here(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a moment by the operator's own clock: `23:00`, `Sat 07:00` within the week, or `2026-02-14 07:00`."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    days = (local.date() - today).days
    return f"{local:%a %H:%M}" if 0 < days < DAYS_OF_WEEK else f"{local:%Y-%m-%d %H:%M}"


DAYS_OF_WEEK = 7


def lasting(seconds: float) -> str:
    """Return a duration to the minute: `4 h`, `1 h 30 min`, `20 min`."""
    hours, minutes = divmod(int(seconds // 60), 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{minutes} min"] if minutes or not hours else parts)
