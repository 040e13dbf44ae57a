"""The wall clock jumps, forward and back, by hours and by days, while builds run."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.front.midwatch import Space

WAIT = "echo up; while [ ! -e go ]; do sleep 0.02; done; echo over"
HOUR, DAY = 3600, 86400


SHIFTED = """
import datetime, os
from engine.clock import SystemClock
true = SystemClock.now
def now(self):
    with open(os.environ["MIDWATCH_TEST_CLOCK"]) as file:
        return true(self) + datetime.timedelta(seconds=int(file.read()))
SystemClock.now = now
"""
"""What every Python of a workspace does first: our processes ask one class only for the wall clock. Time that passes
stays true, as it does when somebody sets the machine's clock."""


class Clock:
    """The wall clock that a workspace's processes see."""

    def __init__(self, space: Space) -> None:
        self._file = space.home / "clock"
        self.jump(0)
        (space.home / "sitecustomize.py").write_text(SHIFTED)
        space.env |= {
            "MIDWATCH_TEST_CLOCK": str(self._file),
            "PYTHONPATH": f"{space.home}{os.pathsep}{space.env['PYTHONPATH']}",
        }

    def jump(self, offset_s: int) -> None:
        """Set the clock to so many seconds beside the true time."""
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(f"{offset_s}")
        fresh.replace(self._file)


@pytest.fixture
def space(open_space: Callable[..., Space]) -> Space:
    """A workspace that waits long before it tries again, and asks soon about what is quiet."""
    return open_space('[retry]\nwait = "1h"\n[stall]\nafter = "30m"\n[limits]\ntime = "1h"\n')


@pytest.fixture
def clock(space: Space) -> Clock:
    """A clock that can be set."""
    return Clock(space)


def test_the_clock_is_ours_to_set(space: Space, clock: Clock) -> None:
    """The jumps below reach the processes that they are meant for."""
    clock.jump(3 * DAY)
    space.add("late", "true")
    [entry] = space.decisions()
    assert abs(datetime.fromisoformat(entry["at"]).timestamp() - datetime.now(UTC).timestamp() - 3 * DAY) < 60


@pytest.mark.parametrize("offset_s", [5 * HOUR, -5 * HOUR, 3 * DAY, -3 * DAY])
def test_a_jump_harms_no_running_build(space: Space, clock: Clock, offset_s: int) -> None:
    """A build that runs is neither taken for stalled nor for overdue; it ends well, and so does what comes after."""
    with space.engine():
        space.add("slow", WAIT)
        space.up("slow")
        clock.jump(offset_s)
        space.add("other", "true")
        space.wait("other", "done")
        assert space.state("slow") == "building"
        assert space.json("status")["anomalies"] == []
        assert space.escalations("slow") == []
        space.go("slow-1")
        space.wait("slow", "done")
    # Back at the true time, all is there and the chain holds.
    clock.jump(0)
    with space.engine():
        space.add("last", "true")
        space.wait("last", "done")
    assert space.json("audit", "verify")["ok"] is True
    assert {row["label"]: row["state"] for row in space.json("queue", "--all")} == dict.fromkeys(
        ("slow", "other", "last"), "done"
    )
    numbers = [entry["seq"] for entry in space.decisions()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_jump_forward_makes_due_what_was_waited_for(space: Space, clock: Clock) -> None:
    """A retry and a start time that lie behind after the jump are taken up, once each."""
    later = datetime.now(UTC) + timedelta(hours=2)
    with space.engine():
        space.add("flaky", 'test "$MIDWATCH_ATTEMPT" = 2')
        space.add("timed", "true", "--start-at", later.isoformat())
        space.wait("flaky", "retrying")
        assert space.state("timed") == "queued"
        clock.jump(3 * HOUR)
        # Anything that comes up makes it look at the clock again; by itself it does so every minute.
        space.add("poke", "true")
        for label in ("flaky", "timed", "poke"):
            space.wait(label, "done")
    assert space.row("flaky")["attempts"] == 2
    assert space.row("timed")["attempts"] == 1


def test_a_jump_back_hurries_nothing_and_loses_nothing(space: Space, clock: Clock) -> None:
    """After a jump back a retry still waits for its time by the clock, also for an engine that starts then."""
    with space.engine():
        space.add("flaky", 'test "$MIDWATCH_ATTEMPT" = 2')
        space.wait("flaky", "retrying")
        clock.jump(-2 * HOUR)
        space.add("poke", "true")
        space.wait("poke", "done")
        assert space.state("flaky") == "retrying"
    with space.engine():
        assert space.state("flaky") == "retrying"
        clock.jump(2 * HOUR)
        space.add("again", "true")
        space.wait("flaky", "done")
    assert space.row("flaky")["attempts"] == 2
    assert space.json("audit", "verify")["ok"] is True


def test_an_engine_that_dies_between_two_jumps(space: Space, clock: Clock) -> None:
    """A build outlives its engine over a jump back; the next one knows it by its start time since boot."""
    with space.engine() as engine:
        space.add("slow", WAIT)
        space.up("slow")
        clock.jump(-3 * DAY)
        engine.kill()
    with space.engine():
        assert [row["build"] for row in space.json("status")["active"]] == ["slow-1"]
        space.go("slow-1")
        space.wait("slow", "done")
    assert space.ok("logs", "slow").split() == ["up", "over"]
    assert space.row("slow")["attempts"] == 1
