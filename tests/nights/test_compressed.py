"""A whole night in half a minute: real builds in real sandboxes and repositories, while the clock runs faster."""

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.engine import Engine
from engine.reports.night import Night as Brief
from engine.reports.night import tell
from engine.reports.runs import Span
from state import journal
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.model.when.schedule import Ran, Schedule
from state.settings import QueueSettings, RetrySettings
from tests.engine.engines import House, ask, until
from tests.engine.schedule.playing import played
from tests.engine.work.repositories import git, repository
from tests.making import a_spec
from tests.nights.night import CHICAGO, USUAL, local

HOUR_S = 2.5
"""How long an hour of the night takes."""
SETTINGS = msgspec.structs.replace(
    USUAL,
    queue=QueueSettings(slots=2),
    retry=RetrySettings(times=1, wait_s=600.0),
    schedules={
        "nightly": Schedule(name="nightly", cron="0 23 * * *", run="status", zone="America/Chicago"),
        "brief": Schedule(name="brief", cron="0 7 * * *", run="status", zone="America/Chicago"),
    },
)
BEDTIME, MORNING = local("2026-02-05T22:00"), local("2026-02-06T07:00")


def lasting(hours: float) -> str:
    """A command line that works for so many hours of the night."""
    return f"echo more >> work.txt; sleep {hours * HOUR_S:g}"


def work(fix: Path, long: Path) -> tuple[t.Spec, ...]:
    """What is queued in the evening."""
    return (
        a_spec("fix", repo=str(fix), command=lasting(0.2), verify="test -s work.txt", hours=0.5),
        a_spec("after", depends=("fix",), command=lasting(0.5), hours=1.0),
        a_spec("long", repo=str(long), command=lasting(4), verify="test -s work.txt", hours=5.0),
        a_spec("flaky", command='test "$MIDWATCH_ATTEMPT" = 2', hours=0.5),
        a_spec("broken", command="echo out of luck; exit 3", hours=0.5, priority=t.Priority.HIGH),
        a_spec("feature", category=t.Category.NEW_FEATURE, hours=1.0),
        a_spec("weekend", command=lasting(1), hours=10.0),
    )


class Hurry:
    """Lets the clock of a house run fast from the moment that this is made."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._from = house.clock.now(), time.monotonic()

    async def until(self, engine: Engine, end: datetime) -> None:
        """Let an engine see the time pass."""
        start, began = self._from
        while self._house.clock.now() < end:
            hours = (time.monotonic() - began) / HOUR_S
            self._house.clock.set(max(self._house.clock.now(), start + timedelta(hours=hours)))
            engine._wake()
            await asyncio.sleep(0.02)


def began(house: House, build_id: str) -> datetime:
    """When a build was decided on, by the operator's clock."""
    return house.build(build_id).created_at.astimezone(CHICAGO)


@pytest.mark.slow
def test_a_night_from_ten_to_seven(tmp_path: Path) -> None:
    """Queued at ten, built and merged by seven across a change of engines, and the record has all of the brief."""
    fix, long = repository(tmp_path / "fix"), repository(tmp_path / "long")
    house = House(tmp_path, settings=SETTINGS)
    house.clock.set(BEDTIME)
    house.command = ("sh", "-c", 'echo "$3" >> "$2/commands"', "sh")
    specs = work(fix, long)

    async def evening() -> None:
        async with house.live(keep=True) as engine:
            assert (await ask(engine, c.AddTasks(specs=specs))).ok
            await hurry.until(engine, local("2026-02-06T01:00"))
            await until(lambda: house.build("long-1").state_name == "running", "the long build to run")

    async def morning() -> None:
        async with house.live() as engine:
            await hurry.until(engine, MORNING + timedelta(minutes=1))
            for label in ("fix", "after", "long", "flaky"):
                await house.task_is("done", label=label)
            view = engine.view()
            span = Span(starts_at=BEDTIME, ends_at=house.clock.now() + timedelta(minutes=1))
            briefs.append(tell(view, journal.read(house.workspace.journal), span))

    hurry = Hurry(house)
    briefs: list[Brief] = []
    asyncio.run(asyncio.wait_for(evening(), 120))
    asyncio.run(asyncio.wait_for(morning(), 120))

    (brief,) = briefs
    assert {shipped.label for shipped in brief.shipped} == {"fix", "after", "long", "flaky"}
    assert {shipped.label for shipped in brief.shipped if shipped.merged} == {"fix", "long"}
    failures = {failure.label: (failure.builds, failure.state) for failure in brief.failed}
    assert failures["broken"] == (2, "failed")
    assert {(wait.label, wait.kind) for wait in brief.waits} == {
        ("feature", EscalationKind.APPROVAL_NEEDED),
        ("broken", EscalationKind.BUILD_FAILED),
    }
    assert not brief.troubles
    assert git(long, "show", "main:work.txt") == git(fix, "show", "main:work.txt") == "more"
    assert house.task("weekend").state_name == "queued"

    eleven = local("2026-02-05T23:00").astimezone(CHICAGO)
    assert began(house, "fix-1") < eleven
    assert eleven <= began(house, "long-1") < MORNING.astimezone(CHICAGO)
    assert house.task("long").attempts == house.task("fix").attempts == 1
    merged_at = house.build("fix-1").ended_at
    assert merged_at is not None
    assert began(house, "after-1") >= merged_at
    for name in ("nightly", "brief"):
        last = house.store.schedules[name].last
        assert last is not None
        assert (last.outcome, house.store.schedules[name].runs) == (Ran.DONE, 1)
        assert last.slot is not None
        assert last.started_at >= last.slot

    tasks = [t.Task(spec=spec, state=t.Queued(), added_at=BEDTIME) for spec in specs]
    foreseen = {bout.label for bout in played(tasks, BEDTIME, 9, settings=SETTINGS).starts}
    assert foreseen == {build.label for build in house.store.builds.values()}
