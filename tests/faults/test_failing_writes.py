"""A journal that cannot be written in the middle of a build: nothing is run or merged twice, nothing is stuck."""

import asyncio
import errno
from datetime import timedelta
from pathlib import Path

import pytest

from engine import engine as engine_module
from engine import hall
from state.journal import verify
from state.model import build as b
from state.model import command as c
from state.model.escalation import EscalationKind
from tests.engine.engines import House, ask, until
from tests.engine.work.repositories import git, repository
from tests.making import a_spec
from tests.state.shaky import ShakyDisk

COMMAND = "echo ran >> runs; echo more >> a.txt; while ! test -e go; do sleep 0.01; done"
WRITES = range(7)
"""The journal is written this often from the start of a build to its merge."""


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> ShakyDisk:
    """A disk that can be made to fail, and an engine that tries again soon."""
    monkeypatch.setattr(hall, "_ASK_AGAIN_S", 0.02)
    monkeypatch.setattr(engine_module, "_TRY_AGAIN_S", 0.02)
    return ShakyDisk()


@pytest.fixture
def house(tmp_path: Path, disk: ShakyDisk) -> House:
    return House(tmp_path, disk=disk)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.txt": "a\n", ".gitignore": "runs\ngo\n"})


def spent(disk: ShakyDisk, call: str) -> bool:
    """Whether every failure that was asked for has happened."""
    return disk._failing[call][1:] == (0, 0)


def let_go(house: House) -> bool:
    """Let the build's command end, once it runs; False, so that a condition can say it before another."""
    if house.runs():
        (house.workspace.build("tidy-1").work / "go").touch()
    return False


def merged_once(house: House, repo: Path) -> None:
    assert house.runs() == 1
    assert git(repo, "show", "main:a.txt") == "a\nmore"
    assert (repo / "a.txt").read_text() == "a\nmore\n"
    assert len(git(repo, "rev-list", "main").split()) == 2
    assert set(house.store.builds) == {"tidy-1"}
    assert verify(house.workspace.journal, checkpoint=house.workspace.checkpoint).ok


@pytest.mark.parametrize("skip", WRITES)
@pytest.mark.parametrize("times", [1, 3])
def test_a_full_disk_at_any_step_delays_a_build_and_no_more(
    house: House, disk: ShakyDisk, repo: Path, skip: int, times: int
) -> None:
    """Whichever write fails, and the next ones too: once there is room the build goes on to its one merge."""

    async def scene() -> None:
        async with house.live() as engine:
            assert (await ask(engine, c.AddTasks(specs=(a_spec(repo=str(repo), command=COMMAND, verify="true"),)))).ok
            disk.fail("write", errno.ENOSPC, skip=skip, times=times)
            await until(lambda: let_go(house) or house.task().state_name == "done", lambda: f"{house.task()}")
            await until(lambda: not engine.view().engine.trouble, "the trouble is over")

    asyncio.run(scene())
    assert spent(disk, "write"), "the build has fewer steps than this test thinks"
    merged_once(house, repo)
    assert house.build().verified.result is house.build().delivered.result is b.Result.YES
    assert house.build().files_changed == 1


@pytest.mark.parametrize("skip", WRITES)
def test_a_disk_that_cannot_sync_ends_the_engine_and_the_next_one_goes_on(
    house: House, disk: ShakyDisk, repo: Path, skip: int
) -> None:
    """After a failed sync nothing is accepted any more; an engine on a mended disk runs nothing a second time."""

    async def until_it_ends() -> None:
        async with house.live(keep=True) as engine:
            assert (await ask(engine, c.AddTasks(specs=(a_spec(repo=str(repo), command=COMMAND, verify="true"),)))).ok
            disk.fail("datasync", errno.EIO, skip=skip)
            await until(lambda: let_go(house) or bool(engine.failed), "it ends")
            assert "look at the disk" in engine.failed
            assert not (await ask(engine, c.Arm())).ok

    asyncio.run(until_it_ends())

    async def after() -> None:
        async with house.live():
            await until(lambda: let_go(house) or house.task().state_name == "done", lambda: f"{house.task()}")

    asyncio.run(after())
    merged_once(house, repo)


