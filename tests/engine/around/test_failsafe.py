"""Deciding that fails stops the deciding and nothing else, in a real engine with real builds."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest

from engine import engine as engine_module
from engine.desk.faults import SUBJECT
from state.model import command as c
from state.model.escalation import EscalationKind, Urgency
from tests.engine.engines import House, ask, until
from tests.making import a_spec, a_task
from tests.state.shaky import ShakyDisk

WAIT = "echo $$ > up; while [ ! -e go ]; do sleep 0.02; done"
ADD = c.AddTasks(specs=(a_spec("next"),))
RESUME = c.Pause(on=False)


def broken(monkeypatch: pytest.MonkeyPatch, where: str = "engine.policy.moment.slots.check") -> None:
    """Let a rule of the gate raise."""

    def check(*_: Any) -> None:
        raise ZeroDivisionError("a rule without a floor")

    monkeypatch.setattr(where, check)


async def runs(house: House, build: str = "tidy-1") -> None:
    await until((house.workspace.build(build).work / "up").exists, f"{build} to run")


def test_a_rule_that_raises_pauses_and_asks_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing starts, one urgent question says where it failed; resumed in vain its count rises, mended it goes on."""
    house = House(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            with monkeypatch.context() as patch:
                broken(patch)
                assert (await ask(engine, ADD)).ok
                for count in (1, 2, 3):
                    await until(lambda: house.store.control.manual, "the failsafe")
                    [question] = [q for q in house.store.escalations.values() if q.label == SUBJECT]
                    assert (question.type, question.priority) == (EscalationKind.SYSTEM_HEALTH, Urgency.URGENT)
                    assert question.count == count
                    assert "ZeroDivisionError: a rule without a floor" in question.text
                    assert "line" in question.text and __name__.rpartition(".")[2] in question.text
                    assert house.store.control.paused and not house.store.builds
                    assert (await ask(engine, RESUME)).ok
                await until(lambda: house.store.control.manual, "the failsafe")
            assert (await ask(engine, RESUME)).ok
            await house.task_is("done", label="next")
            assert not house.questions()
            assert not house.store.control.manual

    asyncio.run(scene())


def test_builds_go_on_and_the_operator_keeps_the_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In manual mode a build runs to its end, another is killed, a start is approved and denied, the switch works."""
    house = House(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec("tidy", command=WAIT),)))
            await runs(house)
            with monkeypatch.context() as patch:
                broken(patch)
                await ask(engine, ADD)
                await until(lambda: house.store.control.manual, "the failsafe")
                asks = a_spec("feature", category="new_feature")
                await ask(engine, c.AddTasks(specs=(asks, a_spec("other", category="new_feature"))))
                assert (await ask(engine, c.Approve(label="feature", digest=asks.digest))).ok
                assert (await ask(engine, c.Deny(label="other", digest=""))).ok
                (house.workspace.build("tidy-1").work / "go").touch()
                await house.task_is("done")
                assert (await ask(engine, c.Kill(label="next"))).ok
                assert (await ask(engine, c.KillAll())).ok
                assert house.workspace.stop.exists()
                assert set(house.store.builds) == {"tidy-1"}
            await ask(engine, c.Arm())
            assert set(house.store.builds) == {"tidy-1"}, "the switch released is no word on the failure"
            await ask(engine, RESUME)
            await house.task_is("done", label="feature")

    asyncio.run(scene())


def test_a_kill_is_carried_out_although_the_desk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command whose handling raises is refused in words; a kill ends the build all the same."""
    house = House(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec("tidy", command=WAIT),)))
            await runs(house)
            with monkeypatch.context() as patch:
                broken(patch, "engine.desk.common.Common.task")
                reply = await ask(engine, c.Kill(label="tidy"))
                assert not reply.ok and "midwatch status" in reply.text
                await house.task_is("killed")
            assert house.store.control.manual

    asyncio.run(scene())


def test_what_was_to_be_judged_is_judged_after_the_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that was held for a dependency, and would be released in the turn that failed, is released later."""
    house = House(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec("tidy", command=WAIT), a_spec("late", depends=("tidy",)))))
            await runs(house)
            with monkeypatch.context() as patch:
                broken(patch)
                (house.workspace.build("tidy-1").work / "go").touch()
                await until(lambda: house.store.control.manual, "the failsafe")
                await house.task_is("done")
            await ask(engine, RESUME)
            await house.task_is("done", label="late")

    asyncio.run(scene())


def test_an_idle_engine_ends_in_manual_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that was to work until idle does not wait for ever for what it may not decide."""
    house = House(tmp_path)
    house.seed(a_task("tidy"))
    broken(monkeypatch)

    async def scene() -> None:
        async with asyncio.timeout(20), house.live(until_idle=True) as engine:
            await until(engine._leaving.is_set, "its end")

    asyncio.run(scene())
    assert not house.store.builds


def test_a_full_disk_pauses_once_it_can_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused for want of room does not let the engine go on by itself afterwards: the operator is asked."""
    monkeypatch.setattr(engine_module, "_TRY_AGAIN_S", 0.02)
    disk = ShakyDisk()
    house = House(tmp_path, disk=disk)

    async def scene() -> None:
        async with house.live() as engine:
            disk.fail("write", errno.ENOSPC, times=2)
            assert not (await ask(engine, ADD)).ok
            await until(lambda: house.store.control.manual, "the failsafe on record")
            assert not engine.view().engine.trouble
            assert (await ask(engine, ADD)).ok
            [question] = house.store.escalations.values()
            assert "the record could not be written" in question.text
            assert not house.store.builds
            await ask(engine, RESUME)
            await house.task_is("done", label="next")

    asyncio.run(scene())
