"""A week of five hundred tasks in the simulator: how long it takes, and how long each decision in it takes."""

import itertools
import random
import time
from datetime import UTC, datetime, timedelta

from console.cli.when.simulate import foreseen
from engine.facts import gather, rules_of
from engine.policy.gate import judge
from engine.schedule.simulate import Scenario
from state.model import task as t
from state.model.view import EngineInfo, View
from state.settings import QueueSettings, Settings, TimeSettings
from state.settings.windows import BUILT_IN
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, run

_ROUNDS = 9
_TASKS = 500
_MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)
_SETTINGS = Settings(queue=QueueSettings(slots=3), time=TimeSettings(zone="America/Chicago"), windows=dict(BUILT_IN))


def week(scale: float = 1.0) -> list[Race]:
    """The simulation, and beside it nothing but the judging of as many tasks as it looks at."""
    rounds = max(3, round(_ROUNDS * scale))
    view = _queue()
    scenario = Scenario(end=_MONDAY + timedelta(days=7), failing=0.1)
    decisions = foreseen(view, _SETTINGS, _MONDAY, scenario).decisions

    def play() -> list[float]:
        began = time.perf_counter()
        foreseen(view, _SETTINGS, _MONDAY, scenario)
        return [time.perf_counter() - began]

    def judge_only() -> list[float]:
        facts, rules = gather(view, _SETTINGS, _MONDAY), rules_of(_SETTINGS)
        began = time.perf_counter()
        for task in itertools.islice(itertools.cycle(view.tasks.values()), decisions):
            judge(task, view, facts, rules)
        return [time.perf_counter() - began]

    entries = [Contestant("floor", judge_only), Contestant("midwatch", play)]
    run(entries, rounds, "a week")
    each = [
        Contestant(
            entry.name, list, rounds=[[1000 * s / decisions for s in told] for told in entry.rounds], spins=entry.spins
        )
        for entry in entries
    ]
    return [
        Race(
            f"A simulated week of {_TASKS} tasks",
            "seconds",
            entries,
            aim=Aim("under 2 s", lambda ours, _: ours < 2.0),
            method=f"The floor judges {decisions:,} tasks in full, as often as the simulation looks at one.",
        ),
        Race(
            "One decision of it",
            "milliseconds",
            each,
            aim=Aim("under 1 ms", lambda ours, _: ours < 1.0),
            method="All of the simulation over the number of its decisions.",
        ),
    ]


def _queue() -> View:
    """Tasks of all kinds and lengths, in the same nine repositories, some after others."""
    dice = random.Random(7)
    tasks = {}
    for number in range(_TASKS):
        label = f"task-{number:03}"
        depends = (f"task-{dice.randrange(number):03}",) if number and dice.random() < 0.2 else ()
        spec = t.Spec(
            label=label,
            title=label,
            description="Mend the rounding of totals in the ledger",
            criteria=("the sum of ten entries of 0.1 is exactly 1.0",),
            priority=dice.choice(tuple(t.Priority)),
            category=dice.choice(tuple(t.Category)),
            hours=dice.choice((None, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5)),
            repo=f"/srv/{dice.randrange(9)}",
            paths=(f"part{dice.randrange(20)}",),
            command="make",
            verify=dice.choice(("", "make check")),
            depends=depends,
        )
        tasks[label] = t.Task(spec=spec, state=t.Queued(), added_at=_MONDAY - timedelta(minutes=number))
    return View(at=_MONDAY, engine=EngineInfo(sandbox=""), tasks=tasks)
