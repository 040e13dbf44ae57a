"""Engines for tests: real stores, real builds, a clock that only the test moves."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.engine import Engine
from engine.safety.kill import kill_until_none
from engine.work import process
from engine.work.process import Identity
from state.disk import DISK, Disk
from state.files import create_workspace
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.model.reason import Reason
from state.model.view import Record
from state.settings import Settings
from state.store import Store
from tests.engine.work.running import confine, machine
from tests.making import ManualClock

SETUP = Reason(actor="test", action="set_up", why="the scene of a test")
PATIENCE_S = 30.0
TOKEN = secrets.token_hex(16)
"""What a build's processes are found by; no other run of the tests may have the same."""


class House:
    """A workspace in which one engine after the other may live."""

    def __init__(self, root: Path, *, settings: Settings | None = None, disk: Disk = DISK) -> None:
        self.workspace = create_workspace(root / "operator")
        self.clock = ManualClock()
        self.settings = settings or Settings()
        self.disk = disk
        self.command: tuple[str, ...] = ()
        """What runs the command lines of schedules."""
        self.store: Store
        """That of the latest engine; readable also after its end."""

    def seed(self, *records: Record) -> None:
        """Write down what an engine before left."""
        with Store.open(self.workspace, self.clock) as store:
            store.commit(records, SETUP)

    def spawn(self, build_id: str, command: str, token: str = TOKEN) -> Identity:
        """Start a build's command as an engine before would have."""
        paths = self.workspace.build(build_id)
        paths.work.mkdir(parents=True, exist_ok=True)
        return process.spawn(msgspec.structs.replace(confine(paths, command), token=token), paths, machine())

    def made(self, build_id: str, name: str) -> str:
        """What a build wrote into a file of its workspace."""
        return (self.workspace.build(build_id).work / name).read_text()

    def runs(self, build_id: str = "tidy-1") -> int:
        """How often a command that adds to the file `runs` was run in a build."""
        file = self.workspace.build(build_id).work / "runs"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def engine(self) -> Engine:
        """An engine that has not begun yet."""
        self.store = Store.open(self.workspace, self.clock, disk=self.disk)
        return Engine(self.workspace, self.store, self.settings, self.clock, machine(), "headless", self.command)

    @asynccontextmanager
    async def live(self, *, keep: bool = False, **how: Any) -> AsyncIterator[Engine]:
        """An engine at work; in the end it leaves, and unless `keep` is set what still runs of a build is killed."""
        engine = self.engine()
        ready = asyncio.Event()
        running = asyncio.create_task(engine.run(ready=ready.set, **how))
        try:
            began = asyncio.create_task(ready.wait())
            await asyncio.wait([began, running], return_when=asyncio.FIRST_COMPLETED)
            began.cancel()
            yield engine
        finally:
            engine.leave()
            await asyncio.wait_for(running, PATIENCE_S)
            if not keep:
                kill_until_none(self.workspace)

    def task(self, label: str = "tidy") -> t.Task:
        return self.store.tasks[label]

    def build(self, build_id: str = "tidy-1") -> b.Build:
        return self.store.builds[build_id]

    def questions(self, *, open_only: bool = True) -> list[EscalationKind]:
        return [q.type for q in self.store.escalations.values() if q.open or not open_only]

    async def task_is(self, *names: str, label: str = "tidy") -> None:
        """Wait until a task is in one of the states."""
        await until(
            lambda: label in self.store.tasks and self.task(label).state_name in names,
            lambda: f"{label} is {names}; it is {self.store.tasks.get(label)}",
        )

    async def build_is(self, name: str, build_id: str = "tidy-1") -> None:
        """Wait until a build is in a state."""
        await until(
            lambda: build_id in self.store.builds and self.build(build_id).state_name == name,
            lambda: f"{build_id} is {name}; it is {self.store.builds.get(build_id)}",
        )


Scene = Callable[[House, Engine], Awaitable[None]]


def play(house: House, scene: Scene) -> None:
    """Play a scene beside an engine."""

    async def run() -> None:
        async with asyncio.timeout(2 * PATIENCE_S), house.live() as engine:
            await scene(house, engine)

    asyncio.run(run())


async def until(condition: Callable[[], bool], what: str | Callable[[], str], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something is so."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what if isinstance(what, str) else what()}"
        await asyncio.sleep(0.005)


async def ask(engine: Engine, command: c.Command, actor: str = "operator:ada") -> c.Reply:
    """Ask an engine for something."""
    return await asyncio.wait_for(engine.ask(c.Request(actor=actor, command=command)), PATIENCE_S)


async def nudge(engine: Engine) -> None:
    """Make an engine look at the clock again."""
    assert (await ask(engine, c.Arm())).ok


class Gate:
    """The real function behind a door that the test opens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: str, *, after: bool = False) -> None:
        module, _, name = where.rpartition(".")
        self.entered = asyncio.Event()
        self.door = asyncio.Event()
        self.calls = 0
        self._after = after
        owner = pytest.importorskip(module)
        self._real: Callable[..., Awaitable[Any]] = getattr(owner, name)
        monkeypatch.setattr(owner, name, self)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self._after:
            result = await self._real(*args, **kwargs)
            self.entered.set()
            await self.door.wait()
            return result
        self.entered.set()
        await self.door.wait()
        return await self._real(*args, **kwargs)


def building(state: b.BuildState, *, task: Sequence[Any] = (), **changes: Any) -> tuple[t.Task, b.Build]:
    """A task and its build, in step with each other."""
    from tests.making import a_build, a_task

    of_task = dict(task)
    own = {key: changes.pop(key) for key in ("repo", "branch") if key in changes}
    build = a_build("tidy-1", state, **own, **changes)
    over: t.TaskState = t.Building(build="tidy-1")
    if isinstance(state, b.Checking | b.Delivering):
        over = t.Verifying(build="tidy-1")
    elif isinstance(state, b.Reviewing):
        over = t.AwaitingReview(build="tidy-1", digest=build.digest)
    return a_task("tidy", of_task.pop("state", over), attempts=1, **own, **of_task), build
