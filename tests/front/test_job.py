"""A task's way from `add` to what it was wanted for."""

import json
from pathlib import Path
from typing import Any

from state.model.build import Result
from tests.engine.work.repositories import git
from tests.front.midwatch import Space, until

MEND = "printf 'import math\\n\\n\\ndef total(entries):\\n    return math.fsum(entries)\\n' > ledger.py"
PROVE = "python3 -c 'from ledger import total; assert total([0.1] * 10) == 1.0'"


def test_from_add_to_a_merged_commit(space: Space, repo: Path) -> None:
    """A task goes from `add` to one commit on the checked-out branch by itself, and the record tells every step."""
    before = git(repo, "rev-parse", "main")
    assert space.add("mend", MEND, "--repo", str(repo), "--verify", PROVE)["state"] == "queued"
    space.work()

    row = space.row("mend")
    assert (row["state"], row["attempts"], row["failures"], row["position"]) == ("done", 1, 0, None)
    assert git(repo, "rev-list", "--count", f"{before}..main") == "1"
    assert git(repo, "rev-parse", "HEAD") == git(repo, "rev-parse", "main")
    assert git(repo, "status", "--porcelain") == ""
    assert "fsum" in (repo / "ledger.py").read_text()
    message = git(repo, "log", "-1", "--format=%s%n%b")
    assert message.startswith("Mend\n")
    assert "Midwatch-Task: mend\nMidwatch-Build: mend-1" in message

    build = space.build("mend-1")
    checks = (build.executed, build.verified, build.delivered, build.reverted)
    assert [check.result for check in checks] == [Result.YES, Result.YES, Result.YES, Result.NONE]
    assert space.actions("mend") == [
        "task_added", "build_decided", "workspace_ready", "build_started", "build_ended", "result_collected",
        "verify_started", "verified", "merge_started", "merged",
    ]  # fmt: skip
    assert "+    return math.fsum(entries)" in space.ok("diff", "mend")
    assert "merged into main" in space.ok("why", "mend")
    assert space.json("audit", "verify")["ok"] is True


def test_a_build_sees_its_own_copy_only(space: Space, repo: Path) -> None:
    """A build commits in a repository of its own, on its own branch; only the outcome reaches the operator's."""
    commands = (
        "set -e; git rev-parse --abbrev-ref HEAD; echo one > one.txt; git add .; git commit -qm 'Step one'",
        "git branch side; echo two > two.txt; git add .; git commit -qm 'Step two'; git log --oneline | wc -l",
    )
    space.add("steps", "; ".join(commands), "--repo", str(repo), "--verify", "test -e two.txt && test ! -e side")
    space.work()
    assert space.state("steps") == "done"
    assert space.ok("logs", "steps").split() == ["midwatch/steps", "3"]
    assert git(repo, "branch", "--format=%(refname:short)") == "main"
    assert git(repo, "log", "-1", "--format=%b").startswith("- Step one\n- Step two\n")
    assert git(repo, "rev-list", "--count", "main") == "2"


def test_a_build_that_changes_nothing(space: Space, repo: Path) -> None:
    """Verified and with nothing to merge, it is done and says "no changes"."""
    before = git(repo, "rev-parse", "main")
    space.add("idle", "true", "--repo", str(repo), "--verify", "test -e ledger.py")
    space.work()
    assert space.state("idle") == "done"
    assert "no changes" in space.ok("why", "idle")
    assert "changed nothing" in space.ok("diff", "idle")
    assert git(repo, "rev-parse", "main") == before


def test_deliverables_without_a_repository(space: Space) -> None:
    """What a task without a repository leaves in its empty workspace is its deliverables."""
    space.add(
        "report", 'test -z "$(ls -A)"; mkdir -p out; echo 42 > out/answer; echo a > b', "--verify", "cat out/answer"
    )
    space.work()
    assert space.state("report") == "done"
    build = space.build("report-1")
    assert build.deliverables == ("b", "out/answer")
    assert (space.paths.build("report-1").work / "out/answer").read_text() == "42\n"
    assert build.delivered.result is not Result.YES
    assert "2 deliverables" in space.ok("why", "report")
    assert space.ok("logs", "report", "--verify").strip() == "42"


