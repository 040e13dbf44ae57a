"""Signals from other programs, as they meet a real engine with real builds."""

import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.signals.files import TASK, written
from tests.front.midwatch import MIDWATCH, Space, until

OFTEN = '[schedules.heartbeat]\ncron = "* * * * * *"\nrun = "heartbeat"\n'


def spawning(label: str, *, confidence: float = 0.9, **task: str) -> bytes:
    """An urgent signal that asks for a task."""
    payload = {"confidence": confidence, "task": {**TASK, "label": label, **task}}
    return written(label, "spawn_agent", payload, priority="urgent")


def put(space: Space, name: str, data: bytes) -> None:
    """Put a signal where it belongs in one step."""
    partial = space.paths.escalations / f".{name}.partial"
    partial.write_bytes(data)
    partial.rename(space.paths.escalations / f"{name}.json")


def arrived(space: Space, label: str) -> bool:
    """Whether the task of a signal is in the queue."""
    view = space.view()
    return view is not None and label in view.tasks


@pytest.mark.slow
def test_what_a_signal_asks_for_is_built_and_never_merged_unseen(space: Space, repo: Path) -> None:
    """The same change merges by itself where the operator asked for it, and waits for a look where a signal did."""
    change = {"command": "echo '# rounded' >> ledger.py", "verify": "grep -q rounded ledger.py", "repo": str(repo)}
    with space.engine():
        put(space, "asked", spawning("asked", **change))
        until(lambda: arrived(space, "asked"), "the signal")
        assert space.wait("asked", "awaiting_review", "done") == "awaiting_review"
        put(space, "unsure", spawning("unsure", confidence=0.4))
        until(lambda: arrived(space, "unsure"), "the signal")
        space.wait("unsure", "awaiting_approval")
        space.ok("approve", "unsure")
        space.wait("unsure", "done")
        space.ok("deny", "asked")
        space.add("ours", change["command"], "--repo", str(repo), "--verify", change["verify"])
        space.wait("ours", "done")
    assert "rounded" in subprocess.check_output(["git", "show", "main:ledger.py"], cwd=repo, text=True)


def test_a_schedule_has_the_heartbeat_done(open_space: Callable[..., Space]) -> None:
    """What is not urgent is taken by the next one; words of a check ask the operator."""
    space = open_space(OFTEN)
    (space.root / "HEARTBEAT.md").write_text("## Queue (hourly)\nIs anything stuck?\n")
    put(space, "later", written("later"))
    with space.engine():
        until((space.paths.escalations / "handled" / "later.json").exists, "the heartbeat")
        until(lambda: space.escalations("heartbeat:queue"), "the check")
        assert [row["kind"] for row in space.escalations("signal:later")] == ["opportunity"]


@pytest.mark.slow
def test_a_heartbeat_that_is_killed_again_and_again_does_everything_once(space: Space) -> None:
    """Thirty signals, a heartbeat killed at some moment each time: each task queued once, each file in one place."""
    labels = [f"mend-{number}" for number in range(30)]
    for label in labels:
        put(space, label, spawning(label))
    dice = random.Random(7)
    for _ in range(12):
        beat = subprocess.Popen(
            [*MIDWATCH, "heartbeat"], env=space.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(dice.uniform(0.1, 0.5))
        beat.send_signal(signal.SIGKILL)
        beat.wait()
    space.ok("heartbeat")
    queued = Counter(found["label"] for found in space.decisions() if found["action"] == "signal_queued")
    assert queued == Counter(labels)
    handled = sorted((space.paths.escalations / "handled").glob("*.json"))
    assert sorted(json.loads(path.read_bytes())["id"] for path in handled) == sorted(labels)
    assert space.json("signals")["waiting"] == []
    assert space.json("audit", "verify")["ok"]