def test_a_start_that_could_not_be_recorded_is_made_once_the_operator_goes_on(house: House, disk: ShakyDisk) -> None:
    """The plan's decision is taken back with the write, and made again as soon as the operator lets it go on."""

    async def scene() -> None:
        async with house.live() as engine:
            tomorrow = house.clock.now() + timedelta(days=1)
            assert (await ask(engine, c.AddTasks(specs=(a_spec(start_at=tomorrow),)))).ok
            house.clock.forward(86_400)
            disk.fail("write", errno.ENOSPC, times=1)
            assert not (await ask(engine, c.Arm())).ok
            await until(lambda: house.store.control.manual, "it asks")
            assert not house.store.builds
            assert (await ask(engine, c.Pause(on=False))).ok
            await house.task_is("done")

    asyncio.run(scene())


def test_a_kill_that_cannot_be_recorded_kills(house: House, disk: ShakyDisk) -> None:
    """The reply says that it is not on record, the processes die all the same, and later the end says who did it."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="touch here; sleep 60"),)))
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            await house.build_is("running")
            disk.fail("write", errno.ENOSPC, times=5)
            reply = await ask(engine, c.Kill(label="tidy"))
            assert not reply.ok and "make room" in reply.text
            await house.task_is("killed")
            assert house.task().state.text == "killed by operator:ada"
            assert not (await ask(engine, c.Kill(label="nobody"))).ok
            await until(lambda: not engine.view().engine.trouble, "the trouble is over")

    asyncio.run(scene())
    assert house.questions() == [EscalationKind.SYSTEM_HEALTH], "only the failsafe's question is open"


def test_a_kill_of_a_task_that_is_not_there_on_a_full_disk_is_no_defect(house: House, disk: ShakyDisk) -> None:
    """It is refused like everything else, and the engine goes on when there is room."""

    async def scene() -> None:
        async with house.live() as engine:
            disk.fail("write", errno.ENOSPC, times=1)
            requests = [c.AddTasks(specs=(a_spec(),)), c.Kill(label="nobody"), c.Kill(label="tidy")]
            replies = await asyncio.gather(*(ask(engine, request) for request in requests))
            assert not any(reply.ok for reply in replies)
            assert (await ask(engine, c.AddTasks(specs=(a_spec(),)))).ok
            assert (await ask(engine, c.Pause(on=False))).ok
            await house.task_is("done")
            assert not engine.view().engine.trouble

    asyncio.run(scene())


def test_the_kill_switch_works_on_a_full_disk_and_is_recorded_when_there_is_room(house: House, disk: ShakyDisk) -> None:
    """The file and the deaths do not wait for the journal."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="touch here; sleep 60"),)))
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            disk.fail("write", errno.ENOSPC, times=6)
            assert not (await ask(engine, c.KillAll(why="smoke"))).ok
            await house.task_is("killed")
            assert house.workspace.stop.exists()
            await until(lambda: house.store.control.stopped, "it is on record")
            assert house.store.control.stopped_by == "operator:ada"

    asyncio.run(scene())


def test_viewers_are_never_told_what_is_taken_back(house: House, disk: ShakyDisk) -> None:
    """A change that could not be made durable appears in no delta."""

    async def scene() -> None:
        async with house.live() as engine:
            changes = engine.subscribe()
            await changes.next()
            disk.fail("write", errno.ENOSPC, times=1)
            assert not (await ask(engine, c.AddTasks(specs=(a_spec("lost"),)))).ok
            later = house.clock.now() + timedelta(days=365)
            assert (await ask(engine, c.AddTasks(specs=(a_spec("kept", start_at=later),)))).ok
            told: set[str] = set()
            while "kept" not in told:
                told |= {task.label for task in (await changes.next()).tasks}
            assert "lost" not in told
            changes.close()

    asyncio.run(scene())
