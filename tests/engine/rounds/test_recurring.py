"""Tasks that come again by a cron expression: the next time, the queue, a real engine."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.policy.blockers import dependencies
from engine.rounds.recurring import again, first_slot
from engine.schedule.cron import CronError
from state.model import command as c
from state.model import task as t
from state.model.verdict import Stance
from state.settings import Settings, TimeSettings
from tests.engine.engines import House, ask, nudge, until
from tests.making import NOON, a_spec, a_task

CHICAGO = Settings(time=TimeSettings(zone="America/Chicago"))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"cron": "0 9 * * *"}, datetime(2026, 3, 4, 15, tzinfo=UTC)),
        ({"cron": "0 9 * * *", "zone": "Asia/Kathmandu"}, datetime(2026, 3, 5, 3, 15, tzinfo=UTC)),
        ({"cron": "0 * * * *", "start_at": NOON + 5 * HOUR}, NOON + 5 * HOUR),
        ({"cron": "0 * * * *", "start_at": NOON - 5 * HOUR}, NOON + HOUR),
    ],
)
def test_the_first_time_is_after_now_and_not_before_its_start(changes: dict[str, Any], expected: datetime) -> None:
    """In the task's own zone, or else in the operator's."""
    assert first_slot(a_spec(**changes), CHICAGO, NOON) == expected


def test_what_can_never_come_is_refused() -> None:
    """A task that would wait for ever is no task."""
    with pytest.raises(CronError):
        first_slot(a_spec(cron="0 0 31 2 *"), CHICAGO, NOON)


def test_done_it_waits_for_the_time_after() -> None:
    """Whatever the clock says by now, the same time does not come twice, and old failures are forgotten."""
    done = t.Done(build="tidy-1", note="", at=NOON)
    task = a_task(state=done, cron="0 * * * *", slot=NOON, failures=2, rounds=3)
    for now, slot in ((NOON, NOON + HOUR), (NOON - HOUR, NOON + HOUR), (NOON + 2.5 * HOUR, NOON + 3 * HOUR)):
        queued = again(task, CHICAGO, now)
        assert (queued.state, queued.slot, queued.failures, queued.rounds) == (t.Queued(), slot, 0, 4)


def test_who_depends_on_it_waits_for_its_first_round_only() -> None:
    """A task that was done at least once counts as done while it waits for its next time."""
    spec = a_spec("after", depends=("daily",))
    for rounds, stance in ((0, Stance.WAIT), (1, Stance.ALLOW)):
        daily = a_task("daily", cron="@daily", slot=NOON, rounds=rounds)
        assert [finding.verdict for finding in dependencies(spec, {"daily": daily})] == [stance]


def test_it_is_built_at_each_of_its_times(tmp_path: Path) -> None:
    """In a real engine: it waits for its time, is built and done, and waits for the next; a restart changes nothing."""

    async def scene() -> None:
        house = House(tmp_path, settings=Settings(time=TimeSettings(zone="UTC")))
        async with house.live() as engine:
            bad = await ask(engine, c.AddTasks(specs=(a_spec(cron="61 * * * *"),)))
            assert not bad.ok and "tidy: '61 * * * *': column 1" in bad.text
            assert (await ask(engine, c.AddTasks(specs=(a_spec(cron="0 * * * *", command="echo ran >> runs"),)))).ok
            await nudge(engine)
            assert not house.store.builds
            house.clock.set(NOON + HOUR)
            await nudge(engine)
            await until(lambda: house.task().rounds == 1, lambda: f"its first round; it is {house.task()}")
            assert house.task().state_name == "queued"
            assert house.task().slot == NOON + 2 * HOUR
            assert house.build().state_name == "finished"
        house.clock.set(NOON + 1.5 * HOUR)
        async with house.live() as engine:
            await nudge(engine)
            assert set(house.store.builds) == {"tidy-1"}
            house.clock.set(NOON + 2 * HOUR)
            await nudge(engine)
            await until(lambda: house.task().rounds == 2, lambda: f"its second round; it is {house.task()}")
            assert set(house.store.builds) == {"tidy-1", "tidy-2"}

    asyncio.run(scene())


def test_a_spawned_one_starts_now_and_then_by_its_times(tmp_path: Path) -> None:
    """Asked for at once, it does not wait for its first time, but for the next one after it is done."""

    async def scene() -> None:
        house = House(tmp_path, settings=Settings(time=TimeSettings(zone="UTC")))
        async with house.live() as engine:
            assert (await ask(engine, c.SpawnTask(spec=a_spec(cron="0 * * * *")))).ok
            await until(lambda: house.task().rounds == 1, "its first round")
            assert house.task().slot == NOON + HOUR

    asyncio.run(scene())
