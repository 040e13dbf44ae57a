"""One build's life, ended by the operator at every step."""

import asyncio
from pathlib import Path

import pytest

from engine.safety import record
from engine.safety.processes import alive
from state.model import command as c
from tests.engine.builds.attempts import CHANGE, add
from tests.engine.engines import Gate, House, ask, until
from tests.engine.work.repositories import commit, git, repository
from tests.engine.work.running import PATIENCE_S
from tests.making import a_spec


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.txt": "a\n", ".gitignore": "runs\n"})


END = {"kill": c.Kill(label="tidy"), "fail": c.Fail(label="tidy", why="wrong"), "kill all": c.KillAll(why="smoke")}
STEPS = {
    "prepare": "engine.work.workspace.prepare",
    "prepared": "engine.work.workspace.prepare",
    "mounts": "engine.work.workspace.mounts",
    "collect": "engine.work.workspace.collect",
    "candidate": "engine.work.delivery.candidate",
    "check": "engine.work.workspace.checkout",
}
"""Where an attempt waits between its records, up to the merge."""


@pytest.mark.parametrize("how", END)
@pytest.mark.parametrize("step", STEPS)
def test_a_build_can_be_ended_at_every_step(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch, step: str, how: str
) -> None:
    """Asked for while the attempt waits there, it ends there: nothing more of it starts and nothing is merged."""
    tip = git(repo, "rev-parse", "main")

    async def scene() -> None:
        gate = Gate(monkeypatch, STEPS[step], after=step == "prepared")
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="touch verified")
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            asked = asyncio.create_task(ask(engine, END[how]))
            await until(lambda: bool(house.build().kill_by or house.build().fail_by), "it is on record")
            gate.door.set()
            assert (await asked).ok
            await house.task_is("retrying" if how == "fail" else "killed")
            assert house.build().over
            assert not engine.view().engine.trouble

    asyncio.run(scene())
    assert git(repo, "rev-parse", "main") == tip
    assert house.runs() == (0 if step in ("prepare", "prepared", "mounts") else 1)
    assert not (house.workspace.verification("tidy-1").work / "verified").exists()


@pytest.mark.parametrize("how", END)
@pytest.mark.parametrize("where", ["command", "verify"])
def test_a_build_can_be_ended_while_something_of_it_runs(house: House, how: str, where: str) -> None:
    """The processes of its command, or of its verification, are dead, and the record says by whom."""
    long = "echo on > here; sleep 60"
    commands = {"command": long} if where == "command" else {"command": "touch made", "verify": long}

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, **commands)
            paths = house.workspace.build("tidy-1") if where == "command" else house.workspace.verification("tidy-1")
            await until((paths.work / "here").exists, "it runs")
            known = record.read(paths)
            assert known is not None and alive(known.process)
            assert (await ask(engine, END[how])).ok
            await house.task_is("retrying" if how == "fail" else "killed")
            assert not alive(known.process)
            assert "operator:ada" in house.build().state.text
            assert house.questions() == []

    asyncio.run(scene())


def test_a_stop_file_ends_a_build_wherever_it_is_and_nothing_starts_until_armed(house: House) -> None:
    """A file made by hand is enough; who did it and why is put on record, and `arm` lets the next one start."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, command="touch here; sleep 60")
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            house.workspace.stop.write_text("the room is on fire\n")
            await house.task_is("killed")
            await until(lambda: house.store.control.stopped, "it is on record")
            await ask(engine, c.AddTasks(specs=(a_spec("later"),)))
            assert house.task("later").state_name == "queued"
            assert engine.view().engine.stop_file
            assert (await ask(engine, c.Arm())).ok
            await house.task_is("done", label="later")
            assert not house.workspace.stop.exists()

    asyncio.run(scene())


def test_a_kill_during_the_merge_comes_too_late_and_leaves_no_half(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the branch is being moved the merge is finished, and the record says that it was."""

    async def scene() -> None:
        gate = Gate(monkeypatch, "engine.work.delivery.deliver", after=True)
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true")
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            asked = asyncio.create_task(ask(engine, c.Kill(label="tidy")))
            await until(lambda: bool(house.build().kill_by), "it is on record")
            gate.door.set()
            await asked
            await house.task_is("done")

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\nmore\n"
    assert git(repo, "status", "--porcelain") == ""


def test_a_kill_while_the_branch_moves_away_is_heeded(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merge has to begin anew because the branch has moved; a kill that came meanwhile is not forgotten."""

    async def scene() -> None:
        gate = Gate(monkeypatch, "engine.work.delivery.deliver")
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true")
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            commit(repo, {"other.txt": "meanwhile"})
            asked = asyncio.create_task(ask(engine, c.Kill(label="tidy")))
            await until(lambda: bool(house.build().kill_by), "it is on record")
            gate.door.set()
            await asked
            await house.task_is("killed")

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\n"
