"""A running build is held at a limit, and goes on or dies as the operator says."""

import asyncio
from pathlib import Path

import pytest

from engine.desk.desk import Desk
from engine.engine import Engine
from engine.questions import Questions
from engine.safety import freezer, groups, record
from engine.safety.tree import Tree
from state.model import command as c
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.escalation import EscalationKind
from state.model.progress import Progress
from state.settings import QueueSettings, RateSettings, RetrySettings, Settings, StallSettings, TaskSettings
from state.store import Store
from tests.engine.engines import House, ask, until
from tests.engine.work.repositories import git, repository
from tests.engine.work.running import plain_machine
from tests.making import a_spec

FILES = "for i in $(seq {}); do echo $i > f$i; done; while ! test -e go; do sleep 0.01; done"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def stands_still(house: House, build_id: str = "tidy-1") -> bool:
    """Whether every process of a build is stopped, by the kernel's own word."""
    paths = house.workspace.build(build_id)
    known = record.read(paths)
    if known is None:
        return False
    with Tree(paths, known) as tree:
        return groups.frozen(tree.groups) or all(found.state in "Tt" for found in tree.living().values())


def test_a_build_that_changes_too_many_files_is_frozen_and_goes_on_when_approved(house: House) -> None:
    """The eleventh file stops it; a yes to exactly this lets it finish."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11)),)))
            hold = await held(house)
            assert (hold.figure, hold.used, hold.limit) == ("files", 11.0, 10.0)
            assert house.questions() == [EscalationKind.LIMIT_REACHED]
            (house.workspace.build("tidy-1").work / "go").touch()
            refused = await ask(engine, c.Approve(label="tidy", digest="of something else"))
            assert not refused.ok and stands_still(house)
            reply = await ask(engine, c.Approve(label="tidy", digest=hold.digest))
            assert reply.ok, reply.text
            await house.task_is("done")

    asyncio.run(scene())
    assert house.build().hold is None and house.questions() == []


def test_a_denied_build_dies_frozen_and_its_work_stays(house: House) -> None:
    """A no kills what stands still, without letting it go on for a moment; what it wrote is kept."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11), grace_s=60),)))
            hold = await held(house)
            reply = await ask(engine, c.Deny(label="tidy", digest=hold.digest))
            assert reply.ok and "dead in" in reply.text and "asked to end" not in reply.text
            await house.task_is("killed")

    asyncio.run(scene())
    assert house.made("tidy-1", "f11") == "11\n"
    assert house.build().kill_by == "operator:ada" and house.build().hold is None


