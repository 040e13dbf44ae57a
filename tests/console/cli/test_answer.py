"""Tests of console.cli.answer."""

import subprocess

FEATURE = ("--category", "feature")


def test_a_start_is_approved_without_an_engine(midwatch):
    """`approve` says yes to the start and prints to what."""
    midwatch.add("wish", *FEATURE)
    said = midwatch.ok("approve", "wish", "--why", "go on")
    assert "adds a new feature" in said
    assert midwatch.state("wish") == "queued"
    entry = midwatch.json("audit", "list", "--action", "start_approved")[-1]
    assert (entry["label"], entry["why"]) == ("wish", "go on")


def test_a_start_is_denied(midwatch):
    """`deny` ends the task with the operator's reason."""
    midwatch.add("wish", *FEATURE)
    midwatch.ok("deny", "wish", "--why", "not this year")
    assert midwatch.state("wish") == "killed"
    assert "not this year" in midwatch.ok("why", "wish")


def test_what_is_not_open_cannot_be_answered(midwatch):
    """An answer to nothing is refused in words, with exit code 1."""
    midwatch.add("tidy")
    for words in (("approve", "tidy"), ("fail", "tidy"), ("retry", "tidy"), ("approve", "nobody"), ("deny", "nobody")):
        code, complaint = midwatch.fails(*words)
        assert code == 1
        assert words[1] in complaint


def test_an_answer_to_something_else_than_what_is_open_is_refused(midwatch):
    """With --digest the answer is bound to what was looked at."""
    midwatch.add("wish", *FEATURE)
    code, complaint = midwatch.fails("approve", "wish", "--digest", "0" * 64)
    assert code == 1
    assert "changed" in complaint
    assert midwatch.state("wish") == "awaiting_approval"


def test_a_diff_is_reviewed_approved_and_merged(midwatch, repo):
    """`approve` on a reviewed task merges exactly the diff that was open."""
    midwatch.add(
        "wish", *FEATURE, "--repo", str(repo), "--command", "echo more >more.txt", "--verify", "test -s more.txt"
    )
    midwatch.ok("approve", "wish")
    with midwatch.engine():
        midwatch.reaches("wish", "awaiting_review")
        assert "approved the diff" in midwatch.ok("approve", "wish")
        midwatch.reaches("wish", "done")
    assert (repo / "more.txt").read_text() == "more\n"
    log = subprocess.run(["git", "log", "--format=%s"], cwd=repo, capture_output=True, text=True, check=True).stdout
    assert log.splitlines() == ["wish", "Begin"]


def test_a_build_is_failed_by_hand_and_retried(midwatch):
    """`fail` counts against the build that runs, and `retry` queues what has ended."""
    midwatch.add("slow", "--command", "sleep 600")
    with midwatch.engine():
        midwatch.reaches("slow", "building")
        midwatch.ok("fail", "slow", "--why", "goes nowhere")
        midwatch.reaches("slow", "retrying", "building", "failed")
        midwatch.ok("kill", "slow")
        midwatch.reaches("slow", "killed")
    midwatch.ok("retry", "slow")
    assert midwatch.state("slow") == "queued"


def test_what_the_engine_asks_about_itself_is_closed(midwatch):
    """A crash that was told can be dismissed by the name it is filed under, and is then gone from the list."""
    with midwatch.engine() as engine:
        engine.kill()
    with midwatch.engine():
        (question,) = midwatch.json("status")["escalations"]
        assert (question["label"], question["kind"]) == ("engine:crash", "system_health")
        assert "closed" in midwatch.ok("deny", "engine:crash", "--why", "seen")
        assert midwatch.json("status")["escalations"] == []
        code, complaint = midwatch.fails("deny", "engine:crash")
        assert (code, "no task" in complaint) == (1, True)
