"""An engine that dies around a slot: the slot runs at most once, and is never lost in silence."""

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.clock import SystemClock
from state.disk import DISK
from state.files import create_workspace
from state.model.when.schedule import Ran, ScheduleState
from state.store import Store
from tests.faults.scheduling import GONE, SLOT, house, play
from tests.making import NOON

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


def until_the_end(root: Path, calls: int) -> subprocess.CompletedProcess[str]:
    """Play the slot in a process that ends at a call to the disk."""
    words = [sys.executable, "-m", "tests.faults.scheduling", str(root), str(calls)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)


def afterwards(root: Path) -> tuple[int, ScheduleState]:
    """Let the next engine find what is there; return how often the slot ran, and its schedule's record."""
    found = house(root, DISK, SLOT + timedelta(seconds=30))
    asyncio.run(play(found))
    ran = root / "operator" / "ran"
    return (len(ran.read_text().splitlines()) if ran.exists() else 0), found.store.schedules["hourly"]


@pytest.mark.slow
def test_a_slot_runs_at_most_once_wherever_the_engine_dies(tmp_path: Path) -> None:
    """At each single call to the disk: run once and done, or on record as interrupted."""
    before = tmp_path / "before"
    asyncio.run(play(house(before, DISK, NOON)))
    whole = shutil.copytree(before, tmp_path / "whole", symlinks=True)
    done = until_the_end(whole, 1 << 30)
    assert done.returncode == 0, done.stderr
    calls = int(done.stdout)
    assert calls > 10
    seen: Counter[tuple[int, str]] = Counter()
    for call in range(calls):
        root = shutil.copytree(before, tmp_path / f"at-{call}", symlinks=True)
        died = until_the_end(root, call)
        if died.returncode == 0 and int(died.stdout) <= call:
            # What comes up in the same turn shares its calls, so that one run may need fewer of them than another.
            continue
        assert died.returncode == GONE, died.stderr
        ran, state = afterwards(root)
        assert state.last is not None and state.last.slot == SLOT, (call, state)
        assert state.missed_count == 0
        assert ran == 1 or (ran == 0 and state.last.outcome is Ran.INTERRUPTED), (call, ran, state)
        assert state.next_slot == SLOT + timedelta(hours=1)
        seen[ran, state.last.outcome.value] += 1
        shutil.rmtree(root)
    # Both sides of the line between record and act were really met.
    assert seen[1, "done"] and seen[1, "interrupted"] + seen[0, "interrupted"], seen


@pytest.mark.slow
def test_an_engine_killed_again_and_again_runs_no_slot_twice(tmp_path: Path) -> None:
    """A schedule for every second, SIGKILL at random: each slot has at most one start, in order, and none is unsaid."""
    workspace = create_workspace(tmp_path)
    workspace.settings.write_text(
        '[schedules.tick]\ncron = "* * * * * *"\nrun = "audit list --limit 1"\nmisfire = "all"\ngrace = "0s"\n'
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-P", "-m", "console.cli.main", "--workspace", str(workspace.root), "engine"]
    dice = random.Random(7)
    for _ in range(8):
        engine = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.0 + dice.random() * 1.5)  # the moment of death is random on purpose
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    lines = [line for file in sorted(workspace.journal.iterdir()) for line in file.read_bytes().splitlines()]
    told = [line for line in lines if b'"action":"schedule_started"' in line or b'"action":"schedule_missed"' in line]
    slots = [moment(found[1]) for line in told if (found := re.search(rb'"running":\{"slot":"([^"]+)"', line))]
    assert len(slots) > 5
    assert slots == sorted(set(slots))
    with Store.open(workspace, SystemClock()) as store:
        state = store.schedules["tick"]
    seconds = int((slots[-1] - slots[0]).total_seconds()) + 1
    assert len(slots) + state.missed_count >= seconds, "a slot was neither run nor missed"


def moment(text: bytes) -> datetime:
    """A moment as it stands in the journal."""
    return datetime.fromisoformat(text.decode())
