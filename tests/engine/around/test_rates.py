"""What all builds use together, from what they do to what is shown, recorded and stopped."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.around.bounds import still
from engine.engine import Engine
from state.model import command as c
from state.model.brakes.hold import Hold
from state.model.money import MICRO
from state.model.task import Category, Spec
from state.settings import NightSettings, QueueSettings, Rates, RateSettings, Settings
from tests.engine.engines import House, ask, nudge, until
from tests.making import a_spec

NONE = NightSettings(usd=0)


def with_rates(root: Path, night: NightSettings = NONE, slots: int = 2, **rates: object) -> House:
    """A house where nothing is limited but what a test names."""
    fields = {"calls_per_min": 0, "usd_per_h": 0, "files_per_h": 0, **rates}
    settings = Settings(rates=RateSettings(**fields), night=night, queue=QueueSettings(slots=slots))
    return House(root, settings=settings)


def used(engine: Engine) -> dict[str, int]:
    return {usage.name: usage.used for usage in engine.view().engine.limits}


async def add(engine: Engine, *specs: Spec) -> None:
    assert (await ask(engine, c.AddTasks(specs=specs))).ok


async def held(house: House, label: str) -> Hold:
    """Wait until a task's build stands still."""
    build_id = f"{label}-1"
    await until(lambda: build_id in house.store.builds and house.build(build_id).hold is not None, f"{label} is held")
    hold = house.build(build_id).hold
    assert hold is not None
    return hold


def spends(usd: float, then: str = "true") -> str:
    return f"echo '::usage calls=1 usd={usd}'; {then}"


WAITS = "touch go; while ! test -s go; do sleep 0.02; done"
"""A command that ends when its file is written to, which is no other file than the one it made."""


def go(house: House, label: str) -> None:
    (house.workspace.build(f"{label}-1").work / "go").write_text("now")


def test_even_the_quickest_build_is_counted_and_a_restart_knows_it(tmp_path: Path) -> None:
    """Its files and its money count when it ends, for all and for its category, and the next engine goes on."""
    house = with_rates(tmp_path, files_per_h=50, usd_per_h=10 * MICRO, category={"bug_fix": Rates(files_per_h=9)})
    expected = {"files_per_h": 3, "usd_per_h": 2 * MICRO, "files_per_h of category:bug_fix": 3}

    async def first() -> None:
        async with house.live() as engine:
            await add(engine, a_spec(command=spends(2, "touch a b c")))
            await house.task_is("done")
            assert used(engine) == expected

    async def second() -> None:
        async with house.live() as engine:
            assert used(engine) == expected
            house.clock.forward(3600)
            assert set(used(engine).values()) == {0}

    asyncio.run(first())
    assert {usage.name: usage.used for usage in still(house.store, house.settings, house.clock.now())} == expected
    asyncio.run(second())


def test_what_only_slides_out_of_its_window_wakes_nobody(tmp_path: Path) -> None:
    """Once it is written and shown there is nothing to come back for; viewers see by themselves what is free again."""
    house = with_rates(tmp_path, files_per_h=50)

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, a_spec(command="touch a b c"))
            await house.task_is("done")
            house.clock.forward(60)
            await nudge(engine)
            (shown,) = engine.view().engine.limits
            assert (shown.used, shown.at(house.clock.now() + timedelta(hours=1))) == (3, 0)
            assert engine._agenda.rates.next_change() is None
            assert engine._agenda.rates.next_start(engine.view()) is None

    asyncio.run(scene())


def test_the_build_that_goes_over_stands_still_until_the_operator_says_so(tmp_path: Path) -> None:
    """Only that one; a yes lets it use as much again, and what it used is on record meanwhile."""
    house = with_rates(tmp_path, files_per_h=5)

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, a_spec("calm", command=WAITS))
            await house.build_is("running", "calm-1")
            await add(engine, a_spec("wild", command=f"sleep 0.3; touch 1 2 3 4 5; {WAITS}"))
            hold = await held(house, "wild")
            assert (hold.figure, hold.limit, hold.anomaly) == ("files_per_h", 5, False)
            assert "file changes an hour" in hold.text and "`midwatch approve wild`" in hold.text
            assert house.build("calm-1").hold is None
            assert (await ask(engine, c.Approve(label="wild", digest=hold.digest))).ok
            go(house, "wild")
            go(house, "calm")
            await house.task_is("done", label="wild")
            await house.task_is("done", label="calm")
            assert sum(amount.files for row in house.store.used.values() for amount in row.by.values()) >= 7

    asyncio.run(scene())


