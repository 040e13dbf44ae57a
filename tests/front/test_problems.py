"""Problems as the operator meets them: seen, told, fixed where that is safe, and never where a build is under way."""

import os
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.clock import SystemClock
from state.model import build as b
from state.model import task as t
from state.store import Store
from tests.engine.engines import SETUP
from tests.engine.work.repositories import git, write
from tests.front.midwatch import Space, until
from tests.front.spaces import open_space, repo, space
from tests.making import a_build, a_task

__all__ = ["open_space", "repo", "space"]

TIDY = '[problems]\nkeep_builds = 0\nleftovers = "64K"\n'
LEFT = "growing:old-builds"
FILL = "head -c 300000 /dev/urandom > ledger.bin"
"""A build whose result takes room that shows."""


def ids(space: Space) -> list[str]:
    """The problems that a look sees."""
    return [row["id"] for row in space.json("problems", "scan")["problems"]]


def row(space: Space, name: str) -> dict[str, Any]:
    """What is known of one problem."""
    [found] = [row for row in space.json("problems", "list", "--all") if row["id"] == name]
    return found


@pytest.mark.slow
def test_old_builds_make_room_and_a_running_one_is_untouched(open_space: Callable[..., Space], repo: Path) -> None:
    """What the branch holds too is removed, on record; the files of a build under way stay, and it ends well."""
    space = open_space(TIDY)
    space.add("ledger", FILL, "--repo", str(repo))
    space.work()
    space.ok("approve", "ledger")
    space.work()
    assert space.state("ledger") == "done"
    old, output = space.paths.build("ledger-1").work, space.paths.build("ledger-1").output
    assert (old / "ledger.bin").exists()
    with space.engine():
        space.add("slow", "head -c 300000 /dev/urandom > big; while [ ! -e go ]; do sleep 0.1; done")
        space.wait("slow", "building")
        running = space.paths.build("slow-1").work
        assert LEFT in ids(space)
        would = space.json("problems", "fix", "--safe", "--dry-run")["fixes"]
        assert (LEFT, True) in [(one["id"], one["ok"]) for one in would]
        assert old.exists()
        [fixed] = space.json("problems", "fix", LEFT)["fixes"]
        assert fixed["ok"] and fixed["freed_bytes"] >= 300_000
        assert not old.exists() and output.exists()
        assert running.exists()
        assert "ledger.bin" in git(repo, "ls-tree", "--name-only", "main")
        space.ok("undo", "ledger", "--yes")
        assert "ledger.bin" not in git(repo, "ls-tree", "--name-only", "main")
        (running / "go").touch()
        space.wait("slow", "done")
        assert (running / "big").stat().st_size == 300_000
    found = row(space, LEFT)
    assert (found["open"], found["gone"], found["fixes"]) == (False, "it was fixed", 1)
    actions = [entry["action"] for entry in space.decisions()]
    assert actions.index("fixes_begun") < actions.index("problem_fixed")
    assert "ledger" in space.ok("diff", "ledger")
    assert "## Problems fixed" in space.ok("overnight", "report")


def with_leftovers(space: Space) -> Path:
    """Put an old merged build on record, with its files."""
    over = b.Finished(ending="done", text="", at=SystemClock().now())
    build = a_build("tidy-1", over, repo="/code", result="c", delivered=b.Check(result=b.Result.YES))
    with Store.open(space.paths, SystemClock()) as store:
        store.commit([a_task("tidy", t.Done(build="tidy-1", note="", at=over.at)), build], SETUP)
    work = space.paths.build("tidy-1").work
    work.mkdir(parents=True)
    (work / "big").write_bytes(os.urandom(200_000))
    return work


def test_nothing_is_fixed_while_stopped_or_observing(open_space: Callable[..., Space]) -> None:
    """It says why, the files stay, and once the operator wants it the same is fixed."""
    space = open_space(TIDY)
    work = with_leftovers(space)
    space.ok("problems", "scan")
    assert space.json("status")["problems"]["low"] >= 1
    assert "`midwatch problems list`" in space.ok("status")
    space.ok("kill", "--all")
    assert "the kill switch is engaged, so nothing is fixed" in space.fails(1, "problems", "fix", "--safe")
    space.ok("arm")
    space.ok("mode", "observe")
    assert "observe mode" in space.fails(1, "problems", "fix", LEFT)
    assert (work / "big").exists()
    space.ok("mode", "live")
    assert "fixed: 1 folder of old builds removed" in space.ok("problems", "fix", LEFT)
    assert not work.exists()


def test_the_schedule_fixes_by_itself(open_space: Callable[..., Space]) -> None:
    """The built-in one, run by an engine: what is safe is done and on record, and the schedule ran well."""
    space = open_space(f"{TIDY}\n[schedules]\ndefaults = true\n")
    work = with_leftovers(space)
    with space.engine():
        space.ok("schedules", "run", "auto_fix")
        until(lambda: not work.exists(), "the room to be made")
        until(lambda: row(space, LEFT)["gone"] == "it was fixed", "the problem to be gone")
    fixed = [entry["why"] for entry in space.decisions() if entry["action"] == "problem_fixed"]
    assert f"{LEFT}: 1 folder of old builds removed" in [why.partition(",")[0] for why in fixed]


@pytest.mark.slow
def test_a_task_that_fails_in_the_same_way_is_seen(open_space: Callable[..., Space], repo: Path) -> None:
    """Really failing builds, with other numbers each time; mended, the problem is gone."""
    space = open_space('[retry]\ntimes = 1\nwait = "10ms"\n[problems]\nfailures = 2\n')
    fails = '[ -e mended ] || { echo "ledger.py:$$: error: no such column" >&2; exit 1; }'
    space.add("tidy", fails, "--repo", str(repo))
    space.work()
    assert "failing:tidy" in ids(space)
    found = row(space, "failing:tidy")
    assert found["figures"] == {"failures": 2} and "no such column" in found["text"]
    write(repo, {"mended": "yes"})
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "Mend it")
    space.ok("retry", "tidy")
    space.work()
    assert space.state("tidy") == "done"
    assert "failing:tidy" not in ids(space)


@pytest.mark.slow
def test_a_disk_that_is_full_is_asked_about_until_it_is_not(tmp_path: Path) -> None:
    """A real one: one question with a counter, which goes by itself once there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "midwatch-test", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    try:
        space = Space(disk / f"space-{secrets.token_hex(6)}")
        name = f"disk:{space.root}"
        assert name not in ids(space)
        ballast = disk / "ballast"
        asked: dict[str, Any] = {}
        ballast.write_bytes(b"x" * ((31 << 20) + (1 << 19)))
        for count in (1, 2):
            assert name in ids(space)
            [asked] = space.escalations(f"problem:{name}")
            assert (asked["priority"], asked["count"]) == ("urgent", count)
        assert "is nearly full" in asked["text"]
        ballast.unlink()
        assert name not in ids(space)
        assert space.escalations(f"problem:{name}") == []
        space.close()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
