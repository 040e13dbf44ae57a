"""The operator's repository is not as a build left it: gone, dirty, moved on or in the middle of something."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.work.repositories import commit, git
from tests.front.midwatch import Space, until

SETTINGS = '[retry]\ntimes = 1\nwait = "300ms"\n'
MEND = "printf 'import math\\n' > ledger.py; echo new > added.py"


@pytest.fixture
def space(open_space: Callable[..., Space]) -> Space:
    """A workspace that is quick to try again."""
    return open_space(SETTINGS)


def mend(space: Space, repo: Path, *more: str, **kind: Any) -> None:
    """Queue a task that changes one file and adds another."""
    space.add("mend", MEND, "--repo", str(repo), *more, *(() if "--verify" in more else ("--verify", "true")), **kind)


def picture(repo: Path) -> tuple[str, str, dict[str, str]]:
    """Everything that an operator would miss: branch, status, files."""
    files = {path.name: path.read_text() for path in repo.iterdir() if path.is_file()}
    return git(repo, "rev-parse", "main"), git(repo, "status", "--porcelain"), files


def blocked(space: Space, text: str) -> None:
    """Wait until a merge is held up and says by what."""
    until(lambda: any(text in found["text"] for found in space.escalations("mend")), f"a question about {text}")
    [question] = space.escalations("mend")
    assert question["kind"] == "delivery_blocked"
    # Tried again now and then, it is being verified at some moments.
    until(lambda: text in space.ok("why", "mend"), "the reason in its story")


@pytest.mark.parametrize(
    ("name", "text", "tidy"),
    [
        ("ledger.py", "def total(entries): ...\n", ("checkout", "--", "ledger.py")),
        ("added.py", "mine\n", ("clean", "-fdq")),
    ],
    ids=["uncommitted", "untracked"],
)
def test_what_is_in_the_way_is_never_touched(
    space: Space, repo: Path, name: str, text: str, tidy: tuple[str, ...]
) -> None:
    """The merge waits, names the file and touches nothing; once the way is clear it goes through by itself."""
    mend(space, repo)
    (repo / name).write_text(text)
    before = picture(repo)
    with space.engine():
        blocked(space, name)
        assert picture(repo) == before
        # Tried again every now and then, it is still one question.
        until(lambda: space.actions("mend").count("merge_blocked") >= 3, "it to be tried again")
        assert picture(repo) == before
        assert len(space.escalations("mend")) == 1
        git(repo, *tidy)
        space.wait("mend", "done")
        assert space.escalations("mend") == []
    assert git(repo, "status", "--porcelain") == ""
    assert (repo / "added.py").read_text() == "new\n"
    assert git(repo, "rev-list", "--count", "main") == "2"
    assert space.row("mend")["attempts"] == 1


def test_a_blocked_merge_survives_restarts_and_is_hurried_by_a_yes(
    open_space: Callable[..., Space], repo: Path
) -> None:
    """A merge that waits is still there for the next engine, and `approve` tries it at once."""
    space = open_space('[retry]\nwait = "1h"\n')
    mend(space, repo)
    (repo / "added.py").write_text("mine\n")
    with space.engine():
        blocked(space, "added.py")
    with space.engine():
        until(lambda: space.actions("mend").count("merge_blocked") >= 2, "the next engine to try it once")
        (repo / "added.py").unlink()
        space.ok("approve", "mend")
        space.wait("mend", "done")
    assert (repo / "added.py").read_text() == "new\n"


def test_changes_elsewhere_are_no_obstacle(space: Space, repo: Path) -> None:
    """Uncommitted and untracked files beside the result stay exactly as they are, and the merge goes through."""
    commit(repo, {"other.py": "x = 1\n"})
    (repo / "other.py").write_text("x = 2\n")
    (repo / "notes.txt").write_text("mine\n")
    mend(space, repo)
    space.work()
    assert space.state("mend") == "done"
    assert (repo / "other.py").read_text() == "x = 2\n"
    assert (repo / "notes.txt").read_text() == "mine\n"
    assert git(repo, "status", "--porcelain").split() == ["M", "other.py", "??", "notes.txt"]


def test_a_conflict_is_shown_and_nothing_is_merged(space: Space, repo: Path) -> None:
    """Where the branch has changed the same lines, the operator is asked; a new attempt starts from what is there."""
    mend(space, repo, category="feature")
    space.ok("approve", "mend")
    space.work()
    commit(repo, {"ledger.py": "def total(entries):\n    return round(sum(entries), 2)\n"}, "meanwhile")
    before = picture(repo)
    space.ok("approve", "mend")
    with space.engine():
        blocked(space, "ledger.py")
        assert picture(repo) == before
        space.ok("retry", "mend")
        space.wait("mend", "awaiting_approval", "awaiting_review")
        if space.state("mend") == "awaiting_approval":
            space.ok("approve", "mend")
        until(lambda: [found["kind"] for found in space.escalations("mend")] == ["review_needed"], "the new diff")
        space.ok("approve", "mend")
        space.wait("mend", "done")
    assert git(repo, "log", "--format=%s", "main").splitlines() == ["Mend", "meanwhile", "the first"]
    assert git(repo, "status", "--porcelain") == ""


def test_the_branch_moves_during_the_verification(space: Space, repo: Path) -> None:
    """A commit of the operator's in the middle of it: what is merged is what was verified, on top of that commit."""
    # The first time it waits until it is stopped; on top of the operator's commit it passes at once.
    mend(space, repo, "--verify", "echo here; test -e other.py || timeout 4 sleep 98765; ls")
    with space.engine():
        until(lambda: "here" in space.run("logs", "mend", "--verify").stdout, "the verification")
        moved = commit(repo, {"other.py": "x = 1\n"}, "meanwhile")
        space.wait("mend", "done")
    assert git(repo, "rev-parse", "main~1") == moved
    assert space.actions("mend").count("verify_started") == 2
    assert "branch_moved" in space.actions("mend")
    assert "other.py" in space.ok("logs", "mend", "--verify").split()
    assert git(repo, "status", "--porcelain") == ""


