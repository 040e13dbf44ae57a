"""Stores and journals with something in them, for tests."""

from collections.abc import Sequence
from pathlib import Path

from state.files import Workspace, create_workspace
from state.model.reason import Reason
from state.model.view import Record
from state.store import Store
from tests.making import ManualClock, a_task

ASKED = Reason(
    actor="operator:ada",
    action="task_added",
    why="asked for",
    options=("wait",),
    known=(("queue", "empty"),),
    confidence=0.5,
)


def a_workspace(root: Path) -> Workspace:
    return create_workspace(root)


def filled(root: Path, entries: int = 9, *, per_day: int = 3, checkpoint: bool = False) -> Workspace:
    """A workspace whose journal has `entries` entries over several days, each adding one task."""
    workspace, clock = create_workspace(root), ManualClock()
    store = Store.open(workspace, clock)
    for number in range(1, entries + 1):
        store.commit([a_task(f"task-{number}")], ASKED)
        if number % per_day == 0:
            clock.forward(86_400)
    if checkpoint:
        store.checkpoint()
    store.close()
    if not checkpoint:
        workspace.checkpoint.unlink()
    return workspace


def held(store: Store) -> dict[str, Sequence[Record]]:
    """Everything that a store holds, in its order."""
    return {
        "tasks": tuple(store.tasks.values()),
        "builds": tuple(store.builds.values()),
        "escalations": tuple(store.escalations.values()),
        "anomalies": tuple(store.anomalies.values()),
        "control": (store.control,),
    }
