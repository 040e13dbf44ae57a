"""The loop: one sync for a turn, replies only after it, nothing lost on the way out."""

import asyncio
import errno
import json
import os
import threading
from pathlib import Path

import pytest

from engine import engine as engine_module
from engine.safety import record
from engine.safety.privacy.scrubber import Scrubber
from engine.safety.processes import alive
from state.model import build as b
from state.model import command as c
from state.model.escalation import EscalationKind
from state.settings import QueueSettings, Settings
from tests.engine.engines import PATIENCE_S, House, ask, nudge, until
from tests.making import a_spec, a_task
from tests.state.shaky import ShakyDisk


class WitnessDisk(ShakyDisk):
    """The real disk, which remembers what of the journal it was last told to keep."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = b""

    def datasync(self, fd: int) -> None:
        super().datasync(fd)
        path = os.readlink(f"/proc/self/fd/{fd}")
        if path.endswith(".jsonl"):
            self.kept = Path(path).read_bytes()


@pytest.fixture
def disk() -> WitnessDisk:
    return WitnessDisk()


@pytest.fixture
def house(tmp_path: Path, disk: WitnessDisk) -> House:
    return House(tmp_path, disk=disk)


def test_a_reply_comes_only_once_its_change_is_on_the_disk(house: House, disk: WitnessDisk) -> None:
    """In the moment of the answer, what the disk has promised to keep holds the change."""

    async def scene() -> None:
        async with house.live() as engine:
            for label in ("first", "second", "third"):
                assert label.encode() not in disk.kept
                reply = await ask(engine, c.AddTasks(specs=(a_spec(label, command="true"),)))
                assert reply.ok and reply.number > 0
                assert f'"{label}"'.encode() in disk.kept

    asyncio.run(scene())


def test_what_is_asked_in_one_turn_shares_one_write_and_one_sync(house: House, disk: WitnessDisk) -> None:
    """A hundred commands at once cost what one costs."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.Pause(on=True))
            await until(lambda: not engine._scheduled, "the engine rests")
            disk.calls.clear()
            commands = [c.AddTasks(specs=(a_spec(f"task-{number}"),)) for number in range(100)]
            replies = await asyncio.gather(*(ask(engine, command) for command in commands))
            assert all(reply.ok for reply in replies)
            assert disk.calls.count("write") == disk.calls.count("datasync") == 1

    asyncio.run(scene())
    assert len(house.store.tasks) == 100


def test_nothing_is_begun_that_could_not_be_recorded(house: House, disk: WitnessDisk) -> None:
    """The decision to start is taken back with the failed write: no folder, no process, no task."""

    async def scene() -> None:
        async with house.live() as engine:
            disk.fail("write", errno.ENOSPC, times=1)
            reply = await ask(engine, c.AddTasks(specs=(a_spec(),)))
            assert (reply.ok, reply.number) == (False, 0)
            assert "make room" in engine.view().engine.trouble
            assert not engine.view().tasks
            assert not any(house.workspace.builds.iterdir())

    asyncio.run(scene())


def test_all_that_comes_of_a_quick_build_takes_one_sync(house: House, disk: WitnessDisk) -> None:
    """Before it come one for the decision, with its token, and one for its start; the request may take a fourth."""

    async def scene() -> None:
        async with house.live() as engine:
            disk.calls.clear()
            assert (await ask(engine, c.AddTasks(specs=(a_spec(command="true"),)))).ok
            await house.task_is("done")
            await until(lambda: b'"action":"build_done"' in disk.kept, "its end is on the disk")
            assert disk.calls.count("datasync") <= 4

    asyncio.run(scene())
    told = [json.loads(line)["body"]["reason"]["action"] for line in disk.kept.splitlines()]
    assert told[:7] == [
        "task_added", "build_decided", "build_started", "build_ended", "result_collected", "verified", "build_done",
    ]  # fmt: skip