def test_what_does_not_verify_is_not_merged(open_space, repo: Path) -> None:
    """A result whose verification fails counts as failed, and the branch stays where it was."""
    space = open_space("[retry]\ntimes = 0\n")
    before = git(repo, "rev-parse", "main")
    space.add("wrong", "echo 'x' > ledger.py", "--repo", str(repo), "--verify", "echo no good; exit 3")
    space.work()
    row = space.row("wrong")
    assert row["state"] == "failed"
    assert "verify failed" in row["reasons"][0]["text"]
    assert "exit code 3" in row["reasons"][0]["text"]
    assert [found["kind"] for found in space.escalations("wrong")] == ["build_failed"]
    build = space.build("wrong-1")
    assert (build.executed.result, build.verified.result) == (Result.YES, Result.NO)
    assert build.delivered.result is not Result.YES
    assert git(repo, "rev-parse", "main") == before
    assert git(repo, "status", "--porcelain") == ""


def test_progress_is_seen_while_it_happens(space: Space, repo: Path) -> None:
    """`::progress` lines, ticked criteria and output show in status, logs and the pages while the build runs."""
    go = "while [ ! -e /work/go ]; do sleep 0.05; done"
    command = (
        "echo first; echo '::progress 40 halfway there'; echo x > new.py;"
        " echo '- [x] the sum of ten entries of 0.1 is exactly 1.0' > PROGRESS.md;"
        f" {go}; rm go; echo last"
    )
    with space.engine():
        space.add("slow", f"echo '::progress 10 begun'; {go}; rm go; {command}", "--repo", str(repo))
        work = space.paths.build("slow-1").work

        def active(percent: int) -> dict[str, Any]:
            return next((found for found in space.json("status")["active"] if found["percent"] == percent), {})

        until(lambda: active(10), "the first progress line")
        (work / "go").touch()
        row = until(lambda: active(100), "the ticked criterion")
        assert (row["label"], row["build"], row["attempt"]) == ("slow", "slow-1", 1)
        assert row["step"] == "halfway there"
        assert row["files_changed"] >= 1
        assert row["started_at"] and row["life_at"]
        assert "first" in space.ok("logs", "slow")
        page = space.root / "subagents/slow-progress.md"
        until(lambda: page.exists() and "halfway there" in page.read_text(), "the page of progress")
        listed = json.loads((space.root / "subagents/active.json").read_text())
        assert [found["build"] for found in listed] == ["slow-1"]
        (work / "go").touch()
        # Without a verify command nobody but the operator can say that it is good.
        space.wait("slow", "awaiting_review")
        assert space.json("status")["active"] == []
        space.ok("approve", "slow")
        space.wait("slow", "done")
    assert space.ok("logs", "slow").splitlines()[-1] == "last"
    assert space.ok("logs", "slow", "-n", "1") == "last\n"
    assert git(repo, "ls-tree", "--name-only", "main").split() == ["ledger.py", "new.py"]


def test_why_and_next_tell_the_same_story(space: Space) -> None:
    """`next` names what starts next and what it passed over; `why` gives each rule's answer."""
    assert space.json("next") is None
    space.add("later", "true", "--start-at", "2099-01-01T00:00", "--priority", "high")
    space.add("after", "true", "--depends", "later", "--priority", "high")
    space.add("now", "true", "--priority", "medium")
    choice = space.json("next")
    assert choice["label"] == "now"
    assert {passed["label"] for passed in choice["passed_over"]} == {"later", "after"}
    why = space.json("why", "later")
    assert any(reason["verdict"] == "wait" for reason in why["reasons"])
    assert "2099" in " ".join(reason["text"] for reason in why["reasons"])
    assert "later" in " ".join(reason["text"] for reason in space.json("why", "after")["reasons"])


def test_dependencies_run_in_order(space: Space, repo: Path) -> None:
    """A task that depends on another starts from what the other one merged."""
    space.add("one", "touch one", "--repo", str(repo), "--verify", "true", "--paths", "one")
    space.add(
        "two",
        "test -e one && touch two",
        "--repo",
        str(repo),
        "--verify",
        "true",
        "--depends",
        "one",
        "--priority",
        "high",
    )
    space.work()
    assert [space.state(label) for label in ("one", "two")] == ["done", "done"]
    assert git(repo, "log", "--format=%s", "main").splitlines()[:2] == ["Two", "One"]
