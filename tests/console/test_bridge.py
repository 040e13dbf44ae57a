"""The bridge mirrors the engine at the screen's own pace."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from console.bridge import REPAINT_S, Bridge, Changes
from engine.clock import SystemClock
from state.model import command as c
from state.model.progress import Progress
from state.model.view import Delta
from tests.console.fake_engine import FakeEngine, night, running
from tests.making import a_task

PATIENCE_S = 10.0


class Mirror:
    """A bridge with what it told."""

    def __init__(self, engine: FakeEngine) -> None:
        self.told: list[Changes] = []
        self.times: list[float] = []
        self.threads: set[int] = set()
        self._changed = asyncio.Event()
        self.bridge = Bridge(engine, actor="operator:ann", clock=SystemClock(), on_change=self._take)

    def _take(self, changes: Changes) -> None:
        self.told.append(changes)
        self.times.append(SystemClock().monotonic())
        self.threads.add(threading.get_ident())
        self._changed.set()

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()


def run(engine: FakeEngine, scene: Callable[[Mirror], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        mirror = Mirror(engine)
        mirror.bridge.start()
        await mirror.until(lambda: mirror.told)
        await scene(mirror)
        mirror.bridge.close()

    asyncio.run(all_of_it())


def test_the_first_delta_holds_everything() -> None:
    """After the first delta, the mirror shows what the engine's view shows."""
    engine = night(FakeEngine())

    async def scene(mirror: Mirror) -> None:
        assert mirror.bridge.view == engine.view().result()
        assert mirror.told[0].tasks == engine.view().result().tasks

    run(engine, scene)


def test_changes_come_on_the_loop_and_only_the_newest_form() -> None:
    """Many changes in a row are one repaint with the newest form of each record, on the screen's own thread."""
    engine = night(FakeEngine())

    async def scene(mirror: Mirror) -> None:
        for percent in range(100):
            engine.put(Progress(build="ledger-1", percent=percent))
        await mirror.until(lambda: mirror.bridge.view.progress["ledger-1"].percent == 99)
        assert len(mirror.told) == 2
        assert list(mirror.told[1].progress.values()) == [Progress(build="ledger-1", percent=99)]
        assert mirror.told[1].tasks == {}
        assert mirror.threads == {threading.get_ident()}

    run(engine, scene)


def test_never_faster_than_the_screen() -> None:
    """However fast the engine changes, two repaints are a quarter of a second apart; after quiet, one comes at once."""
    engine = night(FakeEngine())

    async def scene(mirror: Mirror) -> None:
        percent = 0
        while len(mirror.times) < 5:
            percent += 1
            engine.put(Progress(build="ledger-1", percent=percent % 100))
            await asyncio.sleep(0.01)
        gaps = [later - earlier for earlier, later in zip(mirror.times, mirror.times[1:], strict=False)]
        assert min(gaps) >= REPAINT_S * 0.95

    run(engine, scene)


def test_new_records_join_the_mirror() -> None:
    """A new record stands beside the old ones; the view's number follows the engine's."""
    engine = night(FakeEngine())

    async def scene(mirror: Mirror) -> None:
        engine.put(a_task("fresh"), running("fresh-1"))
        await mirror.until(lambda: "fresh" in mirror.bridge.view.tasks)
        assert mirror.bridge.view == engine.view().result()
        assert mirror.told[-1].labels() == {"fresh"}

    run(engine, scene)


def test_requests_carry_the_actor() -> None:
    """What is asked for is asked for in the operator's name, and the reply comes back on the loop."""
    engine = night(FakeEngine())

    async def scene(mirror: Mirror) -> None:
        reply = await mirror.bridge.submit(c.Pause(on=True))
        assert reply.ok
        assert engine.requests == [c.Request(actor="operator:ann", command=c.Pause(on=True))]

    run(engine, scene)


def test_nothing_comes_after_close() -> None:
    """A delta that was on its way when the screen ended goes nowhere, and disturbs nobody."""
    engine = night(FakeEngine())
    deliver = None

    async def scene(mirror: Mirror) -> None:
        nonlocal deliver
        deliver = engine._deliver
        engine.put(Progress(build="ledger-1", percent=1))
        mirror.bridge.close()
        before = len(mirror.told)
        await asyncio.sleep(REPAINT_S * 1.5)
        assert len(mirror.told) == before

    run(engine, scene)
    # The loop has closed by now.
    assert deliver is not None
    everything = engine.view().result()
    deliver(Delta(number=everything.number, at=everything.at))
