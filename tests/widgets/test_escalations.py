"""The pane of escalations puts the most urgent first."""

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from state.model.escalation import Escalation, EscalationKind, Urgency
from tests.making import NOON
from tests.widgets.stage import HOSTILE, Stage, harmless, lines_of, play
from widgets.escalations import EscalationsPane


def asks(key: str, priority: Urgency, **fields: Any) -> Escalation:
    fields = {"created_at": NOON, "text": "why", "label": key, **fields}
    return Escalation(id=key, type=EscalationKind.BUILD_FAILED, priority=priority, **fields)


def test_urgent_first_then_oldest() -> None:
    """Rows sort by urgency, then by age."""
    pane = EscalationsPane()
    rows = [
        asks("low", Urgency.LOW),
        asks("late", Urgency.HIGH, created_at=NOON + timedelta(minutes=1)),
        asks("early", Urgency.HIGH),
        asks("urgent", Urgency.URGENT),
    ]
    pane.update_rows({row.key: row for row in rows})
    assert pane.keys == ["urgent", "early", "late", "low"]


def test_says_urgency_kind_label_and_count() -> None:
    """A row tells in words how soon to look, at what, and how often it came up."""
    pane = EscalationsPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.update_rows({"x": asks("x", Urgency.URGENT, count=3, text=HOSTILE)})
        await pilot.pause()
        line = lines_of(pane)[0]
        assert "!! urgent" in line
        assert "failed" in line
        assert "×3" in line
        assert harmless(line)

    play(pane, scene, (80, 12))
