"""The engine behind its socket: who may come, who is who, and that nobody can slow it."""

import errno
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import wire
from console.server import Server
from state.journal import Entry
from state.model import command as c
from state.model import task as t
from tests.console.served import Served, served
from tests.descriptors import nothing_left_open
from tests.engine.engines import PATIENCE_S, House
from tests.engine.work.running import until
from tests.making import a_spec, a_task


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Served]:
    """An engine that starts nothing by itself, behind its socket."""
    house = House(tmp_path)
    house.seed(a_task("held", t.Held(findings=())))
    with served(house) as scene:
        yield scene


def call(channel: socket.socket, *calls: wire.Call) -> None:
    channel.sendall(b"".join(map(wire.pack, calls)))


def held(label: str) -> c.AddTasks:
    """A task that needs an approval, so that nothing starts."""
    return c.AddTasks(specs=(a_spec(label, category=t.Category.NEW_FEATURE),))


def resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def test_only_the_user_may_reach_the_socket(scene: Served) -> None:
    """Its mode is 0600, in a folder of mode 0700, whatever the umask is."""
    mode = scene.workspace.socket.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(scene.workspace.hidden.stat().st_mode) == 0o700


def test_the_actor_is_who_the_kernel_says(scene: Served) -> None:
    """A caller cannot name somebody else: the record has the user at the other end."""
    entries: list[str] = []

    def note(entry: Entry) -> None:
        # The engine has a word of its own to say at such a moment.
        if entry.reason.action == "task_added":
            entries.append(entry.reason.actor)

    scene.on_loop(lambda: scene.house.store.listeners.append(note))
    with wire.connect_socket(scene.workspace.socket, PATIENCE_S) as channel:
        call(channel, wire.Submit(id=1, command=held("tidy")))
        reply = wire.receive(channel).reply
    assert reply is not None and reply.ok
    assert entries == [f"operator:{pwd.getpwuid(os.getuid()).pw_name}"]


def test_calls_in_one_breath_are_answered_each_by_its_id(scene: Served) -> None:
    """Fifty commands, refused ones and views among them, are sent before anything is read."""
    with wire.connect_socket(scene.workspace.socket, PATIENCE_S) as channel:
        calls: list[wire.Call] = [wire.Submit(id=number, command=held(f"task-{number}")) for number in range(1, 49)]
        call(channel, *calls, wire.GetView(id=100), wire.Submit(id=101, command=c.Retry(label="nobody")))
        answers = {answer.id: answer for answer in (wire.receive(channel) for _ in range(50))}
    assert set(answers) == {*range(1, 49), 100, 101}
    assert all((reply := answers[number].reply) is not None and reply.ok for number in range(1, 49))
    assert answers[100].view is not None and "held" in answers[100].view.tasks
    refused = answers[101].reply
    assert refused is not None and not refused.ok and "nobody" in refused.text


def test_a_subscription_tells_everything_first_and_then_each_change(scene: Served) -> None:
    """Over the same connection that other calls use."""
    with wire.connect_socket(scene.workspace.socket, PATIENCE_S) as channel:
        call(channel, wire.Subscribe(id=7))
        first = wire.receive(channel)
        assert first.id == 7 and first.delta is not None
        assert [task.label for task in first.delta.tasks] == ["held"]
        call(channel, wire.Submit(id=8, command=held("tidy")))
        seen: dict[int, wire.Answer] = {}
        told: list[str] = []
        while 8 not in seen or "tidy" not in told:
            answer = wire.receive(channel)
            seen[answer.id] = answer
            told += [task.label for task in answer.delta.tasks] if answer.delta else []
        # The engine looks at the other one again when it starts, and may tell of it here.
        assert set(told) <= {"held", "tidy"}


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x02{}", b"\x7f\xff\xff\xff"])
def test_nonsense_ends_the_connection_with_a_word_and_harms_nobody(scene: Served, nonsense: bytes) -> None:
    """The one that sent it is told what was wrong; another viewer notices nothing."""
    with (
        wire.connect_socket(scene.workspace.socket, PATIENCE_S) as other,
        wire.connect_socket(scene.workspace.socket, PATIENCE_S) as channel,
    ):
        channel.sendall(nonsense)
        channel.shutdown(socket.SHUT_WR)
        answer = wire.receive(channel)
        assert answer.id == 0 and answer.error
        assert channel.recv(1) == b""
        call(other, wire.GetView(id=1))
        assert wire.receive(other).view is not None


