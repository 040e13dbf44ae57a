"""Mailboxes: everything first, then only the newest of what changed."""

import asyncio

from engine.viewers.bus import Bus
from state.model.view import EngineInfo, View
from tests.making import NOON, a_build, a_task


def test_the_first_delta_holds_everything() -> None:
    """A fresh subscription is told of all records, the control record and the engine."""

    async def scene() -> None:
        bus = Bus(lambda: (7, NOON))
        picture = View(at=NOON, tasks={"a": a_task("a")}, builds={"a-1": a_build("a-1")}, engine=EngineInfo(pid=3))
        delta = await bus.subscribe(picture).next()
        assert (delta.number, delta.at) == (7, NOON)
        assert [task.label for task in delta.tasks] == ["a"]
        assert [build.id for build in delta.builds] == ["a-1"]
        assert delta.engine is not None and delta.engine.pid == 3
        assert delta.control is not None

    asyncio.run(scene())


def test_who_follows_is_told_of_changes_alone() -> None:
    """Nothing of what was before waits for him, however much that is."""

    async def scene() -> None:
        bus = Bus(lambda: (1, NOON))
        following = bus.follow()
        bus.publish([a_task("new")])
        delta = await following.next()
        assert [task.label for task in delta.tasks] == ["new"]
        assert (delta.engine, delta.control, delta.builds) == (None, None, ())

    asyncio.run(scene())


def test_a_slow_viewer_gets_the_newest_form_and_is_told_what_it_missed() -> None:
    """A thousand changes of one record that nobody reads take the room of one, and are counted."""

    async def scene() -> None:
        bus = Bus(lambda: (1, NOON))
        slow = bus.subscribe(View(at=NOON))
        await slow.next()
        for attempts in range(1000):
            bus.publish([a_task("a", attempts=attempts)])
        delta = await slow.next()
        assert [task.attempts for task in delta.tasks] == [999]
        assert delta.skipped == 999

    asyncio.run(scene())


def test_a_closed_subscription_is_forgotten() -> None:
    """Once closed, a mailbox takes nothing more."""

    async def scene() -> None:
        bus = Bus(lambda: (1, NOON))
        subscription = bus.subscribe(View(at=NOON))
        await subscription.next()
        assert bus.heard
        subscription.close()
        assert not bus.heard
        bus.publish([a_task("a")])
        try:
            async with asyncio.timeout(0.01):
                await subscription.next()
        except TimeoutError:
            return
        raise AssertionError("a closed subscription was told of a change")

    asyncio.run(scene())
