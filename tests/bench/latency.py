"""From handing a job in to its first instruction, with and without a sandbox, and trivial jobs a second."""

import random
import time
from collections.abc import Callable, Sequence

from tests.bench import rivals
from tests.bench.ground import FLOOR, OURS, OURS_EAGER, Pipe, Player, arena, contestants, players
from tests.bench.report import Aim, Race
from tests.bench.rounds import run

BESIDE = (rivals.TSP, rivals.HUEY, rivals.HUEY_QUICK, rivals.APS3, rivals.APS4, rivals.CELERY)
_ROUNDS = 8
_EACH = 10
_JOBS = 60
_GAP_S = (0.03, 0.08)


def sandboxed(scale: float = 1.0) -> list[Race]:
    """Add to first instruction in bubblewrap, against bubblewrap started with the same arguments by hand."""
    with arena() as folder:
        pipe = Pipe(folder)
        with players((FLOOR, OURS, OURS_EAGER), folder, pipe.command, BENCH_SHOWN=str(pipe.folder)) as present:
            entries = contestants(present, lambda player: _first_instruction(player, pipe, "submit_sandboxed"))
            run(entries, max(2, round(_ROUNDS * scale)), "sandboxed latency")
        pipe.close()
    aim = Aim("at most 1.3 x floor + 3 ms", lambda ours, floor: ours <= 1.3 * floor + 3)
    method = "A client asks the running engine over its socket; the command's first instruction writes into a pipe."
    return [Race("Add to first instruction, sandboxed", "ms", entries, aim=aim, method=method)]


def plain(scale: float = 1.0) -> list[Race]:
    """The same without a sandbox, and the flow of trivial jobs two at a time, rivals beside."""
    rounds = max(2, round(_ROUNDS * scale))
    with arena() as folder:
        pipe = Pipe(folder)
        with players((FLOOR, OURS, OURS_EAGER, *BESIDE), folder, pipe.command, BENCH_SHOWN=str(pipe.folder)) as present:
            _begin(present)
            one = contestants(present, lambda player: _first_instruction(player, pipe, "submit", 1))
            run(one, rounds, "latency")
            many = contestants(present, lambda player: _flow(player, pipe))
            run(many, max(2, rounds // 2), "jobs a second")
        pipe.close()
    latency = Aim("under 1.5 x floor", lambda ours, floor: ours < 1.5 * floor)
    flow = Aim("over 0.8 x floor", lambda ours, floor: ours > 0.8 * floor)
    return [
        Race(
            "Add to first instruction, without a sandbox",
            "ms",
            one,
            aim=latency,
            method="Floor: a synced append, then a bare spawn. Everyone runs the same shell line.",
        ),
        Race(
            f"Trivial jobs, two at a time ({_JOBS} jobs)",
            "jobs/s",
            many,
            aim=flow,
            higher=True,
            method="From the first job handed in, one by one, to the first instruction of the last.",
        ),
    ]


def _begin(present: dict[str, Player | str]) -> None:
    for name, player in present.items():
        if isinstance(player, Player) and name not in (FLOOR.name, OURS.name, OURS_EAGER.name):
            player.call("work")
    time.sleep(2.0)  # workers connect; none of them says when it has


def _first_instruction(player: Player, pipe: Pipe, how: str, *args: object) -> Callable[[], Sequence[float]]:
    dice = random.Random(1)

    def once() -> list[float]:
        samples = []
        for _ in range(_EACH):
            time.sleep(dice.uniform(*_GAP_S))
            pipe.drain()
            player.ask(how, *args)
            began = pipe.wait()
            samples.append((began - player.answer().at) * 1000)
        return samples

    return once


def _flow(player: Player, pipe: Pipe) -> Callable[[], Sequence[float]]:
    def once() -> list[float]:
        time.sleep(0.3)
        pipe.drain()
        player.ask("submit", _JOBS)
        ended = pipe.wait(_JOBS, 60.0)
        return [_JOBS / (ended - player.answer().at)]

    return once
