"""A workspace that has a past, as its engine would have written it down."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from engine.clock import SystemClock
from state.files import Workspace
from state.model import task as t
from state.model.view import Record
from state.store import Store
from tests.engine.engines import SETUP
from tests.engine.learning.histories import DAY, builds_of, done


def write(workspace: Workspace, tasks: Iterable[t.Task]) -> None:
    """Put tasks with their builds on record."""
    named = {task.label: task for task in tasks}
    records: list[Record] = [*named.values(), *builds_of(named).values()]
    with Store.open(workspace, SystemClock(), timeout_s=30) as store:
        store.commit(records, SETUP)


def daily(title: str = "Sweep the caches", days: int = 20, **fields: object) -> list[t.Task]:
    """A task that was added each day at the same time, which is next in three hours from now."""
    first = datetime.now(UTC) + timedelta(hours=3)
    return [
        done(f"sweep-{back}", first - DAY * back, title=f"{title} {first - DAY * back:%Y-%m-%d}", **fields)
        for back in range(1, days + 1)
    ]