def test_who_stops_sending_still_gets_the_answers(scene: Served) -> None:
    """A client that closes its sending half after its calls, as shell tools do, is answered and then let go."""
    with wire.connect_socket(scene.workspace.socket, PATIENCE_S) as channel:
        call(channel, wire.Submit(id=1, command=held("tidy")), wire.GetView(id=2))
        channel.shutdown(socket.SHUT_WR)
        assert {wire.receive(channel).id, wire.receive(channel).id} == {1, 2}
        assert channel.recv(1) == b""


def test_what_was_asked_is_carried_out_though_the_asker_is_gone(scene: Served) -> None:
    """A line that drops right after the command: the kill switch is engaged wholly, its file included."""
    channel = wire.connect_socket(scene.workspace.socket, PATIENCE_S)
    call(channel, wire.Submit(id=1, command=c.KillAll(why="smoke")))
    channel.close()
    until(scene.workspace.stop.exists, "the file is there")
    until(lambda: scene.on_loop(lambda: scene.house.store.control.stopped), "it is on record")


def test_a_viewer_that_never_reads_costs_little_and_slows_nobody(scene: Served) -> None:
    """It asks for thousands of views of megabytes each and takes none; others are answered at once."""
    big = tuple(a_spec(f"big-{n}", description="words " * 4000, category=t.Category.NEW_FEATURE) for n in range(100))
    with (
        wire.connect_socket(scene.workspace.socket, PATIENCE_S) as other,
        wire.connect_socket(scene.workspace.socket, 0.3) as silent,
    ):
        call(other, wire.Submit(id=1, command=c.AddTasks(specs=big)))
        assert (reply := wire.receive(other).reply) is not None and reply.ok
        before = resident_kb()
        greed = b"".join(wire.pack(wire.GetView(id=number)) for number in range(20_000))
        with pytest.raises(TimeoutError):  # it is not even listened to any more
            silent.sendall(wire.pack(wire.Subscribe(id=0)) + greed * 20)
        for number in range(20):
            call(other, wire.Submit(id=number, command=c.Pause(on=number % 2 == 0)))
            assert (reply := wire.receive(other).reply) is not None and reply.ok
        assert resident_kb() - before < 100_000


def test_its_end_ends_every_connection(tmp_path: Path) -> None:
    """One that listens for changes, one that says nothing and one that never reads all see the end, soon."""
    house = House(tmp_path)
    house.seed(*(a_task(f"big-{n}", t.Held(findings=()), description="words " * 4000) for n in range(50)))
    with served(house) as scene:
        listener, mute, deaf = [wire.connect_socket(scene.workspace.socket, PATIENCE_S) for _ in range(3)]
        call(listener, wire.Subscribe(id=1))
        assert wire.receive(listener).delta is not None
        call(deaf, *(wire.GetView(id=number) for number in range(20)))
        until(lambda: len(scene.on_loop(lambda: list(scene.server._serving))) == 3, "all three are served")
    for channel in (listener, mute):
        assert channel.recv(1) == b""
    for channel in (listener, mute, deaf):
        channel.close()


def test_a_socket_left_by_a_dead_engine_is_replaced(tmp_path: Path) -> None:
    """Whoever holds the lock may take its place; at the end no socket stays behind."""
    house = House(tmp_path)
    with socket.socket(socket.AF_UNIX) as dead:
        folder = os.open(house.workspace.hidden, os.O_RDONLY)
        dead.bind(f"/proc/self/fd/{folder}/{house.workspace.socket.name}")
        os.close(folder)
    with pytest.raises(ConnectionRefusedError):
        wire.connect_socket(house.workspace.socket, 1)
    with served(house), wire.connect_socket(house.workspace.socket, PATIENCE_S) as channel:
        call(channel, wire.GetView(id=1))
        assert wire.receive(channel).view is not None
    assert not house.workspace.socket.exists()


def test_a_workspace_deep_in_folders_can_be_served(tmp_path: Path) -> None:
    """Its socket's path is longer than the 108 bytes that a socket's name may have."""
    deep = tmp_path / ("a" * 90) / ("b" * 90)
    deep.mkdir(parents=True)
    with served(House(deep)) as scene, wire.connect_socket(scene.workspace.socket, PATIENCE_S) as channel:
        call(channel, wire.GetView(id=1))
        assert wire.receive(channel).view is not None


def test_a_place_where_no_socket_can_be_is_an_error_that_leaves_nothing_open(tmp_path: Path) -> None:
    """The folder is gone: the start fails, and no descriptor leaks."""
    import asyncio
    import shutil

    house = House(tmp_path)
    engine = house.engine()
    try:
        with nothing_left_open():
            shutil.rmtree(house.workspace.hidden)
            with pytest.raises(OSError) as failed:
                asyncio.run(Server(house.workspace, engine).start())
            assert failed.value.errno == errno.ENOENT
    finally:
        house.workspace.hidden.mkdir()
        house.store.close()
