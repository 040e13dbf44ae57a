"""The builds under way: slots, turns at a branch, and kills that say what they took."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.safety import record
from engine.safety.processes import alive
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.progress import Progress
from state.settings import QueueSettings, RetrySettings, SandboxKind, Settings, TaskSettings
from tests.engine.engines import House, ask, nudge, until
from tests.engine.work.repositories import git, repository
from tests.making import a_build, a_spec, a_task

HOLD = "touch here; while ! test -e go; do sleep 0.01; done"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def let_go(house: House, *builds: str) -> None:
    for build_id in builds:
        (house.workspace.build(build_id).work / "go").touch()


def test_no_more_builds_run_than_there_are_slots(house: House) -> None:
    """The third begins in the moment in which the first is over, in the order of the queue."""
    house.settings = Settings(queue=QueueSettings(slots=2))

    async def scene() -> None:
        async with house.live() as engine:
            low = a_spec("d", command=HOLD, priority=t.Priority.MEDIUM)
            specs = tuple(a_spec(label, command=HOLD, priority=t.Priority.HIGH) for label in "abc")
            await ask(engine, c.AddTasks(specs=(low, *specs)))
            for label in "ab":
                await house.build_is("running", f"{label}-1")
            await nudge(engine)
            assert sorted(house.store.builds) == ["a-1", "b-1"]
            let_go(house, "b-1")
            await house.build_is("running", "c-1")
            assert sorted(house.store.builds) == ["a-1", "b-1", "c-1"]
            let_go(house, "a-1", "c-1")
            await house.build_is("running", "d-1")
            let_go(house, "d-1")
            await house.task_is("done", label="d")

    asyncio.run(scene())


def test_two_results_are_merged_one_after_the_other(house: House, tmp_path: Path) -> None:
    """Both changed the same repository in different places: the second is brought onto the first, and verified so."""
    repo = repository(tmp_path / "repo", {"a.txt": "a\n", "b.txt": "b\n", ".gitignore": "here\ngo\n"})

    async def scene() -> None:
        async with house.live() as engine:
            specs = tuple(
                a_spec(
                    label,
                    repo=str(repo),
                    paths=(f"{label}.txt",),
                    command=f"echo more >> {label}.txt; {HOLD}",
                    verify="cat a.txt b.txt",
                )
                for label in "ab"
            )
            await ask(engine, c.AddTasks(specs=specs))
            for label in "ab":
                await until((house.workspace.build(f"{label}-1").work / "here").exists, f"{label} runs")
            let_go(house, "a-1", "b-1")
            for label in "ab":
                await house.task_is("done", label=label)
            assert not engine.view().engine.trouble

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\nmore\n" and (repo / "b.txt").read_text() == "b\nmore\n"
    assert len(git(repo, "rev-list", "main").split()) == 3
    assert git(repo, "rev-list", "--merges", "main") == ""


def test_ids_of_builds_are_never_used_again(house: House) -> None:
    """A task that is tried again by hand counts on, also after its failures were forgotten."""
    house.settings = Settings(retry=RetrySettings(times=0, wait_s=1))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="test -e nowhere"),)))
            for attempt in (1, 2, 3):
                await house.build_is("finished", f"tidy-{attempt}")
                assert house.task().state_name == "failed"
                if attempt < 3:
                    assert (await ask(engine, c.Retry(label="tidy"))).ok

    asyncio.run(scene())
    assert sorted(house.store.builds) == ["tidy-1", "tidy-2", "tidy-3"]
    assert [build.attempt for build in house.store.builds.values()] == [1, 2, 3]


def test_a_kill_answers_with_what_it_took(house: House) -> None:
    """Once the reply is there, the processes are dead, the end is on record, and the words say how and how long."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=HOLD),)))
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            known = record.read(house.workspace.build("tidy-1"))
            reply = await ask(engine, c.Kill(label="tidy"))
            assert reply.ok and "tidy-1 dead in" in reply.text and "nothing of it ran" not in reply.text
            assert known is not None and not alive(known.process)
            assert house.task().state_name == "killed" and house.build().over
            assert reply.number <= house.store.number

    asyncio.run(scene())


