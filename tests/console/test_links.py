"""The two ways to an engine behave alike: three calls from any thread, none of which blocks or hangs for ever."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from console import wire
from console.link import Link
from console.links import HostedLink, SocketLink
from state.files import Workspace, create_workspace
from state.model import command as c
from state.model import task as t
from state.model.view import Delta
from tests.console.served import Served, served
from tests.descriptors import nothing_left_open
from tests.engine.engines import PATIENCE_S, House
from tests.engine.work.running import until
from tests.making import a_spec, a_task


@pytest.fixture(params=["hosted", "socket"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.seed(a_task("held", t.Held(findings=())))
    return house


@contextmanager
def linked(kind: str, scene: Served) -> Iterator[Link]:
    link: Link = HostedLink(scene.engine, scene.loop) if kind == "hosted" else SocketLink(scene.workspace)
    try:
        yield link
    finally:
        link.close()


def request(command: c.Command, actor: str = "operator:ada") -> c.Request:
    return c.Request(actor=actor, command=command)


def held(label: str) -> c.AddTasks:
    return c.AddTasks(specs=(a_spec(label, category=t.Category.NEW_FEATURE),))


class Seen:
    """What a subscription delivered."""

    def __init__(self) -> None:
        self.deltas: list[Delta] = []
        self.threads: set[str] = set()

    def __call__(self, delta: Delta) -> None:
        self.deltas.append(delta)
        self.threads.add(threading.current_thread().name)

    @property
    def labels(self) -> set[str]:
        return {task.label for delta in self.deltas for task in delta.tasks}


def test_commands_and_views_come_back_as_futures(kind: str, house: House) -> None:
    """From several threads at once; each future has its own answer."""
    with served(house) as scene, linked(kind, scene) as link:
        assert link.hosted is (kind == "hosted")
        futures: list[Future[c.Reply]] = []
        threads = [
            threading.Thread(target=lambda label=f"task-{number}": futures.append(link.submit(request(held(label)))))
            for number in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        replies = [future.result(PATIENCE_S) for future in futures]
        assert sorted(reply.text for reply in replies) == [f"task-{number}: awaiting_approval" for number in range(6)]
        assert len(link.view().result(PATIENCE_S).tasks) == 7
        assert not link.submit(request(c.Retry(label="nobody"))).result(PATIENCE_S).ok


def test_a_subscription_delivers_everything_first_then_changes_until_it_is_ended(kind: str, house: House) -> None:
    """On a thread that is not the caller's; after its end nothing more comes."""
    seen = Seen()
    with served(house) as scene, linked(kind, scene) as link:
        end = link.subscribe(seen)
        until(lambda: seen.labels == {"held"}, "everything first")
        assert seen.deltas[0].engine is not None and seen.deltas[0].control is not None
        link.submit(request(held("first"))).result(PATIENCE_S)
        until(lambda: "first" in seen.labels, "the change")
        end()
        link.submit(request(held("second"))).result(PATIENCE_S)
        link.view().result(PATIENCE_S)
        assert "second" not in seen.labels
    assert threading.current_thread().name not in seen.threads


def test_an_answer_that_nobody_waits_for_any_more_harms_nothing(kind: str, house: House) -> None:
    """A caller that gave up cancels its future; the next calls are answered as before."""
    with served(house) as scene, linked(kind, scene) as link:
        gone = link.submit(request(held("tidy")))
        gone.cancel()
        until(lambda: "tidy" in link.view().result(PATIENCE_S).tasks, "it was carried out all the same")
        assert link.submit(request(held("other"))).result(PATIENCE_S).ok


def test_an_engine_that_ends_is_an_answer_too(kind: str, house: House) -> None:
    """Calls that come after its end fail as unreachable, at once; none of them waits for ever."""
    with served(house) as scene, linked(kind, scene) as link:
        assert link.view().result(PATIENCE_S).tasks
        scene.loop.call_soon_threadsafe(scene.engine.leave)
        until(scene.loop.is_closed, "the engine has ended")
        assert isinstance(link.submit(request(held("late"))).exception(PATIENCE_S), OSError)
        assert isinstance(link.view().exception(PATIENCE_S), OSError)
        link.subscribe(lambda delta: None)()


