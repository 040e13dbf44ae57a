"""An index over the tasks that may start by themselves, kept in queue order as tasks change."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import datetime

from engine.policy.moment.timing import due_at
from engine.policy.order import order_key
from state.model import task as t

_STARTABLE = (t.Queued, t.Retrying)
_JUDGED_AGAIN = (t.Queued, t.Held, t.AwaitingApproval)


class Waiting:
    """Which tasks wait, in what order, until when, and which must be judged again."""

    def __init__(self, tasks: Iterable[t.Task] = ()) -> None:
        self._order: list[tuple[tuple[object, ...], str]] = []
        self._keys: dict[str, tuple[object, ...]] = {}
        self._due: dict[str, datetime] = {}
        self._dependents: dict[str, set[str]] = {}
        self._again: set[str] = set()
        startable = []
        for task in tasks:
            self._index_dependencies(task)
            if isinstance(task.state, _STARTABLE):
                key = order_key(task)
                self._keys[task.label] = key
                startable.append((key, task.label))
                self._index_due(task)
        self._order = sorted(startable)

    def __iter__(self) -> Iterator[str]:
        """Labels of the tasks that may start, first first."""
        return (label for _, label in self._order)

    def __len__(self) -> int:
        return len(self._order)

    def update(self, task: t.Task) -> None:
        """Take note of a task's new form."""
        label = task.label
        old = self._keys.pop(label, None)
        if old is not None:
            del self._order[bisect_left(self._order, (old, label))]
        self._due.pop(label, None)
        if isinstance(task.state, _STARTABLE):
            key = order_key(task)
            self._keys[label] = key
            insort(self._order, (key, label))
            self._index_due(task)
        self._index_dependencies(task)
        self._again |= self._dependents.get(label, set())

    def judge_again(self, tasks: Iterable[t.Task]) -> None:
        """Ask for a new verdict on tasks that wait, whatever the reason."""
        self._again.update(task.label for task in tasks if isinstance(task.state, _JUDGED_AGAIN))

    def take_again(self) -> tuple[str, ...]:
        """Return, once, the labels whose verdict may have changed."""
        labels = tuple(sorted(self._again))
        self._again.clear()
        return labels

    def next_due(self, now: datetime) -> datetime | None:
        """The next moment at which a task's waiting ends by itself; past ones do not count."""
        return min((due for due in self._due.values() if due > now), default=None)

    def _index_due(self, task: t.Task) -> None:
        due = due_at(task)
        if due is not None:
            self._due[task.label] = due

    def _index_dependencies(self, task: t.Task) -> None:
        for name in task.spec.depends:
            self._dependents.setdefault(name, set()).add(task.label)