def test_a_grace_period_lets_a_build_end_by_itself(house: House) -> None:
    """Asked for by the task: SIGTERM first, and what the build does then is kept."""
    command = "trap 'echo saved > state; exit 0' TERM; touch here; while :; do sleep 0.05; done"

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=command, grace_s=20),)))
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            reply = await ask(engine, c.Kill(label="tidy"))
            assert reply.ok and "asked to end" in reply.text
            await house.task_is("killed")

    asyncio.run(scene())
    assert house.made("tidy-1", "state") == "saved\n"


def test_killing_twice_at_once_is_one_kill(house: House) -> None:
    """Two operators press the key in the same moment: both are answered, one record of the end."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=HOLD),)))
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            replies = await asyncio.gather(*(ask(engine, c.Kill(label="tidy"), f"operator:{who}") for who in "ab"))
            assert all(reply.ok for reply in replies)
            await house.task_is("killed")

    asyncio.run(scene())
    assert house.build().state.ending == "killed"


def test_progress_of_what_is_over_is_forgotten(house: House) -> None:
    """Figures that come in late do not bring a build back into the view."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=f"echo '::progress 40 half'; {HOLD}"),)))
            nothing = Progress(build="tidy-1")
            await until(lambda: engine.view().progress.get("tidy-1", nothing).step == "half", "it is shown")
            late = engine.view().progress["tidy-1"]
            assert late.percent == 40
            let_go(house, "tidy-1")
            await house.task_is("done")
            await until(lambda: not engine.view().progress, "it is forgotten")
            assert not engine._roster.take_progress(late)

    asyncio.run(scene())
    assert house.build().step == "half"


def test_the_settings_decide_about_sandbox_and_limits_of_a_build(house: House) -> None:
    """What holds for a build is written on it when it is decided."""
    unsafe = TaskSettings(sandbox=SandboxKind.NONE, limits={"open_files": 77})
    house.settings = Settings(tasks={"tidy": unsafe})

    async def scene() -> None:
        async with house.live() as engine:
            limits = t.LimitOverrides(processes=99)
            await ask(engine, c.AddTasks(specs=(a_spec(limits=limits), a_spec("other"))))
            for label in ("tidy", "other"):
                await house.task_is("done", label=label)

    asyncio.run(scene())
    assert not house.build().sandboxed and house.build("other-1").sandboxed
    assert (house.build().limits.open_files, house.build().limits.processes) == (77, 99)


def test_pausing_holds_back_merges_too(house: House, tmp_path: Path) -> None:
    """An approved diff waits until the operator resumes."""
    repo = repository(tmp_path / "repo")

    async def scene() -> None:
        async with house.live() as engine:
            await ask(
                engine,
                c.SpawnTask(spec=a_spec(repo=str(repo), command="echo more >> a.txt", category=t.Category.NEW_FEATURE)),
            )
            await house.task_is("awaiting_review")
            await ask(engine, c.Pause(on=True))
            assert (await ask(engine, c.Approve(label="tidy", digest=house.build().digest))).ok
            await nudge(engine)
            assert house.task().state_name == "awaiting_review"
            await ask(engine, c.Pause(on=False))
            await house.task_is("done")

    asyncio.run(scene())


def test_the_next_due_time_is_the_soonest_of_all(house: House) -> None:
    """Retries, tasks with a time and blocked merges count; what is past or waits for the operator does not."""
    now = house.clock.now()
    house.seed(
        a_task("retry", t.Retrying(at=now + timedelta(seconds=50), text="")),
        a_task("later", start_at=now + timedelta(seconds=90)),
        a_task("review", t.AwaitingReview(build="review-1", digest="d")),
        a_build("review-1", b.Reviewing(digest="d"), digest="d"),
    )
    engine = house.engine()
    try:
        roster = engine._roster
        assert roster.next_due(now) == now + timedelta(seconds=50)
        assert roster.next_due(now + timedelta(seconds=50)) == now + timedelta(seconds=90)
        assert roster.next_due(now + timedelta(seconds=90)) is None
        assert roster.deliverable() == ()
    finally:
        house.store.close()
