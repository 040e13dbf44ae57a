"""How often anomalies are called that are none, how many are found, and how late: `python -m tests.bench anomalies`."""

import asyncio
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.policy.bands.band import WINDOW, band
from engine.policy.bands.figures import DURATION, Figure
from state.model import command as c
from tests.bench.rounds import note

_BUILDS = 10_000
_LEAST = 10
_FACTORS = (2, 5, 20)
_LASTING = 200
"""How many builds in a row a lasting change is looked for in."""
_LIVE = 10
_REAL = 400

# A detector is given the history, oldest first, and says beyond which value the next one is strange; None for none.
Detector = Callable[[Sequence[float]], float | None]


def ours(figure: Figure) -> Detector:
    """What Midwatch does."""

    def edge(history: Sequence[float]) -> float | None:
        found = band(history, figure, "", sigma=3.0, least=_LEAST)
        return None if found is None else found.high

    return edge


def plain(history: Sequence[float]) -> float | None:
    """Mean and three standard deviations, the tested value counted among those that they are of, as is often seen.

    x is beyond when x - m > 3 s over the n values of the history and x itself. Solved for x that is more than
    3 sqrt((n + 1) / (n - 9)) deviations of the history alone: with nine values besides it nothing is ever beyond.
    """
    n = len(history)
    if n < _LEAST:
        return None
    return statistics.fmean(history) + 3 * statistics.pstdev(history) * math.sqrt((n + 1) / (n - 9))


def apart(history: Sequence[float]) -> float | None:
    """Mean and three standard deviations of the history alone."""
    return statistics.fmean(history) + 3 * statistics.stdev(history) if len(history) >= _LEAST else None


def weighted(history: Sequence[float]) -> float | None:
    """Exponentially weighted mean and variance (lambda 0.2), three deviations."""
    if len(history) < _LEAST:
        return None
    mean, variance = history[0], 0.0
    for value in history[1:]:
        step = value - mean
        mean += 0.2 * step
        variance = 0.8 * (variance + 0.2 * step * step)
    return mean + 3 * math.sqrt(variance)


@dataclass
class Score:
    """What became of one series under one detector."""

    judged: int = 0
    alarms: int = 0
    tried: int = 0
    found: dict[int, int] = field(default_factory=lambda: dict.fromkeys(_FACTORS, 0))
    edges: list[float] = field(default_factory=list)
    """Over the median of the history."""

    def row(self, name: str, delays: str) -> str:
        """The table's row."""
        shares = " | ".join(f"{self.found[factor] / max(self.tried, 1):7.0%}" for factor in _FACTORS)
        alarms = 1000 * self.alarms / max(self.judged, 1)
        edge = f"{statistics.median(self.edges):5.1f} x" if self.edges else "-"
        return f"| {name:<36} | {alarms:12.1f} | {shares} | {edge:>9} | {delays:>21} |"


def judge(series: Sequence[float], known: int, detector: Detector) -> Score:
    """Let a series go by, one build after the other; every tenth is also tried with faults, which leave no trace."""
    score, history = Score(), deque(series[:_LEAST], maxlen=known)
    for number, value in enumerate(series[_LEAST:]):
        edge = detector(tuple(history))
        if edge is not None:
            score.judged += 1
            score.alarms += value > edge
            score.edges.append(edge / statistics.median(history))
            if number % 10 == 0:
                score.tried += 1
                for factor in _FACTORS:
                    score.found[factor] += value * factor > edge
        history.append(value)
    return score


