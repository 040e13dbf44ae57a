"""One build's life: resumed at every step, never run twice."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine.safety import kill_switch
from engine.safety.kill import kill_build
from engine.safety.processes import Identity, alive, boot_id
from engine.work import process
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.settings import RetrySettings, Settings, StallSettings
from tests.engine.builds.attempts import ONCE, add, go_on
from tests.engine.engines import TOKEN, House, ask, building, nudge
from tests.engine.work.running import PATIENCE_S
from tests.engine.work.running import until as until_so
from tests.making import a_spec


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def running(identity: Identity) -> b.Running:
    return b.Running(token=TOKEN, pid=identity.pid, start_ticks=identity.start_ticks, boot=identity.boot)


def test_a_build_that_was_being_prepared_is_prepared_again(house: House) -> None:
    """What an engine before left half made of a workspace is gone, and the command runs once in a fresh one."""
    left = house.workspace.build("tidy-1").work
    left.mkdir(parents=True)
    (left / "half").write_text("left over")
    house.seed(*building(b.Preparing(), task={"command": ONCE}.items()))
    go_on(house, "done")
    assert house.runs() == 1
    assert house.build().deliverables == ("runs",)


def test_a_build_that_was_about_to_start_and_did_not_is_started(house: House) -> None:
    """Nothing carries its token and no supervisor wrote of it: it is started, once."""
    house.seed(*building(b.Starting(token=TOKEN), task={"command": ONCE}.items()))
    go_on(house, "done")
    assert house.runs() == 1


def test_a_build_that_did_start_is_found_by_its_token(house: House) -> None:
    """The engine died between the start and the record of it: the running process is adopted, not started again."""
    identity = house.spawn("tidy-1", f"{ONCE}; while ! test -e go; do sleep 0.01; done")
    until_so(lambda: house.runs() == 1, "it ran")
    house.seed(*building(b.Starting(token=TOKEN), task={"command": ONCE}.items()))

    async def scene() -> None:
        async with house.live():
            await house.build_is("running")
            assert house.build().state == running(identity)
            (house.workspace.build("tidy-1").work / "go").touch()
            await house.task_is("done")

    asyncio.run(scene())
    assert house.runs() == 1


@pytest.mark.parametrize("known", ["starting", "running"])
@pytest.mark.parametrize(("code", "state"), [(0, "done"), (3, "retrying")])
def test_a_build_that_ended_meanwhile_is_collected_not_run(house: House, known: str, code: int, state: str) -> None:
    """Its exit code was written while no engine lived, and decides."""
    identity = house.spawn("tidy-1", f"{ONCE}; exit {code}")
    assert process.wait_ended(identity, house.workspace.build("tidy-1"), PATIENCE_S)
    before = b.Starting(token=TOKEN) if known == "starting" else running(identity)
    house.seed(*building(before, task={"command": ONCE}.items()))
    go_on(house, state)
    assert house.runs() == 1
    assert house.build().executed.result is (b.Result.YES if code == 0 else b.Result.NO)


@pytest.mark.parametrize("known", ["starting", "running"])
def test_a_build_that_vanished_is_unknown_and_never_run_again(house: House, known: str) -> None:
    """Without an exit code nothing is proven: the operator is asked, and no due time starts it again."""
    identity = house.spawn("tidy-1", f"{ONCE}; sleep 60")
    paths = house.workspace.build("tidy-1")
    until_so(lambda: house.runs() == 1, "it ran")
    os.killpg(identity.pid, signal.SIGKILL)
    assert process.wait_ended(identity, paths, PATIENCE_S)
    house.seed(*building(b.Starting(token=TOKEN) if known == "starting" else running(identity)))

    async def scene() -> None:
        async with house.live() as engine:
            await house.task_is("unknown")
            house.clock.forward(86_400)
            await nudge(engine)
            assert house.task().state_name == "unknown"
            assert house.questions() == [EscalationKind.BUILD_UNKNOWN]

    asyncio.run(scene())
    assert set(house.store.builds) == {"tidy-1"}
    assert house.runs() == 1


def test_a_process_of_an_earlier_boot_is_nobody(house: House) -> None:
    """The same pid and start time after a restart of the machine is another process, and is left alone."""
    identity = house.spawn("other-1", "sleep 60")
    ghost = b.Running(token="t", pid=identity.pid, start_ticks=identity.start_ticks, boot="an-earlier-boot")
    assert boot_id() != ghost.boot
    house.workspace.build("tidy-1").work.mkdir(parents=True)
    house.workspace.build("tidy-1").status.write_text('{"child-pid": 4}')
    house.seed(*building(ghost))

    async def scene() -> None:
        async with house.live():
            await house.task_is("unknown")
            assert alive(identity)

    asyncio.run(scene())


def test_a_build_that_had_ended_is_collected(house: House) -> None:
    """Its end is on record, its result is not: the result is read from the workspace as it is."""
    work = house.workspace.build("tidy-1").work
    work.mkdir(parents=True)
    (work / "made.txt").write_text("by the build")
    house.seed(*building(b.Ended(exit_code=0), task={"command": ONCE}.items()))
    go_on(house, "done")
    assert house.build().deliverables == ("made.txt",)
    assert house.runs() == 0


def test_a_verification_that_was_left_running_is_ended_and_done_again(house: House) -> None:
    """The engine died during a check: the old one is killed, and a fresh one decides."""
    old = house.spawn("tidy-1.verify", "sleep 60")
    work = house.workspace.build("tidy-1").work
    work.mkdir(parents=True)
    (work / "made.txt").write_text("by the build")
    verify = {"verify": "test -e made.txt && echo checked > checked"}
    house.seed(*building(b.Checking(candidate=""), deliverables=("made.txt",), task=verify.items()))
    go_on(house, "done")
    assert not alive(old)
    assert house.build().verified.result is b.Result.YES
    assert (house.workspace.verification("tidy-1").work / "checked").exists()
    assert not (work / "checked").exists()


@pytest.mark.parametrize(
    "state", [b.Preparing(), b.Starting(token=TOKEN), b.Ended(exit_code=0), b.Checking(candidate="")]
)
@pytest.mark.parametrize("how", ["kill", "fail", "stop"])
def test_what_was_ended_on_record_does_not_go_on_after_a_crash(house: House, state: b.BuildState, how: str) -> None:
    """The engine died between the record of a kill and the kill: the next one starts nothing of it."""
    house.workspace.build("tidy-1").work.mkdir(parents=True)
    marks = {"kill": {"kill_by": "operator:ada"}, "fail": {"fail_by": "operator:ada: wrong"}, "stop": {}}[how]
    house.seed(*building(state, task={"command": ONCE, "verify": ONCE}.items(), **marks))
    if how == "stop":
        house.workspace.stop.touch()
    go_on(house, "retrying" if how == "fail" else "killed")
    assert house.runs() == 0
    assert not (house.workspace.verification("tidy-1").work / "runs").exists()
    assert house.build().over


def test_a_running_build_that_was_killed_on_record_is_killed(house: House) -> None:
    """The engine died between the record of a kill and the kill: the next one carries it out."""
    identity = house.spawn("tidy-1", "sleep 60")
    house.seed(*building(running(identity), kill_by="operator:ada"))
    go_on(house, "killed")
    assert not alive(identity)
    assert house.task().state.text == "killed by operator:ada"


def test_a_kill_without_the_engine_is_no_riddle_to_it(house: House) -> None:
    """Someone ended the build by its files while the engine hung: the mark that this left tells the end."""
    identity = house.spawn("tidy-1", "sleep 60")
    house.seed(*building(running(identity)))
    assert kill_build(house.workspace.build("tidy-1")).found
    go_on(house, "killed")
    assert house.questions() == []


def test_each_failure_is_tried_again_after_its_time_and_the_fourth_is_the_last(tmp_path: Path) -> None:
    """Three retries, five minutes apart, each a build of its own; then the operator is asked."""
    house = House(tmp_path, settings=Settings(retry=RetrySettings(times=3, wait_s=300)))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="echo no luck; exit 7"),)))
            for failures in (1, 2, 3):
                await house.build_is("finished", f"tidy-{failures}")
                state = house.task().state
                assert isinstance(state, t.Retrying) and house.task().failures == failures
                assert (state.at - house.clock.now()).total_seconds() == 300
                house.clock.forward(299)
                await nudge(engine)
                assert len(house.store.builds) == failures
                house.clock.forward(1)
                await nudge(engine)
            await house.task_is("failed")
            assert house.questions() == [EscalationKind.BUILD_FAILED]
            told = next(iter(house.store.escalations.values())).text
            assert "failed 4 times" in told and "no luck" in told
            house.clock.forward(86_400)
            await nudge(engine)

    asyncio.run(scene())
    assert sorted(house.store.builds) == ["tidy-1", "tidy-2", "tidy-3", "tidy-4"]
    assert all(build.over for build in house.store.builds.values())
    assert not kill_switch.engaged(house.workspace)


def test_a_workspace_that_cannot_be_made_fails_the_build_in_words(house: House) -> None:
    """A disk that refuses a folder is an expected failure: the build failed, the engine goes on."""
    house.workspace.builds.rmdir()
    house.workspace.builds.write_text("a file where the builds should be")

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine)
            await house.task_is("retrying")
            assert "Not a directory" in house.task().state.text
            assert not engine.view().engine.trouble
            house.workspace.builds.unlink()

    asyncio.run(scene())


def test_a_silent_build_is_asked_about_once_and_goes_on(house: House) -> None:
    """No output, file change or CPU time for as long as the settings say: one question, one anomaly, no kill."""
    house.settings = Settings(stall=StallSettings(after_s=0.3))

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, command="exec sleep 60")
            await house.build_is("running")
            # The monitor reads the clock that the test moves; how long it sleeps is real.
            while not house.questions():
                house.clock.forward(0.2)
                await asyncio.sleep(0.05)
            assert house.questions() == [EscalationKind.BUILD_STALLED]
            assert house.build().state_name == "running"
            assert [anomaly.figure for anomaly in house.store.anomalies.values()] == ["quiet_s"]
            assert (await ask(engine, c.Kill(label="tidy"))).ok
            await house.task_is("killed")
            assert house.questions() == []

    asyncio.run(scene())


def test_output_that_was_cut_is_noted_on_the_build(house: House) -> None:
    """What is missing from the log is said where the build is looked at."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, command="yes | head -c 4000000", limits=t.LimitOverrides(output_bytes=1 << 20))
            await house.task_is("done")

    asyncio.run(scene())
    assert any("bytes of output were cut" in note for note in house.build().notes)
