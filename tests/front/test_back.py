"""The way back as the operator goes it: undo and the captain's override, with a running engine."""

from pathlib import Path

from tests.engine.work.repositories import git
from tests.front.midwatch import Space, until

CHANGE = "echo 'def more(): pass' >> ledger.py"


def entry(space: Space, action: str, label: str) -> str:
    """The number of the latest entry of this kind about a task."""
    return str(space.decisions("--action", action, "--label", label)[-1]["seq"])


def test_a_merge_is_undone(space: Space, repo: Path) -> None:
    """The preview changes nothing; with `--yes` the branch has what it had, by one more commit."""
    before = (repo / "ledger.py").read_text()
    with space.engine():
        space.add("more", CHANGE, "--repo", str(repo), "--verify", "true")
        space.wait("more", "done")
        assert "ledger.py" in space.ok("undo", "more", "--preview")
        assert git(repo, "rev-list", "--count", "main") == "2"
        assert "is reverted on main" in space.ok("undo", "more", "--yes", "--why", "a slip")
        assert (repo / "ledger.py").read_text() == before
        assert git(repo, "rev-list", "--count", "main") == "3"
        assert space.state("more") == "killed"
        assert "already" in space.fails(1, "undo", "more", "--yes")


def test_a_start_is_overruled_and_asked_about(space: Space) -> None:
    """The build is dead when the verb returns, and only an approval starts the same task again."""
    with space.engine():
        space.add("wild", "echo up; while [ ! -e go ]; do sleep 0.05; done")
        until(lambda: "up" in space.run("logs", "wild").stdout, "it to run")
        told = space.ok("captain-override", entry(space, "build_decided", "wild"), "--why", "not tonight")
        assert "dead in" in told or "killing" in told
        space.wait("wild", "awaiting_approval")
        assert space.row("wild")["attempts"] == 1
        assert "overruled build_decided" in space.ok("why", "wild")
        space.ok("approve", "wild")
        space.wait("wild", "building")
        space.ok("kill", "wild")


def test_a_merge_is_overruled(space: Space, repo: Path) -> None:
    """It is reverted, and what the task makes next waits for the operator."""
    with space.engine():
        space.add("more", CHANGE, "--repo", str(repo), "--verify", "true")
        space.wait("more", "done")
        assert "is reverted" in space.ok("captain-override", entry(space, "merged", "more"))
        assert "more" not in (repo / "ledger.py").read_text()
        space.ok("retry", "more")
        assert space.wait("more", "awaiting_approval", "building") == "awaiting_approval"