def test_as_many_files_as_are_allowed_pass_untouched(house: House) -> None:
    """The limit itself is no transgression."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command="for i in $(seq 10); do echo > f$i; done; sleep 1"),)))
            await house.task_is("done")

    asyncio.run(scene())
    assert house.questions(open_only=False) == []
    assert house.build().files_changed == 10 and house.build().held_s == 0 and house.build().notes == ()


@pytest.mark.parametrize(
    ("said", "limits", "figure", "used"),
    [
        ("calls=1001", {}, "calls", 1001.0),
        ("calls=4 usd=0.50", {"calls": 3}, "calls", 4.0),
        ("usd=100.01", {}, "spent", 100_010_000.0),
    ],
)
def test_what_a_build_says_that_it_called_and_spent_is_held_against_its_limits(
    house: House, said: str, limits: dict[str, int], figure: str, used: float
) -> None:
    """Lines on its output count as they come."""
    house.settings = Settings(tasks={"tidy": TaskSettings(limits=limits)})
    command = f"echo '::usage {said}'; while ! test -e go; do sleep 0.01; done"

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=command),)))
            hold = await held(house)
            assert (hold.figure, hold.used) == (figure, used)
            (house.workspace.build("tidy-1").work / "go").touch()
            assert (await ask(engine, c.Approve(label="tidy", digest=hold.digest))).ok
            await house.task_is("done")
            assert not engine.view().engine.trouble

    asyncio.run(scene())
    assert getattr(house.build(), figure) == used


def test_what_others_count_for_a_build_is_added_to_what_it_says(house: House) -> None:
    """A gateway's calls and the build's own lines are one sum."""
    house.settings = Settings(rates=RateSettings(calls_per_min=0))
    command = "echo '::usage calls=600'; touch here; while ! test -e go; do sleep 0.01; done"

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=command),)))
            await until(lambda: _progress(engine).calls == 600, "its line is seen")
            engine._roster.used("tidy-1", 400, 5)
            await until(lambda: _progress(engine).calls == 1000 and _progress(engine).spent == 5, "it is added")
            assert house.build().hold is None
            engine._roster.used("tidy-1", 1, 0)
            hold = await held(house)
            assert (hold.figure, hold.used) == ("calls", 1001.0)

    asyncio.run(scene())


def test_disk_and_time_hold_a_build_too(house: House) -> None:
    """Nothing is thrown away because a workspace grew or a build took long."""
    limits = t.LimitOverrides(disk_bytes=1 << 20)
    command = "head -c 4000000 /dev/zero > big; sync; touch again; sleep 60"

    async def scene() -> None:
        async with house.live() as engine:
            slow = a_spec("slow", command="sleep 60", limits=t.LimitOverrides(time_s=50))
            await ask(engine, c.AddTasks(specs=(a_spec(command=command, limits=limits), slow)))
            assert (await held(house)).figure == "disk_bytes"
            await house.build_is("running", "slow-1")
            house.clock.forward(51)
            await ask(engine, c.Present())
            engine._roster.answered("slow")
            hold = await held(house, "slow-1")
            assert hold.figure == "run_s" and hold.used >= 51

    asyncio.run(scene())


def test_time_that_a_build_stands_still_is_neither_run_time_nor_silence(house: House) -> None:
    """Held for longer than it may run or be silent, it is asked about once, and then has all its time."""
    house.settings = Settings(stall=StallSettings(after_s=100))
    limits = t.LimitOverrides(time_s=1000)

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11), limits=limits),)))
            hold = await held(house)
            house.clock.forward(5000)
            engine._roster.answered("tidy")
            await asyncio.sleep(0.2)
            assert house.questions() == [EscalationKind.LIMIT_REACHED] and stands_still(house)
            (house.workspace.build("tidy-1").work / "go").touch()
            assert (await ask(engine, c.Approve(label="tidy", digest=hold.digest))).ok
            await house.task_is("done")

    asyncio.run(scene())
    assert house.questions(open_only=False) == [EscalationKind.LIMIT_REACHED]
    assert 5000 <= house.build().held_s < 6000


def test_a_hold_that_nobody_answers_ends_the_build_with_its_work_kept(house: House) -> None:
    """After `[limits] hold` it is killed, and its end says so."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11)),)))
            await held(house)
            house.clock.forward(12 * 3600 + 1)
            engine._roster.answered("tidy")
            await house.task_is("killed")

    asyncio.run(scene())
    assert "nobody answered" in house.task().state.text
    assert house.made("tidy-1", "f11") == "11\n" and house.questions() == []


def test_a_raised_limit_counts_for_the_next_build_until_midnight(house: House) -> None:
    """Until then the task's builds have it; the day after, the settings' limit counts again."""
    house.settings = Settings(retry=RetrySettings(times=5, wait_s=0))

    async def scene() -> None:
        async with house.live() as engine:
            days = t.LimitOverrides(time_s=10 * 86_400.0)
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11) + "; exit 3", limits=days),)))
            hold = await held(house)
            low = await ask(engine, c.RaiseLimit(label="tidy", digest=hold.digest, to=5))
            assert not low.ok and "used 11 already" in low.text
            assert (await ask(engine, c.RaiseLimit(label="tidy", digest=hold.digest, to=12))).ok
            (house.workspace.build("tidy-1").work / "go").touch()
            await house.build_is("finished")
            await until(lambda: "tidy-2" in house.store.builds, "it is tried again")
            await house.build_is("running", "tidy-2")
            assert house.build("tidy-2").limits.files == 12
            house.clock.forward(24 * 3600)
            (house.workspace.build("tidy-2").work / "go").touch()
            hold = await held(house, "tidy-3")
            assert hold.limit == 10

    asyncio.run(scene())


def test_a_held_build_gives_its_slot_to_the_next(house: House) -> None:
    """A night does not stand still because one build waits for the operator."""
    house.settings = Settings(queue=QueueSettings(slots=1))

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11)), a_spec("next", command="true"))))
            await held(house)
            await house.task_is("done", label="next")
            assert stands_still(house)

    asyncio.run(scene())


