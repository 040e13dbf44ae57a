"""The kill switch and `kill`, against trees that do not want to die, with the engine alive, hung and dead."""

import fcntl
import os
import re
import signal
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.safety.kill import PATIENCE_S as STRIKE_S
from tests.engine.work.repositories import git, repository
from tests.faults import tree
from tests.front.midwatch import Space, until

COUNT = 60
KINDS = "plain ignores session group daemon stopped " * 4 + "hopper breeder"
TREE = f"exec /usr/bin/python3 tree.py . {COUNT} {KINDS}"
WILD = ("wild", "bare")
"""The labels of the builds that are such trees; the second one runs without a sandbox."""


@pytest.fixture
def space(open_space: Any, tmp_path: Path) -> Space:
    """A workspace in which one task may run without a sandbox, with two trees in the queue."""
    space: Space = open_space('[queue]\nslots = 3\n[tasks.bare]\nsandbox = "none"\n')
    repo = repository(tmp_path / "trees", {"tree.py": Path(tree.__file__).read_text()})
    for label in WILD:
        space.add(label, TREE, "--repo", str(repo), "--paths", label)
    return space


def grown(space: Space) -> None:
    """Wait until both trees are complete."""
    for label in WILD:
        ready = space.paths.build(f"{label}-1").work / "ready"
        until(partial(_complete, ready), f"the tree of {label}")
        assert not dead(space, label)


def _complete(ready: Path) -> bool:
    return ready.exists() and ready.stat().st_size >= COUNT


