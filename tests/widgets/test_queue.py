"""The queue's pane shows what waits and what ended."""

from datetime import timedelta

from textual.pilot import Pilot

from engine.policy.order import order_key
from state.model import task as t
from state.model.verdict import Finding, Stance
from tests.making import NOON, a_task
from tests.widgets.stage import Stage, lines_of, play
from widgets.queue import QueuePane


def test_waiting_first_then_ended() -> None:
    """What waits stands in the order in which it would start, then what ended, the latest first."""
    pane = QueuePane(order_key)

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        tasks = [
            a_task("old", t.Done(build="old-1", note="merged", at=NOON)),
            a_task("new", t.Failed(build="new-1", text="no", at=NOON + timedelta(hours=1))),
            a_task("low", priority=t.Priority.LOW),
            a_task("high", priority=t.Priority.HIGH),
            a_task("medium"),
        ]
        pane.update_rows({task.key: task for task in tasks})
        assert pane.keys == ["high", "medium", "low", "new", "old"]
        assert str(pane.border_title).strip() == "Queue 3 waiting · 2 ended"

    play(pane, scene)


def test_says_state_priority_label_and_title() -> None:
    """A row tells in words what state it is in, how much it matters, and what it is."""
    pane = QueuePane(order_key)
    ask = t.AwaitingApproval(findings=(Finding(rule="approvals", verdict=Stance.ASK, text="new"),))

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.update_rows({"csv": a_task("csv", ask, title="Export as CSV", priority=t.Priority.HIGH)})
        await pilot.pause()
        assert lines_of(pane)[0].split() == ["▸?", "approve", "high", "csv", "Export", "as", "CSV"]

    play(pane, scene)
