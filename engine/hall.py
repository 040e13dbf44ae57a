"""What every attempt at a build may use of the engine: a small counter instead of the whole engine."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.clock import Clock
from engine.ledger import Ledger
from engine.questions import Questions
from engine.work.sandbox import Machine
from engine.work.seats.pool import Seats
from state.files import Workspace
from state.model.build import Build
from state.model.progress import Progress
from state.model.reason import ENGINE, POSSIBLE, Reason
from state.model.task import Task
from state.model.view import Record
from state.settings import Settings
from state.store import Store, StoreFailed

_ASK_AGAIN_S = 1.0


class Hall:
    """Shared services of the attempts. All of it is used on the engine's loop only."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        settings: Settings,
        clock: Clock,
        machine: Machine,
        wake: Callable[[], None],
        publish: Callable[[Progress], None],
    ) -> None:
        self.workspace = workspace
        self.store = store
        self.questions = Questions(store)
        self.ledger = Ledger(store)
        store.listeners.append(self.ledger.note)
        self.settings = settings
        self.settings_trouble = ""
        """What is wrong with the settings as they were saved last, while older ones hold."""
        self.clock = clock
        self.machine = machine
        self.seats = Seats(machine, idle=settings.sandbox.idle_priority)
        self.wake = wake
        self.publish = publish
        self.trouble = ""
        self._durable: list[asyncio.Future[None]] = []
        self._branches: dict[str, asyncio.Lock] = {}

    def build(self, build_id: str) -> Build:
        """The build's present form."""
        return self.store.builds[build_id]

    def task(self, label: str) -> Task:
        """The task's present form."""
        return self.store.tasks[label]

    def rebuild(self) -> None:
        """Forget what was taken back, and go by the tables."""
        self.questions = Questions(self.store)
        self.ledger.rebuild()

    def stage(
        self,
        records: Sequence[Record],
        action: str,
        why: str,
        build: Build,
        *,
        known: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Write down what the engine decided about a build; durable after the present turn of the loop.

        `known` is what it was decided upon: names with values.
        """
        reason = Reason(
            actor=ENGINE,
            action=action,
            why=why,
            label=build.label,
            build=build.id,
            options=POSSIBLE.get(action, ()),
            known=known,
        )
        self.store.stage(records, reason)
        self.wake()

    async def durable(self) -> None:
        """Wait until all that is staged is on the disk."""
        waiter = asyncio.get_running_loop().create_future()
        self._durable.append(waiter)
        self.wake()
        await waiter

    def flushed(self, error: StoreFailed | None = None) -> None:
        """Tell those who wait for durability that it came, or why it could not come."""
        self.trouble = str(error) if error else ""
        waiters, self._durable = self._durable, []
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    async def healthy(self) -> None:
        """Wait until the store takes changes again, asking it now and then."""
        while self.trouble:
            await asyncio.sleep(_ASK_AGAIN_S)
            self.wake()
            await asyncio.sleep(0)

    def branch(self, repo: str) -> asyncio.Lock:
        """One delivery at a time into one repository."""
        return self._branches.setdefault(str(Path(repo).resolve()), asyncio.Lock())
