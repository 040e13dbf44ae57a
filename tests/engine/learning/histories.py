"""Made-up histories: what an operator with habits would have left in the record."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from state.model import build as b
from state.model import task as t
from state.model.view import View
from state.zones import zone_of
from tests.making import a_build, a_task

CHICAGO = zone_of("America/Chicago")
TO = datetime(2026, 11, 20, 4, 0, tzinfo=CHICAGO).astimezone(UTC)
"""A Friday, at the time at which patterns are looked for."""
DAY = timedelta(days=1)


def wall(day: datetime, hour: float) -> datetime:
    """An hour of a day on the wall in Chicago, as UTC."""
    local = day.astimezone(CHICAGO)
    naive = datetime(local.year, local.month, local.day) + timedelta(hours=hour)
    return naive.replace(tzinfo=CHICAGO).astimezone(UTC)


def done(label: str, at: datetime, **fields: Any) -> t.Task:
    """A task that was added at a time and done an hour later."""
    fields = {"source": "command line", **fields}
    state = t.Done(build=f"{label}-1", note="", at=at + timedelta(hours=1))
    return a_task(label, state, added_at=at, **fields)


def habits(weeks: int = 9, seed: int = 1, until: datetime = TO) -> dict[str, t.Task]:
    """Dependencies each weekday about 09:05, a report each Friday about 16:30, and odd work at odd times."""
    dice = random.Random(seed)
    tasks = []
    for back in range(7 * weeks, 0, -1):
        day = until - DAY * back
        weekday = day.astimezone(CHICAGO).weekday()
        if weekday < 5:
            at = wall(day, 9 + dice.uniform(-5, 15) / 60)
            tasks.append(done(f"deps-{back}", at, title=f"Update dependencies {at:%Y-%m-%d}"))
        if weekday == 4:
            at = wall(day, 16.5 + dice.uniform(-15, 15) / 60)
            tasks.append(done(f"report-{back}", at, title=f"Weekly report #{back}", category=t.Category.DOCUMENTATION))
        odd = f"Odd {dice.choice('abcdefgh') * 3} job"
        tasks.append(done(f"odd-{back}", wall(day, dice.uniform(8, 19)), title=odd))
    return {task.label: task for task in tasks}


def a_view(tasks: Mapping[str, t.Task], at: datetime = TO, **fields: Any) -> View:
    """A view of them."""
    return View(at=at, tasks=tasks, **fields)


def builds_of(tasks: Mapping[str, t.Task]) -> dict[str, b.Build]:
    """The build of each task that is done."""
    made = [
        a_build(
            task.build,
            b.Finished(ending="done", text="", at=task.state.at),
            created_at=task.added_at,
            started_at=task.added_at,
            ended_at=task.state.at,
        )
        for task in tasks.values()
        if isinstance(task.state, t.Done)
    ]
    return {build.id: build for build in made}