def dead(space: Space, label: str) -> bool:
    """Whether nobody holds the lock that every process of a tree holds; needs no knowledge of the killer's."""
    fd = os.open(space.paths.build(f"{label}-1").work / "alive", os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def all_dead(space: Space) -> bool:
    """Whether no process of any tree lives."""
    return all(dead(space, label) for label in WILD)


def nothing_starts_until_armed(space: Space) -> None:
    """The switch holds whoever asks, over a restart too; `arm` releases it."""
    space.add("next", "true")
    assert space.json("next")["reasons"][0]["rule"] == "kill_switch"
    space.work()
    assert space.row("next")["attempts"] == 0
    stop = space.json("status")["stop"]
    assert stop["engaged"] is True
    assert stop["since"]
    space.ok("arm")
    assert space.json("status")["stop"]["engaged"] is False
    assert not space.paths.stop.exists()
    space.work()
    assert space.state("next") == "done"
    for label in WILD:
        row = space.row(label)
        assert (row["state"], row["attempts"]) == ("killed", 1), row
    assert len(space.decisions("--action", "stop_engaged")) == 1


def test_kill_ends_a_nasty_tree(space: Space) -> None:
    """`kill LABEL` returns once all of that tree is dead, says how long it took, and leaves the other one alone."""
    with space.engine():
        grown(space)
        told = space.ok("kill", "wild")
        assert dead(space, "wild")
        assert not dead(space, "bare")
        assert re.search(r"wild-1 dead in \d+ ms", told)
        told = space.json("kill", "bare")
        assert dead(space, "bare")
        assert told["survivors"] == []
        assert told["ms"] > 0
        for label in WILD:
            space.wait(label, "killed")
            [how] = [found for found in space.decisions("--label", label) if found["action"] == "kill_carried_out"]
            assert re.search(rf"{label}-1 dead in \d+ ms", how["why"])


def test_touching_stop_kills_everything(space: Space) -> None:
    """`touch .midwatch/STOP` is enough: no command, no console, no socket."""
    with space.engine():
        grown(space)
        space.paths.stop.touch()
        until(lambda: all_dead(space), "everything to die", STRIKE_S + 10)
        for label in WILD:
            space.wait(label, "killed")
        [stop] = space.decisions("--action", "stop_engaged")
        assert stop["actor"] == "file"
    nothing_starts_until_armed(space)


def test_the_switch_with_the_engine_alive(space: Space) -> None:
    """`kill --all` ends both trees, tells what it took, and the engine has it on record."""
    with space.engine():
        grown(space)
        told = space.json("kill", "--all", "--why", "enough")
        assert all_dead(space)
        assert told["survivors"] == []
        assert {report["build"] for report in told["killed"]} <= {"wild-1", "bare-1"}
        assert all(report["ms"] > 0 for report in told["killed"])
        for label in WILD:
            space.wait(label, "killed")
        [stop] = space.decisions("--action", "stop_engaged")
        assert (stop["why"], stop["actor"].partition(":")[0]) == ("enough", "operator")
    nothing_starts_until_armed(space)


def test_the_switch_with_the_engine_hung(space: Space) -> None:
    """With the engine stopped the command kills by itself; once the engine goes on it finds both on record."""
    with space.engine() as engine:
        grown(space)
        engine.send(signal.SIGSTOP)
        told = space.json("kill", "--all", "--why", "it hangs")
        assert all_dead(space)
        assert {report["build"] for report in told["killed"]} == {"wild-1", "bare-1"}
        assert "does not answer" in told["text"]
        engine.send(signal.SIGCONT)
        for label in WILD:
            space.wait(label, "killed")
        until(lambda: space.decisions("--action", "stop_engaged"), "the record")
        [stop] = space.decisions("--action", "stop_engaged")
        assert stop["why"] == "it hangs"
        assert stop["actor"].startswith("operator:")
    nothing_starts_until_armed(space)


def test_the_switch_with_the_engine_dead(space: Space) -> None:
    """Builds that outlived their engine die too, and the next engine reads how they ended, without a riddle."""
    with space.engine() as engine:
        grown(space)
        engine.kill()
        assert not all_dead(space)
        told = space.json("kill", "--all")
        assert all_dead(space)
        assert {report["build"] for report in told["killed"]} == {"wild-1", "bare-1"}
    assert space.json("status")["stop"]["engaged"] is True
    nothing_starts_until_armed(space)
    assert space.decisions("--action", "build_lost") == []


def test_stop_while_builds_are_starting(open_space: Any) -> None:
    """However close to its start a build is when the switch is engaged, none of it lives afterwards."""
    space: Space = open_space("[queue]\nslots = 4\n")
    space.add_many({f"many-{number}": "echo ran; sleep 98765" for number in range(24)})
    with space.engine():
        until(space.paths.build("many-0-1").output.exists, "the first to start")
        space.ok("kill", "--all")
        assert pids_inside(space) == []
        space.wait("many-0", "killed")
        assert space.json("status")["active"] == []
    states = Counter(row["state"] for row in space.json("queue", "--all"))
    # Whatever waited still waits: the switch ends builds, it does not empty the queue.
    assert 1 <= states["killed"] <= 4
    assert states["queued"] == 24 - states["killed"]


def pids_inside(space: Space) -> list[int]:
    """What lives of the workspace besides its engines."""
    return [pid for pid in space.left() if b"console.cli.main" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_merge_is_never_cut_by_the_switch(open_space: Any, tmp_path: Path) -> None:
    """The switch while results are being merged leaves each of them wholly merged or not at all."""
    space: Space = open_space("[queue]\nslots = 4\n")
    repo = repository(tmp_path / "merges")
    for number in range(6):
        name = f"new-{number}"
        space.add(f"m-{number}", f"echo x > {name}", "--repo", str(repo), "--verify", "true", "--paths", name)
    with space.engine():
        until(lambda: git(repo, "rev-list", "--count", "main") != "1", "the first merge")
        space.paths.stop.touch()
        until(lambda: space.json("status")["active"] == [], "everything to end")
        assert git(repo, "status", "--porcelain") == ""
        done = [row["label"] for row in space.json("queue", "--all") if row["state"] == "done"]
        titles = git(repo, "log", "--format=%s", "main").split()[:-2]
        assert sorted(title.lower() for title in titles) == sorted(done)
        space.ok("arm")


def test_the_stop_thread_needs_no_loop(space: Space) -> None:
    """An engine that is busy answering a crowd of commands still heeds STOP at once."""
    with space.engine():
        grown(space)
        crowd = [threading.Thread(target=space.run, args=("status", "--json")) for _ in range(8)]
        for one in crowd:
            one.start()
        space.paths.stop.touch()
        until(lambda: all_dead(space), "everything to die", STRIKE_S + 10)
        for one in crowd:
            one.join()
