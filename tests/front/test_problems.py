"""Problems as the operator meets them: seen, told, fixed where that is safe, and never where a build is under way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.front.midwatch import Space
from tests.front.spaces import open_space, repo, space

__all__ = ["open_space", "repo", "space"]

TIDY = '[problems]\nkeep_builds = 0\nleftovers = "64K"\n'
FILL = "head -c 300000 /dev/urandom > ledger.bin"
"""A build whose result takes room that shows."""


def ids(space: Space) -> list[str]:
    """The problems that a look sees."""
    return [row["id"] for row in space.json("problems", "scan")["problems"]]


def row(space: Space, name: str) -> dict[str, Any]:
    """What is known of one problem."""
    [found] = [row for row in space.json("problems", "list", "--all") if row["id"] == name]
    return found


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
        assert ids(space) == ["growing:old builds"]
        would = space.json("problems", "fix", "--safe", "--dry-run")["fixes"]
        assert [(one["id"], one["ok"]) for one in would] == [("growing:old builds", True)]
        assert old.exists()
        [fixed] = space.json("problems", "fix", "--safe")["fixes"]
        assert fixed["ok"] and fixed["freed_bytes"] >= 300_000
        assert not old.exists() and output.exists()
        assert running.exists()
        (running / "go").touch()
        space.wait("slow", "done")
        assert (running / "big").stat().st_size == 300_000
    found = row(space, "growing:old builds")
    assert (found["open"], found["gone"], found["fixes"]) == (False, "it was fixed", 1)
    actions = [entry["action"] for entry in space.decisions()]
    assert actions.index("fixes_begun") < actions.index("problem_fixed")
    assert "ledger" in space.ok("diff", "ledger")
