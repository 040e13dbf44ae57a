"""A moment in words, as findings and explanations name it."""

from datetime import UTC, datetime


def say(at: datetime) -> str:
    """Return `2026-02-06 15:00 UTC`; seconds are told only where they are not zero."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at.second else f"{at:%Y-%m-%d %H:%M} UTC"


def who(actor: str) -> str:
    """Return the name that people know an actor by: `ann` for `operator:ann`."""
    return actor.removeprefix("operator:") or "the operator"
