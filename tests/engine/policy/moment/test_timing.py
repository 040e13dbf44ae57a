"""Tests of the rule on time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.policy.moment import timing
from state.model import task as t
from state.model.verdict import Stance
from tests.making import NOON, a_task

SOON = NOON + timedelta(minutes=5)
LATER = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "start_at", "stance", "text"),
    [
        (t.Queued(), None, Stance.ALLOW, "asks for no start time"),
        (t.Queued(), NOON, Stance.ALLOW, "was due at 2026-03-04 12:00 UTC"),
        (t.Queued(), SOON, Stance.WAIT, "starts at 2026-03-04 12:05 UTC"),
        (t.Retrying(at=SOON, text=""), None, Stance.WAIT, "tries again at 2026-03-04 12:05 UTC"),
        (t.Retrying(at=NOON, text=""), None, Stance.ALLOW, "was due at 2026-03-04 12:00 UTC"),
        (t.Retrying(at=SOON, text=""), LATER, Stance.WAIT, "starts at 2026-03-04 13:00 UTC"),
        (t.Retrying(at=LATER, text=""), SOON, Stance.WAIT, "tries again at 2026-03-04 13:00 UTC"),
    ],
)
def test_a_task_waits_for_its_time(state: t.TaskState, start_at: datetime | None, stance: Stance, text: str) -> None:
    """The later of start time and next try decides; the moment itself is late enough."""
    finding = timing.check(a_task(state=state, start_at=start_at), NOON)
    assert (finding.verdict, finding.text) == (stance, text)


@pytest.mark.parametrize(
    ("changes", "stance", "text"),
    [
        ({"slot": SOON}, Stance.WAIT, "comes by its cron 5 12 * * *, first at 2026-03-04 12:05 UTC"),
        ({"slot": SOON, "rounds": 2}, Stance.WAIT, "comes by its cron 5 12 * * *, again at 2026-03-04 12:05 UTC"),
        ({"slot": NOON, "rounds": 2}, Stance.ALLOW, "was due at 2026-03-04 12:00 UTC"),
        ({"slot": NOON, "state": t.Retrying(at=SOON, text="")}, Stance.WAIT, "tries again at 2026-03-04 12:05 UTC"),
        ({"slot": SOON, "start_at": LATER}, Stance.WAIT, "starts at 2026-03-04 13:00 UTC"),
    ],
)
def test_a_recurring_task_waits_for_its_crons_time(changes: dict[str, Any], stance: Stance, text: str) -> None:
    """The gate says that it comes by its expression, and when."""
    finding = timing.check(a_task(cron="5 12 * * *", **changes), NOON)
    assert (finding.verdict, finding.text) == (stance, text)
