"""One build's life: resumed at every step, ended by the operator at every step, never run twice."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.engine import Engine
from engine.safety import kill_switch, record
from engine.safety.kill import kill_build
from engine.safety.processes import Identity, alive, boot_id
from engine.work import process
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.settings import QueueSettings, RetrySettings, Settings, StallSettings
from tests.engine.engines import TOKEN, Gate, House, ask, building, nudge, until
from tests.engine.work.repositories import commit, git, repository
from tests.engine.work.running import PATIENCE_S
from tests.engine.work.running import until as until_so
from tests.making import a_spec

ONCE = "echo ran >> runs"
"""A command that shows how often it was run."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def running(identity: Identity) -> b.Running:
    return b.Running(token=TOKEN, pid=identity.pid, start_ticks=identity.start_ticks, boot=identity.boot)


def go_on(house: House, *states: str) -> None:
    """Let an engine adopt what was left, until the task is in one of the states, with nothing to complain of."""

    async def scene() -> None:
        async with house.live() as engine:
            await house.task_is(*states)
            assert not engine.view().engine.trouble

    asyncio.run(scene())


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


CHANGE = f"{ONCE}; echo more >> a.txt"
"""A change to a repository of the tests."""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.txt": "a\n", ".gitignore": "runs\n"})


async def add(engine: Engine, **changes: Any) -> None:
    reply = await ask(engine, c.AddTasks(specs=(a_spec(**changes),)))
    assert reply.ok and reply.text == f"tidy: {'awaiting_approval' if 'category' in changes else 'queued'}", reply.text


async def approve(engine: Engine, house: House) -> None:
    """Say yes to what is open on the task."""
    task = house.task()
    digest = task.state.digest if isinstance(task.state, t.AwaitingReview) else task.spec.digest
    assert (await ask(engine, c.Approve(label="tidy", digest=digest))).ok


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