def test_an_end_that_could_not_be_recorded_is_looked_at_again(house: House, disk: WitnessDisk) -> None:
    """All of what came of a build is taken back with the failed write, and comes again; its command ran once."""

    async def scene() -> None:
        async with house.live() as engine:
            command = "echo ran >> runs; while [ ! -e go ]; do sleep 0.02; done"
            assert (await ask(engine, c.AddTasks(specs=(a_spec(command=command),)))).ok
            await house.build_is("running")
            await until(lambda: b'"action":"build_started"' in disk.kept, "its start is on the disk")
            disk.fail("write", errno.ENOSPC, times=2)
            (house.workspace.build("tidy-1").work / "go").touch()
            await until(lambda: bool(engine.view().engine.trouble), "the failed write is told of")
            assert house.build().state_name == "running"
            await house.task_is("done")

    asyncio.run(scene())
    assert house.runs() == 1


def test_a_refused_command_beside_others_is_refused_alone(house: House) -> None:
    """In one turn each gets its own answer."""

    async def scene() -> None:
        async with house.live() as engine:
            commands = [c.AddTasks(specs=(a_spec("a"),)), c.Retry(label="nobody"), c.AddTasks(specs=(a_spec("b"),))]
            replies = await asyncio.gather(*(ask(engine, command) for command in commands))
            assert [reply.ok for reply in replies] == [True, False, True]

    asyncio.run(scene())


