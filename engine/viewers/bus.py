"""Tells viewers what changed, without ever waiting for them."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from state.model import view as v
from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.kill_use import KillUse
from state.model.build import Build
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.learning.problem import Problem
from state.model.progress import Progress
from state.model.task import Task
from state.model.when.schedule import ScheduleState

Change = v.Record | Progress | v.EngineInfo
Stamp = Callable[[], tuple[int, datetime]]
"""Returns the number and the moment of the present view."""


class Subscription:
    """One viewer's mailbox: it holds the newest form of each record and counts the older ones it dropped."""

    def __init__(self, bus: "Bus") -> None:
        self._bus = bus
        self._pending: dict[tuple[type, str], Change] = {}
        self._skipped = 0
        self._ready = asyncio.Event()

    def put(self, change: Change) -> None:
        """Take note of a record's new form; never blocks and never grows beyond one form per record."""
        key = (type(change), getattr(change, "key", ""))
        if key in self._pending:
            self._skipped += 1
        self._pending[key] = change
        self._ready.set()

    async def next(self) -> v.Delta:
        """Wait until something changed and return all of it."""
        await self._ready.wait()
        self._ready.clear()
        changes, self._pending = self._pending, {}
        skipped, self._skipped = self._skipped, 0
        return self._bus.delta(changes.values(), skipped)

    def close(self) -> None:
        """End it."""
        self._bus.drop(self)


class Bus:
    """All subscriptions of one engine."""

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._subscriptions: set[Subscription] = set()

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._subscriptions)

    def subscribe(self, picture: v.View) -> Subscription:
        """Open a subscription whose first delta holds everything in `picture`."""
        subscription = self.follow()
        for change in (picture.engine, picture.control):
            subscription.put(change)
        for table in (
            picture.tasks,
            picture.builds,
            picture.escalations,
            picture.anomalies,
            picture.schedules,
            picture.kill_uses,
            picture.breakers,
            picture.problems,
            picture.progress,
        ):
            for record in table.values():
                subscription.put(record)
        return subscription

    def follow(self) -> Subscription:
        """Open a subscription to what changes from now on."""
        subscription = Subscription(self)
        self._subscriptions.add(subscription)
        return subscription

    def publish(self, changes: Iterable[Change]) -> None:
        """Tell every viewer of these changes."""
        for change in changes:
            for subscription in self._subscriptions:
                subscription.put(change)

    def drop(self, subscription: Subscription) -> None:
        """Forget a viewer."""
        self._subscriptions.discard(subscription)

    def delta(self, changes: Iterable[Change], skipped: int) -> v.Delta:
        """Sort changes into one delta."""
        changes = tuple(changes)
        number, at = self._stamp()
        return v.Delta(
            number=number,
            at=at,
            engine=next((change for change in changes if isinstance(change, v.EngineInfo)), None),
            control=next((change for change in changes if isinstance(change, Control)), None),
            tasks=tuple(change for change in changes if isinstance(change, Task)),
            builds=tuple(change for change in changes if isinstance(change, Build)),
            escalations=tuple(change for change in changes if isinstance(change, Escalation)),
            anomalies=tuple(change for change in changes if isinstance(change, Anomaly)),
            schedules=tuple(change for change in changes if isinstance(change, ScheduleState)),
            kill_uses=tuple(change for change in changes if isinstance(change, KillUse)),
            breakers=tuple(change for change in changes if isinstance(change, Breaker)),
            problems=tuple(change for change in changes if isinstance(change, Problem)),
            progress=tuple(change for change in changes if isinstance(change, Progress)),
            skipped=skipped,
        )