def test_a_branch_that_moves_between_check_and_merge_is_checked_again(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is merged is exactly what was verified: on the new tip the verify command runs again."""

    async def scene() -> None:
        gate = Gate(monkeypatch, "engine.work.delivery.deliver")
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="cat a.txt; ls")
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            commit(repo, {"other.txt": "meanwhile"})
            gate.door.set()
            await house.task_is("done")
            assert gate.calls == 2

    asyncio.run(scene())
    assert "other.txt" in house.workspace.verification("tidy-1").output.read_text()
    assert house.build().verified.result is house.build().delivered.result is b.Result.YES
    assert git(repo, "ls-files").split() == [".gitignore", "a.txt", "other.txt"]
    assert len(git(repo, "rev-list", "main").split()) == 3


def test_a_failing_verification_fails_the_build_and_merges_nothing(house: House, repo: Path) -> None:
    """Its last words are in the verdict, and the command itself still counts as executed well."""
    tip = git(repo, "rev-parse", "main")

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="echo three tests failed; exit 2")
            await house.task_is("retrying")

    asyncio.run(scene())
    build = house.build()
    assert (build.executed.result, build.verified.result) == (b.Result.YES, b.Result.NO)
    assert "exit code 2" in build.verified.text and "three tests failed" in build.verified.text
    assert build.delivered.result is b.Result.PENDING
    assert git(repo, "rev-parse", "main") == tip


def test_a_build_that_changed_nothing_is_done(house: House, repo: Path) -> None:
    """There is nothing to merge, and the note says so."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command="true", verify="true")
            await house.task_is("done")

    asyncio.run(scene())
    assert house.task().state.note == "no changes"
    assert len(git(repo, "rev-list", "main").split()) == 1


def test_a_review_gives_the_slot_back_and_its_approval_merges(house: House, repo: Path) -> None:
    """A feature waits for the operator without keeping others from their turn; its approval merges that very diff."""
    house.settings = Settings(queue=QueueSettings(slots=1))

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true", category=t.Category.NEW_FEATURE)
            await approve(engine, house)
            await house.task_is("awaiting_review")
            assert house.questions() == [EscalationKind.REVIEW_NEEDED]
            await ask(engine, c.AddTasks(specs=(a_spec("next"),)))
            await house.task_is("done", label="next")
            assert not (await ask(engine, c.Approve(label="tidy", digest="0" * 64))).ok
            await approve(engine, house)
            await house.task_is("done")

    asyncio.run(scene())
    assert house.runs() == 1
    assert house.questions() == []
    assert (repo / "a.txt").read_text() == "a\nmore\n"


@pytest.mark.parametrize("approved", [True, False])
def test_a_review_survives_a_restart(house: House, repo: Path, approved: bool) -> None:
    """Approved while no engine ran it merges at the next start; not approved it goes on waiting."""

    async def before() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true", category=t.Category.NEW_FEATURE)
            await approve(engine, house)
            await house.task_is("awaiting_review")

    asyncio.run(before())
    if approved:
        yes = t.Approval(by="operator:ada", at=house.clock.now(), digest=house.build().digest)
        house.seed(msgspec.structs.replace(house.build(), approval=yes))

    async def after() -> None:
        async with house.live() as engine:
            if approved:
                await house.task_is("done")
            else:
                await nudge(engine)
                assert house.task().state_name == "awaiting_review"

    asyncio.run(after())
    assert house.runs() == 1
    assert len(git(repo, "rev-list", "main").split()) == (2 if approved else 1)


def test_an_answer_that_comes_while_a_merge_is_tried_is_the_last_word(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Denied in the moment in which the approved diff is brought onto the tip, it does not merge."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true", category=t.Category.NEW_FEATURE)
            await approve(engine, house)
            await house.task_is("awaiting_review")
            gate = Gate(monkeypatch, "engine.work.delivery.candidate")
            await approve(engine, house)
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            assert (await ask(engine, c.Deny(label="tidy", digest=house.build().digest, why="no"))).ok
            gate.door.set()
            await nudge(engine)
            await until(lambda: not engine.view().engine.trouble and house.build().over, "it is over")

    asyncio.run(scene())
    assert house.task().state_name == "killed"
    assert len(git(repo, "rev-list", "main").split()) == 1


@pytest.mark.parametrize("verify", ["true", ""])
def test_a_conflict_waits_and_is_tried_again_until_the_way_is_clear(house: House, repo: Path, verify: str) -> None:
    """The branch changed the same line: nothing is touched; once that is taken back, it goes on by itself."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(
                engine, repo=str(repo), command=f"{CHANGE}; while ! test -e go; do sleep 0.01; done", verify=verify
            )
            await until(lambda: house.runs() == 1, "it runs")
            tip = commit(repo, {"a.txt": "a\nother\n"})
            (house.workspace.build("tidy-1").work / "go").touch()
            (house.workspace.build("tidy-1").work / ".gitignore").write_text("runs\ngo\n.gitignore\n")
            await house.task_is("awaiting_review")
            assert house.task().state.blocked == "merge conflict in a.txt"
            assert house.questions() == [EscalationKind.DELIVERY_BLOCKED]
            assert git(repo, "rev-parse", "main") == tip
            await nudge(engine)
            assert house.store.escalations["e1"].count == 1
            house.clock.forward(300)
            await nudge(engine)
            await until(lambda: house.store.escalations["e1"].count == 2, "it is tried again")
            commit(repo, {"a.txt": "a\n"})
            house.clock.forward(301)
            await nudge(engine)
            if verify:
                await house.task_is("done")
            else:
                await until(lambda: house.questions() == [EscalationKind.REVIEW_NEEDED], "only the diff is asked about")
                await approve(engine, house)
                await house.task_is("done")
            assert not engine.view().engine.trouble

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\nmore\n"
    assert house.questions() == []


def test_an_approval_hurries_a_blocked_merge(house: House, repo: Path) -> None:
    """The operator cleared the way and says so: it merges now, not when its time would come."""
    (repo / "a.txt").write_text("an unsaved thought\n")

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true")
            await house.task_is("awaiting_review")
            assert "a.txt" in house.task().state.blocked
            assert (repo / "a.txt").read_text() == "an unsaved thought\n"
            git(repo, "checkout", "--", "a.txt")
            await approve(engine, house)
            await house.task_is("done")

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\nmore\n"
    assert house.runs() == 1


def test_a_blocked_merge_is_tried_at_once_by_the_next_engine(house: House, repo: Path) -> None:
    """Whoever starts the engine again has probably cleared the way."""
    (repo / "a.txt").write_text("an unsaved thought\n")

    async def before() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true")
            await house.task_is("awaiting_review")

    asyncio.run(before())
    git(repo, "checkout", "--", "a.txt")
    go_on(house, "done")
    assert house.runs() == 1


def test_a_repository_that_vanished_fails_the_build_in_words(house: House, repo: Path) -> None:
    """No traceback: the build failed, and its text names the folder."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command="touch here; while ! test -e go; do sleep 0.01; done")
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            repo.rename(repo.with_name("gone"))
            (house.workspace.build("tidy-1").work / "go").touch()
            await house.task_is("retrying")
            assert str(repo) in house.task().state.text
            assert not engine.view().engine.trouble

    asyncio.run(scene())


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
