"""Schedules beside others that know cron: the next fire of 10,000, what each weighs, how late 1,000 due at once are."""

import random
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from croniter import croniter
from cronsim import CronSim

from engine.schedule.cron import next_after, parse
from state.files import create_workspace
from tests.bench import rivals
from tests.bench.ground import Player, arena
from tests.bench.peers.ours import start_engine, stop_engine, wait_ready
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, note, run, spin_s

_ROUNDS = 5
_EXPRESSIONS = 10_000
_DUE = 1_000
_FROM = datetime(2026, 3, 4, 12, tzinfo=UTC)
_AHEAD_S = 20.0
_PATIENCE_S = 600.0


def cron(scale: float = 1.0) -> list[Race]:
    """All three."""
    rounds = max(2, round(_ROUNDS * scale))
    with arena() as folder:
        return [_next(folder, rounds), _weight(folder), _late(folder, max(100, int(_DUE * scale)))]


def expressions(count: int, seed: int = 7) -> list[str]:
    """Return expressions of five fields as operators write them, each different."""
    dice = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        minute = dice.choice((str(dice.randrange(60)), f"*/{dice.choice((5, 10, 15, 20, 30))}", "0,30", "5-50/5"))
        hour = dice.choice(("*", str(dice.randrange(24)), f"{dice.randrange(12)}-{dice.randrange(12, 24)}", "*/2"))
        day = dice.choice(("*", "*", str(dice.randrange(1, 29)), "1,15"))
        month = dice.choice(("*", "*", str(dice.randrange(1, 13)), "1-6"))
        weekday = "*" if day != "*" else dice.choice(("*", "1-5", "0", "6,0"))
        found[f"{minute} {hour} {day} {month} {weekday}"] = None
    return list(found)


def _next(folder: Path, rounds: int) -> Race:
    """Parsed once; what is measured is finding the next time of each, in a zone that changes its clocks."""
    written = expressions(_EXPRESSIONS)
    ours = [parse(text) for text in written]
    zone = UTC

    def midwatch() -> list[float]:
        began = time.perf_counter()
        for each in ours:
            next_after(each, zone, _FROM)
        return [time.perf_counter() - began]

    def cronsim() -> list[float]:
        walks = [CronSim(text, _FROM) for text in written]
        began = time.perf_counter()
        for walk in walks:
            next(walk)
        return [time.perf_counter() - began]

    def by_croniter() -> list[float]:
        walks = [croniter(text, _FROM) for text in written]
        began = time.perf_counter()
        for walk in walks:
            walk.get_next(datetime)
        return [time.perf_counter() - began]

    entries = [Contestant("cronsim", cronsim), Contestant("midwatch", midwatch), Contestant("croniter", by_croniter)]
    players = []
    for rival in (rivals.APS3_MEMORY, rivals.APS4):
        try:
            player = Player(rival, folder / f"next-{rival.module}", ":", contained=False)
        except (RuntimeError, OSError) as error:
            entries.append(Contestant(rival.name, list, trouble=f"not to be had here: {error}"))
            continue
        players.append(player)
        entries.append(Contestant(rival.name, partial(_asked, player, written)))
    try:
        run(entries, rounds, "next fire")
    finally:
        for player in players:
            player.close()
    return Race(
        f"The next fire of {_EXPRESSIONS:,} expressions",
        "seconds",
        entries,
        floor="cronsim",
        aim=Aim("at most 1.5 x cronsim", lambda mine, floor: mine <= 1.5 * floor),
        method="Each was parsed before; the next time after one moment, in UTC.",
    )


def _asked(player: Player, written: list[str]) -> list[float]:
    return [float(player.call("next_of", written).gave)]


def _weight(folder: Path) -> Race:
    """The resident memory of a process with 10,000 schedules, less that of one with none."""
    written = expressions(_EXPRESSIONS)
    bare, full = (_engine_kb(folder / f"weigh-{count}", written[:count]) for count in (0, _EXPRESSIONS))
    mine = Contestant("midwatch", list, rounds=[[(full - bare) / _EXPRESSIONS]], spins=[spin_s()])
    entries = []
    try:
        sizes = []
        for count in (0, _EXPRESSIONS):
            player = Player(rivals.APS3_MEMORY, folder / f"weigh-aps-{count}", ":", contained=False)
            try:
                player.call("crons", written[:count])
                player.call("work")
                sizes.append(_kb(int(player.call("pid").gave)))
            finally:
                player.close()
        entries.append(
            Contestant("APScheduler 3", list, rounds=[[(sizes[1] - sizes[0]) / _EXPRESSIONS]], spins=[spin_s()])
        )
    except (RuntimeError, OSError) as error:
        entries.append(Contestant("APScheduler 3", list, trouble=f"not to be had here: {error}"))
    return Race(
        f"Resident memory of each of {_EXPRESSIONS:,} schedules",
        "kB",
        [*entries, mine],
        floor="APScheduler 3",
        aim=Aim("at most 1 x APScheduler 3", lambda ours, floor: 0 < ours <= floor),
        method="What the process holds with all of them, less what it holds with none, by the kernel's count.",
    )


def _late(folder: Path, count: int) -> Race:
    """All of the same second; each command is a program that does nothing."""
    entries = []
    try:
        player = Player(rivals.APS3_MEMORY, folder / "late-aps", ":", contained=False)
        try:
            player.call("work")
            late = player.call("late_by", count).gave
            entries.append(Contestant("APScheduler 3", list, rounds=[late], spins=[spin_s()]))
        finally:
            player.close()
    except (RuntimeError, OSError) as error:
        entries.append(Contestant("APScheduler 3", list, trouble=f"not to be had here: {error}"))
    entries.append(Contestant("midwatch", list, rounds=[_ours_late(folder / "late", count)], spins=[spin_s()]))
    told = "; ".join(
        f"{entry.name}: p99 {sorted(entry.rounds[0])[int(0.99 * len(entry.rounds[0]))]:.2f} s, all of them in "
        f"{max(entry.rounds[0]):.2f} s"
        for entry in entries
        if entry.rounds
    )
    return Race(
        f"How late {count:,} schedules start that are due at once",
        "seconds",
        entries,
        floor="APScheduler 3",
        method=f"Eight at a time; ours records each start and end, the other keeps nothing. {told}.",
    )


def _ours_late(folder: Path, count: int) -> list[float]:
    from tests.bench.peers import due

    slot, started = due.fire_all(create_workspace(folder), count, _AHEAD_S, _PATIENCE_S)
    return [(at - slot) / timedelta(seconds=1) for at in started]


def _engine_kb(folder: Path, written: list[str]) -> float:
    note(f"an engine with {len(written):,} schedules")
    workspace = create_workspace(folder)
    lines = [f'[schedules.s{number}]\ncron = "{text}"\nrun = "status"\n' for number, text in enumerate(written)]
    workspace.settings.write_text('[time]\nzone = "UTC"\n' + "".join(lines))
    engine = start_engine(workspace)
    try:
        wait_ready(workspace, engine, _PATIENCE_S)
        time.sleep(2.0)
        return _kb(engine.pid)
    finally:
        stop_engine(engine)


def _kb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1])
    raise RuntimeError(f"process {pid} says nothing of its memory")