@contextmanager
def played(workspace: Workspace, answer: Callable[[socket.socket], None]) -> Iterator[SocketLink]:
    """A link to something in the engine's place, which the test plays."""
    folder = os.open(workspace.hidden, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(f"/proc/self/fd/{folder}/{workspace.socket.name}")
        os.close(folder)
        place.listen()

        def play() -> None:
            channel, _ = place.accept()
            with channel:
                answer(channel)

        player = threading.Thread(target=play)
        player.start()
        link = SocketLink(workspace)
        try:
            yield link
        finally:
            link.close()
            player.join()


def test_calls_under_way_fail_when_the_engine_is_lost(tmp_path: Path) -> None:
    """It takes the calls and dies: who waits is told, and the subscriber sees that the engine is gone."""
    heard = threading.Event()

    def take_and_die(channel: socket.socket) -> None:
        assert heard.wait(PATIENCE_S)
        channel.recv(1 << 16)

    seen = Seen()
    with played(create_workspace(tmp_path), take_and_die) as link:
        link.subscribe(seen)
        futures: list[Future[Any]] = [link.submit(request(c.Arm())), link.view()]
        heard.set()
        for future in futures:
            assert isinstance(future.exception(PATIENCE_S), ConnectionError)
        until(lambda: bool(seen.deltas), "the subscriber is told")
        assert seen.deltas[-1].engine is not None and "cannot be reached" in seen.deltas[-1].engine.trouble
        assert isinstance(link.submit(request(c.Arm())).exception(PATIENCE_S), OSError)


@pytest.mark.parametrize("nonsense", [b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x02\xff\xfe", b"\x00\x00\x00\x05"])
def test_an_engine_that_speaks_nonsense_is_lost(tmp_path: Path, nonsense: bytes) -> None:
    """Calls under way and later ones fail; no thread dies unheard with futures in its hands."""

    def babble(channel: socket.socket) -> None:
        channel.recv(1)
        channel.sendall(nonsense)
        channel.shutdown(socket.SHUT_WR)
        while channel.recv(1 << 16):
            pass

    with played(create_workspace(tmp_path), babble) as link:
        assert isinstance(link.submit(request(c.Arm())).exception(PATIENCE_S), OSError)
        assert isinstance(link.view().exception(PATIENCE_S), OSError)


def test_answers_to_nobody_are_passed_over(tmp_path: Path) -> None:
    """Ids that were never given out, or answered twice, do not disturb the one that was asked for."""

    def chatter(channel: socket.socket) -> None:
        channel.recv(1 << 16)
        yes = c.Reply(ok=True, text="yes")
        for number in (99, 1, 1):
            channel.sendall(wire.pack(wire.Answer(id=number, reply=yes)))
        channel.sendall(wire.pack(wire.Answer(id=98, error="what?")))
        while channel.recv(1 << 16):
            pass

    with played(create_workspace(tmp_path), chatter) as link:
        assert link.submit(request(c.Arm())).result(PATIENCE_S).text == "yes"


def test_hanging_up_ends_the_reading_thread_and_reaches_the_engine(tmp_path: Path) -> None:
    """No thread and no descriptor stay, and the other side sees the end at once, not when the process is over."""
    gone = threading.Event()

    def until_hung_up(channel: socket.socket) -> None:
        while channel.recv(1 << 16):
            pass
        gone.set()

    seen = Seen()
    with nothing_left_open(), played(create_workspace(tmp_path), until_hung_up) as link:
        link.subscribe(seen)
        waiting = link.view()
        link.close()
        assert gone.wait(PATIENCE_S)
        assert isinstance(waiting.exception(PATIENCE_S), OSError)
        assert not link._reader.is_alive()
    assert seen.deltas == []


def test_a_link_may_be_hung_up_from_its_own_thread(house: House) -> None:
    """A subscriber that has seen enough closes the link in the middle of a delivery."""
    with served(house) as scene:
        link = SocketLink(scene.workspace)
        link.subscribe(lambda delta: link.close())
        until(lambda: not link._reader.is_alive(), "the thread ends")


def test_a_command_may_come_before_the_engine_is_up(house: House) -> None:
    """A hosted engine takes what was asked while it began, and answers once it works."""
    loop = asyncio.new_event_loop()
    engine = house.engine()
    early = HostedLink(engine, loop).submit(request(held("early")))

    async def live() -> None:
        running = loop.create_task(engine.run())
        try:
            reply = await asyncio.wait_for(asyncio.wrap_future(early), PATIENCE_S)
            assert reply.ok
        finally:
            engine.leave()
            await running

    loop.run_until_complete(live())
    loop.close()