def test_a_start_waits_for_the_rest_of_the_hour_and_comes_by_itself(tmp_path: Path) -> None:
    """A budget that the hour does not cover any more waits to the second; a task that needs less does not."""
    house = with_rates(tmp_path, usd_per_h=10 * MICRO)

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, a_spec("first", command=spends(9.2)))
            await house.task_is("done", label="first")
            await add(engine, a_spec("large", budget=2 * MICRO), a_spec("small", budget=MICRO // 2))
            await house.task_is("done", label="small")
            assert house.task("large").state_name == "queued"
            assert engine._agenda.rates.next_start(engine.view()) == house.clock.now() + timedelta(hours=1)
            house.clock.forward(3599)
            await nudge(engine)
            assert house.task("large").state_name == "queued"
            house.clock.forward(1)
            await nudge(engine)
            await house.task_is("done", label="large")

    asyncio.run(scene())


def test_budgets_of_builds_under_way_are_not_given_away_twice(tmp_path: Path) -> None:
    """Two that would fit one by one do not start together, although slots are free."""
    house = with_rates(tmp_path, usd_per_h=10 * MICRO)

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, *(a_spec(label, command=WAITS, budget=6 * MICRO) for label in "ab"))
            await house.build_is("running", "a-1")
            await nudge(engine)
            assert "b-1" not in house.store.builds
            go(house, "a")
            await house.build_is("running", "b-1")
            go(house, "b")
            await house.task_is("done", label="b")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("scope", "figure"),
    [("task", "usd_per_h of task:tidy"), ("category", "usd_per_h of category:bug_fix")],
)
def test_a_task_and_a_category_have_limits_of_their_own(tmp_path: Path, scope: str, figure: str) -> None:
    """Who is in it stands still, who is not does not."""
    name = {"task": "tidy", "category": "bug_fix"}[scope]
    house = with_rates(tmp_path, **{scope: {name: Rates(usd_per_h=MICRO)}})

    async def scene() -> None:
        async with house.live() as engine:
            other = a_spec("other", command=spends(5), category=Category.PERFORMANCE)
            await add(engine, other, a_spec(command=f"sleep 0.3; {spends(2, WAITS)}"))
            hold = await held(house, "tidy")
            assert hold.figure == figure
            await house.task_is("done", label="other")
            assert (await ask(engine, c.Deny(label="tidy", digest=hold.digest))).ok
            await house.task_is("killed")

    asyncio.run(scene())


def test_the_night_has_a_limit_while_it_is_night(tmp_path: Path) -> None:
    """At noon it is not there; at night it holds who goes over, and is gone in the morning."""
    house = with_rates(tmp_path, NightSettings(usd=MICRO, calls=100))
    house.settings = Settings(rates=house.settings.rates, night=house.settings.night, time=_utc())

    async def scene() -> None:
        async with house.live() as engine:
            assert used(engine) == {}
            house.clock.forward(11.5 * 3600)
            assert used(engine) == {"usd_per_night": 0, "calls_per_night": 0}
            await add(engine, a_spec(command=f"sleep 0.3; {spends(2, WAITS)}"))
            hold = await held(house, "tidy")
            assert hold.figure == "usd_per_night"
            await ask(engine, c.Approve(label="tidy", digest=hold.digest))
            go(house, "tidy")
            await house.task_is("done")
            house.clock.forward(9 * 3600)
            assert used(engine) == {}

    asyncio.run(scene())


def _utc() -> object:
    from state.settings import TimeSettings

    return TimeSettings(zone="UTC")


def test_new_limits_count_from_the_moment_they_are_saved(tmp_path: Path) -> None:
    """Over what was used before as well."""
    house = with_rates(tmp_path)

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, a_spec(command=spends(2, "touch a b c")))
            await house.task_is("done")
            assert used(engine) == {}
            path = house.workspace.settings
            path.write_text('[limits.rates]\nfiles_per_h = 2\ncalls_per_min = "none"\n[limits.night]\nusd = 0\n')
            await until(lambda: used(engine) == {"usd_per_h": 2 * MICRO, "files_per_h": 3}, "the new limits")
            await add(engine, a_spec("next"))
            await nudge(engine)
            assert house.task("next").state_name == "queued"

    asyncio.run(scene())
