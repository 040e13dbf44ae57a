"""The only seam between the screen and the engine: a mirror of its records, at the screen's own pace."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from console.link import Link
from engine.clock import Clock
from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.kill_use import KillUse
from state.model.build import Build
from state.model.command import Command, Reply, Request
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.learning.problem import Problem
from state.model.progress import Progress
from state.model.task import Task
from state.model.view import Delta, EngineInfo, View
from state.model.when.schedule import ScheduleState

TABLES = ("tasks", "builds", "escalations", "anomalies", "schedules", "kill_uses", "breakers", "problems", "progress")
NEVER = datetime.min.replace(tzinfo=UTC)
REPAINT_S = 0.25
"""The screen takes changes at most this often, and at once after a quiet time."""


@dataclass(slots=True)
class Changes:
    """The newest form of every record that changed since the screen last looked."""

    number: int = 0
    at: datetime = NEVER
    engine: EngineInfo | None = None
    control: Control | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)
    anomalies: dict[str, Anomaly] = field(default_factory=dict)
    schedules: dict[str, ScheduleState] = field(default_factory=dict)
    kill_uses: dict[str, KillUse] = field(default_factory=dict)
    breakers: dict[str, Breaker] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)

    def absorb(self, delta: Delta) -> None:
        """Take a newer delta; its records replace older ones of the same key."""
        self.number, self.at = max(self.number, delta.number), delta.at
        self.engine = delta.engine or self.engine
        self.control = delta.control or self.control
        self.tasks.update((record.key, record) for record in delta.tasks)
        self.builds.update((record.key, record) for record in delta.builds)
        self.escalations.update((record.key, record) for record in delta.escalations)
        self.anomalies.update((record.key, record) for record in delta.anomalies)
        self.schedules.update((record.key, record) for record in delta.schedules)
        self.kill_uses.update((record.key, record) for record in delta.kill_uses)
        self.breakers.update((record.key, record) for record in delta.breakers)
        self.problems.update((record.key, record) for record in delta.problems)
        self.progress.update((record.key, record) for record in delta.progress)

    def labels(self) -> set[str]:
        """Return the labels of all tasks that the changes are about."""
        return {
            *self.tasks,
            *(build.label for build in self.builds.values()),
            *(escalation.label for escalation in self.escalations.values()),
            *(anomaly.label for anomaly in self.anomalies.values()),
        }


class Bridge:
    """Takes deltas on whatever thread they come and hands them to the screen's loop, never more than four a second."""

    def __init__(self, link: Link, *, actor: str, clock: Clock, on_change: Callable[[Changes], None]) -> None:
        self.hosted = link.hosted
        self._tables: dict[str, Any] = {name: {} for name in TABLES}
        self.view = View(at=clock.now(), **self._tables)
        """The mirror. Its maps are brought up to date in place, on the screen's loop only."""
        self._link = link
        self._actor = actor
        self._clock = clock
        self._on_change = on_change
        self._lock = threading.Lock()
        self._pending = Changes()
        self._woken = False
        self._flushed_at = float("-inf")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to mirror; call it on the screen's loop."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self._link.subscribe(self._deliver)

    def close(self) -> None:
        """Stop mirroring; the link stays open, for it may outlive the screen."""
        with self._lock:
            self._loop = None
        self._unsubscribe()

    def submit(self, command: Command) -> "asyncio.Future[Reply]":
        """Ask the engine for something; the future fails with OSError when it cannot be reached."""
        return asyncio.wrap_future(self._link.submit(Request(actor=self._actor, command=command)))

    def lost(self, why: str) -> None:
        """Show that the engine cannot be reached any more; a later delta of it takes that back."""
        engine = EngineInfo(mode="stopped", trouble=why)
        self._deliver(Delta(number=self.view.number, at=self.view.at, engine=engine))

    def _deliver(self, delta: Delta) -> None:
        with self._lock:
            self._pending.absorb(delta)
            if self._woken or self._loop is None:
                return
            self._woken = True
            # Under the lock, so that close() cannot let the loop go in between.
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._loop is None:
            return
        rest = self._flushed_at + REPAINT_S - self._clock.monotonic()
        if rest > 0:
            self._loop.call_later(rest, self._flush)
        else:
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            if self._loop is None:
                return
            changes, self._pending = self._pending, Changes()
            self._woken = False
        self._flushed_at = self._clock.monotonic()
        self._mirror(changes)
        self._on_change(changes)

    def _mirror(self, changes: Changes) -> None:
        for table in TABLES:
            self._tables[table].update(getattr(changes, table))
        self.view = View(
            number=changes.number,
            at=changes.at,
            engine=changes.engine or self.view.engine,
            control=changes.control or self.view.control,
            **self._tables,
        )