def test_a_repository_that_vanished_before_the_start(space: Space, repo: Path) -> None:
    """It fails with words that name the folder, tries again, and asks; others go on."""
    mend(space, repo)
    space.add("other", "true")
    aside = repo.with_name("elsewhere")
    shutil.move(repo, aside)
    space.work()
    assert space.state("other") == "done"
    row = space.row("mend")
    assert (row["state"], row["attempts"]) == ("failed", 2)
    assert str(repo) in row["reasons"][0]["text"]
    shutil.move(aside, repo)
    space.ok("retry", "mend")
    space.work()
    assert space.state("mend") == "done"


def test_a_repository_that_vanished_before_the_merge(space: Space, repo: Path) -> None:
    """What was built is not lost with it, the engine goes on, and once it is back a retry merges."""
    mend(space, repo, category="feature")
    space.ok("approve", "mend")
    space.work()
    aside = repo.with_name("elsewhere")
    shutil.move(repo, aside)
    space.ok("approve", "mend")
    space.add("other", "true")
    space.work()
    assert space.state("other") == "done"
    assert space.state("mend") != "done"
    assert str(repo) in space.ok("why", "mend")
    assert space.escalations("mend")
    shutil.move(aside, repo)
    assert git(repo, "rev-list", "--count", "main") == "1"
    if space.state("mend") != "awaiting_review":
        space.ok("retry", "mend")
        space.work()
    space.ok("approve", "mend")
    space.work()
    assert space.state("mend") == "done"
    assert git(repo, "rev-list", "--count", "main") == "2"


def test_the_branch_vanished(space: Space, repo: Path) -> None:
    """A target branch that is deleted while the diff waits is said so, and nothing is made up in its place."""
    git(repo, "branch", "side")
    mend(space, repo, "--branch", "side", category="feature")
    space.ok("approve", "mend")
    space.work()
    git(repo, "branch", "-D", "side")
    space.ok("approve", "mend")
    space.work()
    assert space.state("mend") != "done"
    assert "side" in space.ok("why", "mend")
    assert git(repo, "branch", "--format=%(refname:short)") == "main"


def test_git_is_at_work_in_the_operators_tree(space: Space, repo: Path) -> None:
    """While the operator's own git holds the index, the merge waits for it."""
    mend(space, repo)
    lock = repo / ".git/index.lock"
    lock.touch()
    with space.engine():
        until(lambda: space.escalations("mend"), "the question")
        assert "lock" in space.escalations("mend")[0]["text"]
        assert lock.exists()
        lock.unlink()
        space.wait("mend", "done")
    assert git(repo, "status", "--porcelain") == ""