def test_the_next_engine_adopts_a_held_build_as_held(house: House) -> None:
    """What it finds running of it, it freezes again; a yes that came in between lets it go on."""

    async def before() -> None:
        async with house.live(keep=True) as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11)),)))
            await held(house)

    async def woken() -> None:
        freezer.thaw(house.workspace.build("tidy-1"))
        assert not stands_still(house)
        async with house.live(keep=True) as engine:
            await until(lambda: stands_still(house), "it is frozen again")
            assert engine.view().builds["tidy-1"].hold is not None
            assert house.questions() == [EscalationKind.LIMIT_REACHED]

    async def after() -> None:
        with Store.open(house.workspace, house.clock) as store:
            desk = Desk(store, house.settings, house.clock, Questions(store))
            hold = store.builds["tidy-1"].hold
            assert hold is not None
            yes = c.Approve(label="tidy", digest=hold.digest)
            assert desk.handle(c.Request(actor="operator:ada", command=yes)).ok
            store.flush()
        (house.workspace.build("tidy-1").work / "go").touch()
        async with house.live():
            await house.task_is("done")

    for scene in (before, woken, after):
        asyncio.run(scene())


def test_what_ends_too_quickly_to_be_held_waits_for_review(house: House, tmp_path: Path) -> None:
    """Verified or not, a result beyond the limit is not merged by itself; the question names the limit."""
    repo = repository(tmp_path / "repo")
    command = "for i in $(seq 40); do echo > f$i; done"

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=command, repo=str(repo), verify="true"),)))
            await house.task_is("awaiting_review")

    asyncio.run(scene())
    (question,) = [found for found in house.store.escalations.values() if found.open]
    assert question.type is EscalationKind.REVIEW_NEEDED and "files 40 of 10" in question.text
    assert git(repo, "log", "--format=%s").splitlines() == ["the first"]


def test_caches_that_the_repository_leaves_out_do_not_count(house: House, tmp_path: Path) -> None:
    """A build may fill what never is part of its result, and what it removes counts like what it writes."""
    files = {f"old{i}": "x\n" for i in range(9)} | {".gitignore": "cache/\ngo\nhere\n"}
    repo = repository(tmp_path / "repo", files)
    fill = "mkdir cache; for i in $(seq 50); do echo > cache/$i; done; rm old*; echo > one; touch here"
    wait = "while ! test -e go; do sleep 0.01; done"

    async def scene() -> None:
        async with house.live() as engine:
            spec = a_spec(command=f"{fill}; {wait}; echo > two; sleep 60", repo=str(repo))
            await ask(engine, c.AddTasks(specs=(spec,)))
            await until(lambda: _progress(engine).files_changed == 10, "nine are gone and one is new")
            assert house.build().hold is None
            (house.workspace.build("tidy-1").work / "go").touch()
            assert (await held(house)).used == 11

    asyncio.run(scene())


def test_memory_of_all_processes_together_is_held_where_no_group_bounds_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process is within its own limit; what they hold together is not."""
    monkeypatch.setattr("tests.engine.engines.machine", plain_machine)
    one = "python3 -c 'held = bytearray(90 << 20); import time; time.sleep(60)'"
    limits = t.LimitOverrides(memory_bytes=200 << 20)

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=f"{one} & {one} & {one}", limits=limits),)))
            hold = await held(house)
            assert hold.figure == "memory_bytes" and hold.used > 200 << 20

    asyncio.run(scene())


def test_what_cannot_be_frozen_is_killed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit bites in any case, and the end says why it was the harder way."""
    monkeypatch.setattr(freezer, "freeze", lambda paths: False)

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11)),)))
            await house.task_is("killed")

    asyncio.run(scene())
    assert "could not be frozen" in house.task().state.text


async def held(house: House, build_id: str = "tidy-1") -> Hold:
    """Wait until a build is held, and return what for."""
    await until(
        lambda: build_id in house.store.builds and house.build(build_id).hold is not None,
        lambda: f"{build_id} is held; it is {house.store.builds.get(build_id)}",
    )
    hold = house.build(build_id).hold
    assert hold is not None
    assert stands_still(house, build_id)
    return hold


def _progress(engine: Engine) -> Progress:
    return engine.view().progress.get("tidy-1", Progress(build="tidy-1"))