def delays(series: Sequence[float], known: int, detector: Detector) -> str:
    """In which build a lasting change is noticed, the first being 1, median, by factor; `never` is not within 200."""
    told = []
    for factor in _FACTORS:
        seen = []
        for start in range(WINDOW, len(series) - _LASTING, max(1, len(series) // 25)):
            history = deque(series[start - known : start], maxlen=known)
            seen.append(float(_LASTING + 1))
            for count, value in enumerate(series[start : start + _LASTING], start=1):
                edge = detector(tuple(history))
                if edge is not None and value * factor > edge:
                    seen[-1] = float(count)
                    break
                history.append(value * factor)
        middle = statistics.median(seen)
        told.append("never" if middle > _LASTING else f"{middle:g}")
    return ", ".join(told)


def synthetic(count: int) -> Iterator[tuple[str, int, list[float]]]:
    """Series of run times in seconds, each with its name and with how many builds are known at most."""
    dice = random.Random(20260206)
    low = math.log(600)
    yield "always the same, +-1 %", WINDOW, [600 * (1 + 0.01 * dice.random()) for _ in range(count)]
    yield "lognormal, spread 0.3", WINDOW, [dice.lognormvariate(low, 0.3) for _ in range(count)]
    yield "the same, ten builds known", _LEAST, [dice.lognormvariate(low, 0.3) for _ in range(count)]
    yield "lognormal, spread 0.8", WINDOW, [dice.lognormvariate(low, 0.8) for _ in range(count)]
    yield "heavy tail, Pareto 1.5", WINDOW, [400 * dice.paretovariate(1.5) for _ in range(count)]
    drift = [math.exp(1.5 * math.sin(number / 300)) for number in range(count)]
    yield "drift, x 20 within 1,000 builds", WINDOW, [600 * level * dice.lognormvariate(0, 0.3) for level in drift]
    modes = [1800 if dice.random() < 0.2 else 120 for _ in range(count)]
    yield "two kinds, one in five x 15", WINDOW, [mode * dice.lognormvariate(0, 0.2) for mode in modes]


def recorded(count: int) -> Iterator[tuple[str, int, list[float]]]:
    """Series of real commands that are timed here and now, in seconds."""
    commands = {
        "sh -c true": ["sh", "-c", "true"],
        "python -c 'import json'": [sys.executable, "-c", "import json"],
        "git status": ["git", "-C", str(Path(__file__).resolve().parents[2]), "status", "--short"],
    }
    for name, argv in commands.items():
        taken = []
        for number in range(count):
            note(f"{name}: {number + 1} of {count}")
            began = time.perf_counter()
            subprocess.run(argv, check=False, capture_output=True)
            taken.append(time.perf_counter() - began)
        yield name, WINDOW, taken
    note("")


def live(rounds: int) -> list[float]:
    """Seconds from the first byte of a flood of output to the freezing of its build, in a real engine."""
    from engine.clock import SystemClock
    from tests.engine.builds.test_comparison import COMMAND, MUCH, past
    from tests.engine.engines import House, ask, until
    from tests.making import ManualClock, a_spec

    class Ticking(ManualClock):
        def now(self) -> datetime:
            return SystemClock().now()

        def monotonic(self) -> float:
            return SystemClock().monotonic()

    command = f"while ! test -e go; do sleep 0.01; done; rm go; date +%s.%N > began; {COMMAND.format(MUCH)}"

    async def once(house: House) -> float:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=f"head -c 1 /dev/zero; {command}"),)))
            await house.build_is("running")
            work = house.workspace.build("tidy-1").work
            await asyncio.sleep(0.5)
            (work / "go").touch()
            await until(lambda: house.build().hold is not None, "it is held")
            hold = house.build().hold
            assert hold is not None
            began = datetime.fromtimestamp(float((work / "began").read_text()), UTC)
            return (datetime.now(UTC) - began).total_seconds()

    taken = []
    for number in range(rounds):
        note(f"live: {number + 1} of {rounds}")
        with tempfile.TemporaryDirectory(prefix="midwatch-anomalies-") as folder:
            house = House(Path(folder))
            house.clock = Ticking()
            house.seed(*past())
            taken.append(asyncio.run(once(house)))
    note("")
    return taken


def main(arguments: list[str]) -> int:
    """Measure and print; a number takes so many synthetic builds in place of 10,000, and fewer floods of output."""
    scale = max(1, _BUILDS // int(arguments[0])) if arguments else 1
    shares = " | ".join(f"{f'{factor} x':>7}" for factor in _FACTORS)
    heading = f"| {'':<36} | false /1,000 | {shares} | edge over | noticed in build      |"
    heading += f"\n| {'':<36} |              | {'found  ' * 3:<27} | median    |                       |"
    rule = f"|{'-' * 38}|{'-' * 13}:|{'|'.join(['-' * 8 + ':'] * 3)}|{'-' * 10}:|{'-' * 22}:|"
    bare = msgspec.structs.replace(DURATION, start=1e-4, reach=0.0)
    rivals = {"mean, 3 deviations, itself included": plain, "mean, 3 deviations": apart, "EWMA": weighted}
    for title, series, mine in (
        (f"{_BUILDS // scale:,} synthetic builds each", synthetic(_BUILDS // scale), {"midwatch": ours(DURATION)}),
        (
            f"{_REAL} real commands each, timed here and now beside a load of {os.getloadavg()[0]:.1f}",
            recorded(_REAL),
            {"midwatch, without its least reach": ours(bare), "midwatch": ours(DURATION)},
        ),
    ):
        print(f"\n### {title}\n\n{heading}\n{rule}")
        for name, known, values in series:
            print(f"| **{name}**")
            for rival, detector in {**mine, **rivals}.items():
                print(judge(values, known, detector).row(rival, delays(values, known, detector)), flush=True)
    taken = sorted(live(max(3, _LIVE // scale)))
    print(
        f"\n### A flood of output in a real build, from its first byte until the build is frozen\n\n"
        f"{len(taken)} builds: median {statistics.median(taken):.2f} s, longest {taken[-1]:.2f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
