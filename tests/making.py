"""Builders of nouns for tests: everything has a sensible value, and a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from state.model import build as b
from state.model import task as t
from state.settings import DEFAULT_LIMITS

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class ManualClock:
    """A clock that only a test moves."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def forward(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set(self, now: datetime) -> None:
        """Set the wall clock, as an operator or a time server would."""
        self._now = now


def a_spec(label: str = "tidy", **changes: Any) -> t.Spec:
    """A spec that may start by itself."""
    fields: dict[str, Any] = {
        "title": label.title(),
        "description": "Mend the rounding of totals in the ledger",
        "criteria": ("the sum of ten entries of 0.1 is exactly 1.0",),
        "category": t.Category.BUG_FIX,
        "command": "true",
    }
    return t.Spec(label=label, **{**fields, **changes})


def a_task(label: str = "tidy", state: t.TaskState | None = None, **changes: Any) -> t.Task:
    """A queued task; spec fields and task fields may both be named."""
    own = {name: changes.pop(name) for name in tuple(changes) if name in t.Task.__struct_fields__}
    task = t.Task(spec=a_spec(label, **changes), state=state or t.Queued(), added_at=NOON)
    return msgspec.structs.replace(task, **own)


def a_build(build_id: str = "tidy-1", state: b.BuildState | None = None, **changes: Any) -> b.Build:
    """A build that has just begun."""
    label, _, attempt = build_id.rpartition("-")
    fields: dict[str, Any] = {
        "label": label,
        "attempt": int(attempt),
        "created_at": NOON,
        "state": state or b.Preparing(),
        "limits": DEFAULT_LIMITS,
    }
    return b.Build(id=build_id, **{**fields, **changes})
