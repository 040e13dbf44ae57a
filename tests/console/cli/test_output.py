"""Tests of console.cli.output."""

import subprocess
import sys


def built(midwatch, repo, command, *more):
    """Queue a feature, so that its diff waits for review, and let an engine build it."""
    midwatch.add("work", "--repo", str(repo), "--category", "feature", "--command", command, *more)
    midwatch.ok("approve", "work")
    with midwatch.engine():
        midwatch.reaches("work", "awaiting_review", "done", "failed")


def test_logs_print_what_a_build_printed(midwatch, repo):
    """The output comes whole, or its last lines, and raw only when that is asked for."""
    built(midwatch, repo, r"printf 'one\ntwo\n\033[31mthree\033]0;title\007\n'; echo x >new.txt")
    assert midwatch.ok("logs", "work") == "one\ntwo\nthree\n"
    assert midwatch.ok("logs", "work", "-n", "1") == "three\n"
    assert midwatch.ok("logs", "work", "-n", "0") == ""
    assert midwatch.ok("logs", "work", "--build", "work-1", "--raw") == "one\ntwo\n\x1b[31mthree\x1b]0;title\x07\n"
    assert midwatch.ok("logs", "work", "--follow") == "one\ntwo\nthree\n"


def test_logs_of_a_verification(midwatch, repo):
    """What the verify command printed is kept apart from what the build printed."""
    built(midwatch, repo, "echo built; echo x >new.txt", "--verify", "echo verified")
    assert midwatch.ok("logs", "work") == "built\n"
    assert midwatch.ok("logs", "work", "--verify") == "verified\n"


def test_logs_follow_until_the_build_is_over(midwatch, tmp_path):
    """--follow prints lines as they come and ends by itself with the build."""
    midwatch.add("slow", "--command", "for n in 1 2 3 4; do echo line $n; sleep 0.7; done")
    with midwatch.engine():
        midwatch.reaches("slow", "building")
        command = [sys.executable, "-m", "console.cli.main", "logs", "slow", "--follow"]
        done = subprocess.run(command, cwd=midwatch.root, env=midwatch.env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"line {number}" for number in (1, 2, 3, 4)]


def test_diff_is_what_an_approval_is_bound_to(midwatch, repo):
    """The diff comes as text, or with its build and digest, and nothing in it reaches the terminal."""
    built(midwatch, repo, r"printf 'print(3)\n' >sum.py; printf 'a\033]0;x\007b\n' >evil.txt")
    text = midwatch.ok("diff", "work")
    assert "-print(1 + 1)\n+print(3)\n" in text
    assert "\x1b" not in text
    assert "<1b>" in text
    answer = midwatch.json("diff", "work")
    assert answer.keys() == {"label", "build", "digest", "files_changed", "diff"}
    assert (answer["label"], answer["build"], answer["files_changed"]) == ("work", "work-1", 2)
    assert answer["diff"] == text
    assert len(answer["digest"]) == 64
    assert "approved the diff" in midwatch.ok("approve", "work", "--digest", answer["digest"])


def test_what_was_never_built_has_no_output(midwatch):
    """A task without a build, or another's build, is refused in words."""
    midwatch.add("tidy")
    for words in (("logs", "tidy"), ("diff", "tidy"), ("logs", "tidy", "--build", "other-1"), ("diff", "tidi")):
        code, complaint = midwatch.fails(*words)
        assert code == 1
        assert "tidy" in complaint


def test_a_build_that_changed_nothing_says_so(midwatch, repo):
    """An empty diff is told in words, and in JSON as empty text."""
    built(midwatch, repo, "true")
    assert "changed nothing" in midwatch.ok("diff", "work")
    assert midwatch.json("diff", "work")["diff"] == ""
