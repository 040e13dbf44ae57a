"""The door that every change passes."""

from pathlib import Path
from typing import Any

import msgspec

from state.files import create_workspace
from state.keeping.door import OPEN
from state.model.reason import Reason
from state.model.task import Failed, Task
from state.store import Store
from tests.making import NOON, ManualClock, a_task


class NoSecret:
    """A door for one word."""

    def passes(self, data: bytes) -> bool:
        return b"hush" not in data

    def clean(self, noun: Any) -> Any:
        return msgspec.json.decode(msgspec.json.encode(noun).replace(b"hush", b"[-]"), type=type(noun))


def test_nothing_goes_round_the_door(tmp_path: Path) -> None:
    """Reasons and records are cleaned for the journal, the tables, the listeners and the checkpoint alike."""
    workspace = create_workspace(tmp_path)
    seen: list[object] = []
    with Store.open(workspace, ManualClock(), door=NoSecret()) as store:
        store.listeners.append(seen.append)
        store.stage([a_task(state=Failed(build="", text="hush", at=NOON))], Reason(actor="a", action="b", why="hush"))
        store.flush()
        task: Task = store.tasks["tidy"]
        assert task.state == Failed(build="", text="[-]", at=NOON)
    assert "hush" not in repr(seen)
    for path in (*workspace.journal.iterdir(), workspace.checkpoint):
        assert b"hush" not in path.read_bytes()


def test_an_open_door_changes_nothing() -> None:
    """Without a door of its own a store takes everything as it is."""
    task = a_task()
    assert OPEN.passes(b"hush")
    assert OPEN.clean(task) is task
