"""Durable commits a second: the store against a bare append and sync of the very same bytes."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.clock import SystemClock
from engine.safety.privacy.scrubber import Scrubber
from state.files import create_workspace
from state.model.reason import Reason
from state.model.task import Queued, Task
from state.store import Store
from tests.bench import rivals
from tests.bench.ground import Player, arena, contestants, players
from tests.bench.peers.ours import spec
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, run

_ROUNDS = 10
_ONE_BY_ONE = 300
_BATCH = 1000
_WARM = 20


def commits(scale: float = 1.0) -> list[Race]:
    """One by one, then a thousand at once."""
    rounds = max(2, round(_ROUNDS * scale))
    with arena() as folder, players((rivals.HUEY, rivals.APS3), folder, ":") as present:
        workspace = create_workspace(folder / "operator")
        store = Store.open(workspace, SystemClock(), door=Scrubber())
        ours = _Ours(store)
        open_store = Store.open(create_workspace(folder / "open"), SystemClock())
        unlooked = _Ours(open_store)
        lines = _lines_of(workspace.journal, ours)
        bare = _Bare(folder / "bare", lines)
        single = [
            Contestant("floor", lambda: [bare.each(_ONE_BY_ONE)]),
            Contestant("midwatch", lambda: [ours.each(_ONE_BY_ONE)]),
            Contestant("midwatch, looking for no personal data", lambda: [unlooked.each(_ONE_BY_ONE)]),
            *contestants(present, _enqueue),
        ]
        run(single, rounds, "commits")
        batch = [
            Contestant("floor", lambda: [bare.together(_BATCH)]),
            Contestant("midwatch", lambda: [ours.together(_BATCH)]),
            Contestant("midwatch, looking for no personal data", lambda: [unlooked.together(_BATCH)]),
        ]
        run(batch, rounds, "batches")
        batch.append(Contestant("midwatch, one by one", list, rounds=single[1].rounds, spins=single[1].spins))
        store.close()
        open_store.close()
        bare.close()
    return [
        Race(
            "Durable commits, one by one",
            "commits/s",
            single,
            aim=Aim("at least 0.6 x floor", lambda ours, floor: ours >= 0.6 * floor),
            higher=True,
            method="A commit is a task and its reason; a rival's is a job accepted while no worker runs.",
        ),
        Race(
            f"Durable commits, {_BATCH:,} with one sync",
            "commits/s",
            batch,
            floor="midwatch, one by one",
            aim=Aim("at least 20 x one by one", lambda ours, single: ours >= 20 * single),
            higher=True,
            method="Here the ratio is to Midwatch's own, one by one; `floor` appends the same bytes and syncs once.",
        ),
    ]


def _enqueue(player: Player) -> Callable[[], Sequence[float]]:
    return lambda: [_ONE_BY_ONE / player.call("submit", _ONE_BY_ONE).took_s]


class _Ours:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._count = 0

    def _next(self) -> tuple[list[Task], Reason]:
        self._count += 1
        task = Task(spec=spec(f"task-{self._count}", "true"), state=Queued(), added_at=SystemClock().now())
        why = f"asked for: {task.label}"
        return [task], Reason(actor="operator:bench", action="task_added", why=why, label=task.label)

    def each(self, count: int) -> float:
        made = [self._next() for _ in range(count)]
        began = time.perf_counter()
        for records, reason in made:
            self._store.commit(records, reason)
        return count / (time.perf_counter() - began)

    def together(self, count: int) -> float:
        made = [self._next() for _ in range(count)]
        began = time.perf_counter()
        for records, reason in made:
            self._store.stage(records, reason)
        self._store.flush()
        return count / (time.perf_counter() - began)


def _lines_of(journal: Path, ours: _Ours) -> list[bytes]:
    """Return the lines that some commits really wrote."""
    ours.each(_WARM)
    segment = max(journal.glob("*.jsonl"))
    return segment.read_bytes().splitlines(keepends=True)


class _Bare:
    def __init__(self, path: Path, lines: list[bytes]) -> None:
        self._lines = lines
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def each(self, count: int) -> float:
        began = time.perf_counter()
        for number in range(count):
            os.write(self._fd, self._lines[number % len(self._lines)])
            os.fdatasync(self._fd)
        return count / (time.perf_counter() - began)

    def together(self, count: int) -> float:
        began = time.perf_counter()
        os.write(self._fd, b"".join(self._lines[number % len(self._lines)] for number in range(count)))
        os.fdatasync(self._fd)
        return count / (time.perf_counter() - began)

    def close(self) -> None:
        os.close(self._fd)
