"""The operator's yes and no: before a start, before a merge, with and without an engine."""

from pathlib import Path

from tests.engine.work.repositories import commit, git
from tests.front.midwatch import Space


def test_a_feature_is_asked_about_twice(space: Space, repo: Path) -> None:
    """A feature waits for approval before it starts and for review of its diff before it merges."""
    before = git(repo, "rev-parse", "main")
    added = space.add(
        "report", "echo new > report.py", "--repo", str(repo), "--verify", "test -s report.py", category="feature"
    )
    assert added["state"] == "awaiting_approval"
    assert any(reason["verdict"] == "ask" for reason in added["reasons"])
    with space.engine():
        assert [found["kind"] for found in space.escalations("report")] == ["approval_needed"]
        assert "approved its start" in space.ok("approve", "report")
        space.wait("report", "awaiting_review")
        assert [found["kind"] for found in space.escalations("report")] == ["review_needed"]
        assert git(repo, "rev-parse", "main") == before
        assert space.build("report-1").occupies is False
        shown = space.json("diff", "report")
        assert "+new" in shown["diff"]
        assert "approved the diff" in space.ok("approve", "report", "--digest", shown["digest"])
        space.wait("report", "done")
        assert space.escalations("report") == []
    assert git(repo, "show", "main:report.py") == "new"
    by = [found["actor"] for found in space.decisions("--label", "report") if "approved" in found["action"]]
    assert by == ["operator:root"] * 2 or all(actor.startswith("operator:") for actor in by)


def test_an_approval_waits_for_ever_and_survives_restarts(space: Space, repo: Path) -> None:
    """A diff that waits takes no slot, keeps nobody from ending, and is there after every restart."""
    space.add("wide", "echo new > wide.py", "--repo", str(repo), "--verify", "true", category="feature")
    space.ok("approve", "wide")
    for _ in range(3):
        space.work()
        assert space.state("wide") == "awaiting_review"
    # No engine is needed to say yes; the next one merges.
    assert "approved the diff" in space.ok("approve", "wide")
    assert git(repo, "ls-tree", "--name-only", "main") == "ledger.py"
    space.work()
    assert space.state("wide") == "done"
    assert git(repo, "ls-tree", "--name-only", "main").split() == ["ledger.py", "wide.py"]


def test_a_yes_is_bound_to_what_was_shown(space: Space, repo: Path) -> None:
    """A digest that is not the open one approves nothing."""
    space.add("bound", "echo new > bound.py", "--repo", str(repo), "--verify", "true", category="feature")
    complaint = space.fails(1, "approve", "bound", "--digest", "0" * 64)
    assert "changed since it was shown" in complaint
    space.ok("approve", "bound")
    space.work()
    complaint = space.fails(1, "approve", "bound", "--digest", "0" * 64)
    assert "changed since it was shown" in complaint
    space.work()
    assert space.state("bound") == "awaiting_review"
    assert git(repo, "rev-list", "--count", "main") == "1"


def test_no_before_the_start_and_no_before_the_merge(space: Space, repo: Path) -> None:
    """Denied before it started nothing ran; denied at its diff nothing is merged and the work is kept."""
    for label in ("early", "late"):
        space.add(label, f"echo new > {label}.py", "--repo", str(repo), "--verify", "true", category="feature")
    assert "denied" in space.ok("deny", "early", "--why", "not now")
    space.ok("approve", "late")
    with space.engine():
        space.wait("late", "awaiting_review")
        assert "late-1" in space.ok("deny", "late", "--why", "too wide")
    for label, why, built in (("early", "not now", 0), ("late", "too wide", 1)):
        row = space.row(label)
        assert (row["state"], row["attempts"]) == ("killed", built)
        assert why in row["reasons"][0]["text"]
        assert space.escalations(label) == []
    assert "+new" in space.ok("diff", "late")
    assert git(repo, "rev-list", "--count", "main") == "1"
    assert not space.paths.build("early-1").root.exists()


def test_spawn_is_an_approval_to_start_only(space: Space, repo: Path) -> None:
    """`spawn` starts a feature at once, but its diff is still shown before it merges."""
    with space.engine():
        told = space.json(
            "spawn", "--task", "Add a page of totals\nIt lists each month with its sum", "--label", "page",
            "--criterion", "page.py lists twelve months", "--command", "echo page > page.py", "--repo", str(repo),
            "--verify", "test -s page.py",
        )  # fmt: skip
        assert told["state"] in ("queued", "building")
        space.wait("page", "awaiting_review")
        assert git(repo, "rev-list", "--count", "main") == "1"
        space.ok("approve", "page")
        space.wait("page", "done")
    assert git(repo, "log", "-1", "--format=%s") == "Add a page of totals"


def test_a_task_that_is_unclear_is_held_until_the_operator_insists(space: Space) -> None:
    """Without criteria nobody knows what done is: held, asked about, and started only on the operator's word."""
    added = space.json("add", "--name", "Tidy up", "--label", "vague", "--category", "bug-fix", "--command", "true")
    assert added["state"] == "held"
    assert any(reason["rule"] == "clarity" and reason["verdict"] == "hold" for reason in added["reasons"])
    assert [found["kind"] for found in space.escalations("vague")] == ["unclear"]
    space.work()
    assert space.state("vague") == "held"
    space.ok("approve", "vague")
    space.work()
    assert space.state("vague") == "done"


def test_a_diff_that_is_not_what_was_approved_is_asked_about_again(space: Space, repo: Path) -> None:
    """A retry makes another diff: the old yes does not carry over to it."""
    space.add("twice", "date +%N > twice.txt", "--repo", str(repo), "--verify", "true", category="feature")
    space.ok("approve", "twice")
    space.work()
    first = space.json("diff", "twice")["digest"]
    space.ok("retry", "twice")
    space.work()
    assert space.state("twice") == "awaiting_review"
    second = space.json("diff", "twice")["digest"]
    assert second != first
    assert "changed since it was shown" in space.fails(1, "approve", "twice", "--digest", first)
    space.ok("approve", "twice", "--digest", second)
    space.work()
    assert space.state("twice") == "done"


def test_the_branch_moves_while_the_diff_waits(space: Space, repo: Path) -> None:
    """What was approved is brought onto the branch as it is by then, and verified there once more."""
    space.add("beside", "echo new > beside.py", "--repo", str(repo), "--verify", "ls", category="feature")
    space.ok("approve", "beside")
    space.work()
    moved = commit(repo, {"other.py": "x = 1\n"}, "meanwhile")
    space.ok("approve", "beside")
    space.work()
    assert space.state("beside") == "done"
    assert git(repo, "rev-parse", "main~1") == moved
    assert space.ok("logs", "beside", "--verify").split() == ["beside.py", "ledger.py", "other.py"]
    assert git(repo, "status", "--porcelain") == ""
