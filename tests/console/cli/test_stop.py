"""Tests of console.cli.stop."""

import os
import signal
import time

from engine.safety.processes import pids

# Known by this run alone: others may run the same tests beside it.
SECONDS = f"{os.getpid()}{time.time_ns() % 1_000_000:06}"
TREE = f"setsid sh -c 'trap \"\" TERM; sleep {SECONDS}' & sleep {SECONDS}"


def sleepers() -> set[int]:
    """Every process that sleeps the odd number of seconds that these builds sleep."""
    found = set()
    for pid in pids():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if SECONDS.encode() in file.read().split(b"\0"):
                    found.add(pid)
        except OSError:
            continue
    return found


def started(midwatch):
    """Queue a build that never ends by itself, to be run by an engine."""
    midwatch.add("slow", "--command", TREE)


def running(midwatch):
    midwatch.reaches("slow", "building")
    end = time.monotonic() + 60
    while len(sleepers()) < 2:
        assert time.monotonic() < end, "the build did not start"
        time.sleep(0.02)


def test_one_that_waits_is_killed_before_it_starts(midwatch):
    """Killing a queued task takes it out of the queue, with or without an engine."""
    midwatch.add("tidy")
    assert "before it started" in midwatch.ok("kill", "tidy", "--why", "no need")
    assert midwatch.state("tidy") == "killed"
    code, _ = midwatch.fails("kill", "tidy")
    assert code == 1


def test_a_running_build_is_killed_by_its_engine(midwatch):
    """With an engine the whole tree is dead when the command returns, and the record says who asked."""
    started(midwatch)
    with midwatch.engine():
        running(midwatch)
        assert "dead in" in midwatch.ok("kill", "slow")
        assert sleepers() == set()
        midwatch.reaches("slow", "killed")
        assert midwatch.json("audit", "list", "--action", "kill_asked")


def test_a_build_is_killed_although_the_engine_hangs(midwatch):
    """A stopped engine does not keep its build alive, and finds out afterwards."""
    started(midwatch)
    with midwatch.engine() as engine:
        running(midwatch)
        engine.send_signal(signal.SIGSTOP)
        said = midwatch.ok("kill", "slow")
        assert sleepers() == set()
        assert "slow-1: dead in" in said
        assert "does not answer" in said
        engine.send_signal(signal.SIGCONT)
        midwatch.reaches("slow", "killed", "failed", "unknown")


def test_a_build_is_killed_although_the_engine_is_dead(midwatch):
    """A build that outlived its engine is killed through its files, after the wish is on record."""
    started(midwatch)
    with midwatch.engine() as engine:
        running(midwatch)
        engine.kill()
        engine.wait()
        assert sleepers()
        midwatch.ok("kill", "slow")
        assert sleepers() == set()
    assert midwatch.json("audit", "list", "--action", "kill_asked")[-1]["build"] == "slow-1"
    with midwatch.engine():
        midwatch.reaches("slow", "killed")


def test_nothing_to_kill_behind_a_hung_engine_is_said(midwatch):
    """A label of which nothing runs is refused as busy, not as killed."""
    started(midwatch)
    with midwatch.engine() as engine:
        running(midwatch)
        engine.send_signal(signal.SIGSTOP)
        _, complaint = midwatch.fails("kill", "other")
        assert "nothing of it runs" in complaint


def test_the_kill_switch_with_an_engine(midwatch):
    """`kill --all` ends everything, nothing starts until `arm`, and both are on record once."""
    started(midwatch)
    with midwatch.engine():
        running(midwatch)
        said = midwatch.ok("kill", "--all", "--why", "enough")
        assert sleepers() == set()
        assert "slow-1: dead in" in said
        midwatch.reaches("slow", "killed")
        used = midwatch.json("status")["kill_switch"]["last_use"]
        assert (used["means"], used["why"], used["builds"]) == ("verb", "enough", 1)
        assert used["ms"] > 0 and used["processes"] >= 2 and used["survivors"] == []
        midwatch.add("later")
        assert midwatch.json("status")["stop"]["engaged"] is True
        assert midwatch.json("next")["reasons"][0]["rule"] == "kill_switch"
        midwatch.ok("arm")
        midwatch.reaches("later", "done")
    assert len(midwatch.json("audit", "list", "--action", "stop_engaged")) == 1
    assert len(midwatch.json("audit", "list", "--action", "stop_released")) == 1


def test_the_kill_switch_although_the_engine_hangs(midwatch):
    """A stopped engine cannot keep anything alive, and records the stop once it goes on."""
    started(midwatch)
    with midwatch.engine() as engine:
        running(midwatch)
        engine.send_signal(signal.SIGSTOP)
        said = midwatch.ok("kill", "--all")
        assert sleepers() == set()
        assert "does not answer" in said
        assert os.path.exists(midwatch.workspace.stop)
        engine.send_signal(signal.SIGCONT)
        midwatch.reaches("slow", "killed")
        assert midwatch.json("status")["stop"]["engaged"] is True


def test_the_kill_switch_although_the_engine_is_dead(midwatch):
    """Without an engine the command kills by itself, records it, and `arm` takes both back."""
    started(midwatch)
    with midwatch.engine() as engine:
        running(midwatch)
        engine.kill()
        engine.wait()
        answer = midwatch.json("kill", "--all")
        assert sleepers() == set()
        assert [report["build"] for report in answer["killed"]] == ["slow-1"]
        assert answer["survivors"] == []
        status = midwatch.json("status")
        assert status["stop"]["engaged"] is True
        assert (status["kill_switch"]["last_use"]["means"], status["kill_switch"]["last_use"]["builds"]) == ("verb", 1)
    midwatch.ok("arm")
    assert midwatch.json("status")["stop"]["engaged"] is False
    assert not os.path.exists(midwatch.workspace.stop)
    assert "not engaged" in midwatch.ok("arm")


def test_pause_and_resume(midwatch):
    """While paused nothing starts; asking twice is refused."""
    midwatch.add("tidy")
    midwatch.ok("pause")
    assert midwatch.json("status")["paused"] is True
    assert midwatch.json("next")["reasons"][0]["rule"] == "pause"
    assert midwatch.fails("pause")[0] == 1
    midwatch.ok("resume")
    assert midwatch.json("status")["paused"] is False
