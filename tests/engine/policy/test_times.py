"""Tests of moments and people in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.policy.times import say, who


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 2, 6, 15, 0, tzinfo=UTC), "2026-02-06 15:00 UTC"),
        (datetime(2026, 2, 6, 15, 0, 7, tzinfo=UTC), "2026-02-06 15:00:07 UTC"),
        (datetime(2026, 2, 6, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-02-05 23:30 UTC"),
    ],
)
def test_a_moment_is_told_in_utc(at: datetime, text: str) -> None:
    """Whatever zone it comes in, with seconds only where they matter."""
    assert say(at) == text


@pytest.mark.parametrize(("actor", "name"), [("operator:ann", "ann"), ("engine", "engine"), ("", "the operator")])
def test_an_actor_is_told_by_name(actor: str, name: str) -> None:
    """Operators go by their own name."""
    assert who(actor) == name