def test_commands_may_come_from_any_thread(house: House) -> None:
    """Each is answered where it was asked."""
    answers: list[c.Reply] = []

    async def scene() -> None:
        async with house.live() as engine:

            def speak(number: int) -> None:
                request = c.Request(actor="operator:ada", command=c.AddTasks(specs=(a_spec(f"task-{number}"),)))
                answers.append(engine.submit(request).result(PATIENCE_S))

            threads = [threading.Thread(target=speak, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            await until(lambda: not any(thread.is_alive() for thread in threads), "all are answered")

    asyncio.run(scene())
    assert len(answers) == 8 and all(reply.ok for reply in answers)


def test_leaving_lets_builds_run_on_for_the_next_engine(house: House) -> None:
    """Who leaves never harms a build: the same process is found again and collected, run once."""

    async def first() -> None:
        async with house.live(keep=True) as engine:
            command = "echo ran >> runs; while ! test -e go; do sleep 0.01; done"
            await ask(engine, c.AddTasks(specs=(a_spec(command=command),)))
            await until(lambda: house.runs() == 1, "it runs")

    asyncio.run(first())
    known = record.read(house.workspace.build("tidy-1"))
    assert known is not None and alive(known.process)

    async def second() -> None:
        async with house.live():
            (house.workspace.build("tidy-1").work / "go").touch()
            await house.task_is("done")

    asyncio.run(second())
    assert house.runs() == 1
    assert house.build().executed.result is b.Result.YES


def test_a_stop_file_that_is_there_before_the_engine_is_heeded_and_recorded(house: House) -> None:
    """Nothing starts, and the record says who made it and why."""
    house.workspace.stop.write_text("not tonight\n")
    house.seed(a_task())

    async def scene() -> None:
        async with house.live() as engine:
            await until(lambda: house.store.control.stopped, "it is on record")
            await nudge_without_arming(engine)
            assert engine.view().engine.stop_file and not house.store.builds

    async def nudge_without_arming(engine: engine_module.Engine) -> None:
        assert not (await ask(engine, c.Retry(label="nobody"))).ok

    asyncio.run(scene())


def test_a_switch_that_cannot_be_released_is_told_to_who_asked(house: House) -> None:
    """STOP is a folder with something in it: the answer says that it is still there and what to do."""
    (house.workspace.stop / "sub").mkdir(parents=True)

    async def scene() -> None:
        async with house.live() as engine:
            reply = await ask(engine, c.Arm())
            assert not reply.ok and "remove it by hand" in reply.text
            assert engine.view().engine.stop_file

    asyncio.run(scene())


def test_a_defect_in_one_build_is_shown_and_harms_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw stops that attempt only; the operator sees it, and a kill still works."""
    house.settings = Settings(queue=QueueSettings(slots=3))

    async def scene() -> None:
        async with house.live() as engine:

            def broken(*_: object, **__: object) -> None:
                raise ZeroDivisionError("a defect")

            monkeypatch.setattr("engine.work.workspace.prepare_empty", broken)
            await ask(engine, c.AddTasks(specs=(a_spec("broken"),)))
            await until(lambda: "a defect" in engine.view().engine.trouble, "it is shown")
            monkeypatch.undo()
            await ask(engine, c.AddTasks(specs=(a_spec("sound"),)))
            await house.task_is("done", label="sound")
            assert "build broken-1 failed" in engine.view().engine.trouble
            assert (await ask(engine, c.Kill(label="broken"))).ok
            await house.task_is("killed", label="broken")

    asyncio.run(scene())


def test_what_fails_again_and_again_is_not_tried_without_a_pause(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that must end and cannot, for a defect: the engine does not spin on it."""
    monkeypatch.setattr(engine_module, "_TRY_AGAIN_S", 3600)
    calls = 0

    def broken(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError("a defect")

    async def scene() -> None:
        async with house.live() as engine:
            with monkeypatch.context() as patch:
                patch.setattr("engine.work.workspace.prepare_empty", broken)
                await ask(engine, c.AddTasks(specs=(a_spec(),)))
                await until(lambda: calls == 1, "it fails")
                assert (await ask(engine, c.Kill(label="tidy"))).ok
                await until(lambda: calls == 2, "it fails again")
                for _ in range(200):
                    await asyncio.sleep(0)
                assert calls == 2
            await nudge(engine)
            await house.task_is("killed")

    asyncio.run(scene())


def test_what_is_asked_of_an_engine_that_has_ended_is_answered(house: House) -> None:
    """A late command gets a refusal, not silence, and does not make the end look like a failure."""

    async def scene() -> None:
        async with house.live() as engine:
            pass
        reply = await ask(engine, c.Arm())
        assert not reply.ok and "has ended" in reply.text
        assert engine.failed == ""

    asyncio.run(scene())


def test_the_kill_switch_ends_everything_and_says_how_long_it_took(house: House) -> None:
    """All builds dead, the file there, each task killed, no question left open, and nothing starts until armed."""

    async def scene() -> None:
        async with house.live() as engine:
            specs = tuple(a_spec(label, command="touch here; sleep 60", paths=(f"{label}/*",)) for label in ("a", "b"))
            await ask(engine, c.AddTasks(specs=(*specs, a_spec("queued"))))
            for label in ("a", "b"):
                await until((house.workspace.build(f"{label}-1").work / "here").exists, f"{label} runs")
            reply = await ask(engine, c.KillAll(why="smoke"))
            assert reply.ok and "2 builds dead in" in reply.text
            assert [house.task(label).state_name for label in ("a", "b", "queued")] == ["killed", "killed", "queued"]
            assert house.workspace.stop.exists()
            assert EscalationKind.BUILD_UNKNOWN not in house.questions(open_only=False)
            await nudge(engine)
            await house.task_is("done", label="queued")

    asyncio.run(scene())


def test_what_viewers_are_told_holds_no_personal_data(house: House) -> None:
    """What a build says of its progress, and what troubles the engine, pass the same door as the record."""
    said = "echo '::progress 40 for ada@example.org'; while ! test -e go; do sleep 0.01; done"

    async def scene() -> None:
        async with house.live() as engine:
            house.store.door = Scrubber()
            assert (await ask(engine, c.AddTasks(specs=(a_spec(command=said),)))).ok
            await until(lambda: bool(engine.view().progress), "it tells of its progress")
            await until(lambda: engine.view().progress["tidy-1"].percent == 40, "it tells how far it is")
            assert engine.view().progress["tidy-1"].step == "for [mail]"
            engine._herald.set_info(trouble="no room for ada@example.org")
            assert engine.view().engine.trouble == "no room for [mail]"
            (house.workspace.build("tidy-1").work / "go").touch()
            await house.task_is("done")

    asyncio.run(scene())
