"""Deliveries that are cut off anywhere: the branch and its files become wholly new or wholly old, never between, and
what the operator had changed is as they left it."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.work import delivery, workspace
from engine.work.delivery import Blocked, Candidate, Delivered
from engine.work.git import Git, GitError, locate
from engine.work.trees import worktree
from state.files import BuildPaths
from tests.engine.work.repositories import git, order, picture, proposed, repository, write

REAL_GIT = shutil.which("git")
BIG = 1 << 18


@dataclass
class Stage:
    """A repository with the operator's own changes in it, and a candidate that is ready to be delivered."""

    root: Path
    found: Candidate
    before: dict[str, str]
    after: dict[str, str]
    status: str

    @property
    def repo(self) -> Path:
        return self.root / "now/repo"

    @property
    def paths(self) -> BuildPaths:
        return BuildPaths(self.root / "now/build")

    def keep(self, name: str) -> None:
        """Remember everything as it is now."""
        shutil.rmtree(self.root / name, ignore_errors=True)
        shutil.copytree(self.root / "now", self.root / name, symlinks=True)

    def reset(self, name: str = "template") -> None:
        """Begin again with everything as it was before any delivery, or when it was kept."""
        shutil.rmtree(self.root / "now", ignore_errors=True)
        shutil.copytree(self.root / name, self.root / "now", symlinks=True)
        alternates = self.paths.git / "objects/info/alternates"
        alternates.write_text(f"{self.repo}/.git/objects\n")

    def deliver(self):
        found = self.found
        return asyncio.run(delivery.deliver(self.paths, str(self.repo), "main", found.tip, found.commit))

    def recover(self) -> None:
        asyncio.run(delivery.recover(str(self.repo), "main", self.found.tip, self.found.commit))

    def expect_whole(self) -> bool:
        """Check that all is old or all is new, that nothing is left behind; return whether it is new."""
        tip = git(self.repo, "rev-parse", "main")
        assert tip in (self.found.tip, self.found.commit)
        delivered = tip == self.found.commit
        now = picture(self.repo)
        wanted = self.after if delivered else self.before
        assert {name for name in now.keys() | wanted.keys() if now.get(name) != wanted.get(name)} == set()
        assert git(self.repo, "status", "--porcelain") == self.status
        left = [path.name for path in (self.repo / ".git").rglob("*.lock")]
        assert left == []
        assert not (self.repo / ".git/midwatch").exists()
        return delivered

    def expect_settled(self) -> bool:
        """Recover, check, and see that the delivery can then be made, exactly once."""
        self.recover()
        delivered = self.expect_whole()
        assert self.deliver() == Delivered(commit=self.found.commit)
        assert self.expect_whole()
        assert git(self.repo, "rev-list", "--count", "main") == "2"
        assert git(self.repo, "fsck", "--strict", "--no-dangling") == ""
        return delivered


@pytest.fixture(scope="module")
def prepared_stage(tmp_path_factory) -> Stage:
    root = tmp_path_factory.mktemp("crash")
    repo = root / "template/repo"
    files: dict[str, str | None] = {f"many/{number}": f"{number}\n" for number in range(8)}
    files |= {"a.txt": "a\n" * 1000, "gone/deep/file": "g\n", "turn": "a file\n", "flip/inside": "in a folder\n"}
    files |= {"run.sh": "#!/bin/sh\n", "mine.txt": "m\n", "staged.txt": "s\n", "big": "x" * BIG}
    repository(repo, files)
    os.symlink("a.txt", repo / "link")
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--amend", "--no-edit")
    git(repo, "gc", "--quiet", "--prune=now")
    paths = BuildPaths(root / "template/build")

    async def propose() -> Candidate:
        prepared = await workspace.prepare(paths, str(repo), "", label="x", sandboxed=False)
        work = paths.work
        write(work, {"turn": None, "flip/inside": None, "gone/deep/file": None, "link": None})
        (work / "flip").rmdir()
        changed = {f"many/{number}": f"changed {number}\n" for number in range(0, 8, 2)}
        added = {f"added/{number}/file": f"new {number}\n" for number in range(6)}
        write(work, {**changed, **added, "a.txt": "b\n" * 1000, "turn/inside": "t\n", "flip": "f\n", "big": "y" * BIG})
        os.symlink("big", work / "link")
        (work / "run.sh").chmod(0o755)
        collected = await workspace.collect(paths, prepared.base, "Mend it", "mend-it-1")
        found = await delivery.candidate(paths, order(repo, prepared.base, collected.result))
        assert isinstance(found, Candidate)
        return found

    found = asyncio.run(propose())
    write(repo, {"mine.txt": "edited\n", "staged.txt": "staged\n", "untracked": "u\n"})
    git(repo, "add", "staged.txt")
    stage = Stage(root, found, picture(repo), {}, git(repo, "status", "--porcelain"))
    stage.reset()
    assert stage.deliver() == Delivered(commit=found.commit)
    stage.after = picture(stage.repo)
    return stage


@pytest.fixture
def stage(prepared_stage: Stage) -> Stage:
    prepared_stage.reset()
    return prepared_stage


def dies(work: Callable[[], object], at: int) -> bool:
    """Run `work` in a process that is killed just before its `at`th act on a file or start of a program.

    Emptying a folder counts as one act.
    """
    child = os.fork()
    if child == 0:
        left = at

        def count(event: str, args: tuple) -> None:
            nonlocal left
            writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            emptying = event in {"os.remove", "os.rmdir"} and args[1] != -1
            if writes or (event in ACTS and not emptying):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


ACTS = {
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.chmod",
    "shutil.copyfile",
    "shutil.copystat",
    "shutil.rmtree",
    "subprocess.Popen",
}


def test_an_engine_that_dies_at_any_step_leaves_a_whole_delivery_or_none(stage):
    """Killed before each single thing that it does, one after the other; both outcomes occur."""
    outcomes = []
    at = 1
    while dies(stage.deliver, at):
        outcomes.append(stage.expect_settled())
        stage.reset()
        at += 1
    assert len(outcomes) >= 30
    assert outcomes.count(True) >= 3
    assert outcomes == sorted(outcomes), "once the branch has moved, no later death undoes it"


@pytest.mark.parametrize("first", ["read-tree", "update-ref"])
def test_an_engine_that_dies_while_it_recovers_recovers_the_next_time(stage, monkeypatch, first):
    """Killed before each single thing that recovering does, after a death in the middle of the files or behind them."""
    cut_off(stage, monkeypatch, first, after=first == "update-ref", delay_s=0.004)
    stage.keep("crashed")
    at = 1
    while dies(stage.recover, at):
        stage.recover()
        assert stage.expect_whole() == (first == "update-ref")
        stage.reset("crashed")
        at += 1
    stage.expect_settled()
    assert at > 15


def die_in_git(
    patch: pytest.MonkeyPatch, root: Path, command: str, *, engine: bool, delay_s: float, after: bool = False
) -> None:
    """Put a git on PATH that is killed in one of its commands, once, and with it, if wanted, whoever ran it."""
    folder = root / "bin"
    (folder / "armed").mkdir(parents=True, exist_ok=True)
    ending = "wait $child" if after else f"sleep {delay_s:.4f}; kill -9 $child"
    (folder / "git").write_text(
        f"""#!/bin/sh
if [ "$1" = {command} ] && rmdir {folder}/armed 2>/dev/null; then
    {REAL_GIT} "$@" <&0 &
    child=$!
    {ending}
    {"kill -9 $PPID" if engine else ""}
    exit 137
fi
exec {REAL_GIT} "$@"
"""
    )
    (folder / "git").chmod(0o755)
    patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize("command", ["unpack-objects", "read-tree", "update-ref"])
@pytest.mark.parametrize("engine", [True, False])
def test_a_git_that_is_killed_at_any_moment_leaves_a_whole_delivery_or_none(stage, monkeypatch, command, engine):
    """Alone, or together with its engine, at moments spread over the time that it takes."""
    dice = random.Random(f"{command} {engine}")
    for _turn in range(12):
        with monkeypatch.context() as patch:
            die_in_git(patch, stage.root, command, engine=engine, delay_s=dice.uniform(0, 0.012))
            if engine:
                assert dies(stage.deliver, 10**9)
            else:
                try:
                    assert isinstance(stage.deliver(), Blocked | Delivered)
                except GitError:
                    assert command == "unpack-objects"
                stage.expect_whole()
        stage.expect_settled()
        stage.reset()


def test_a_copy_of_the_repository_is_brought_to_the_same_commit_undisturbed(stage):
    """What works for one delivery is not ended by the recovery of its twin in another folder."""
    entry = worktree.marked(stage.root / "elsewhere/repo/.git", stage.found.commit)
    bystander = subprocess.Popen(["sleep", "1000"], env={worktree.MARK: entry})
    left = subprocess.Popen(
        ["sleep", "1000"], env={worktree.MARK: worktree.marked(stage.repo / ".git", stage.found.commit)}
    )
    try:
        stage.recover()
        assert left.wait(10) == -signal.SIGKILL
        assert bystander.poll() is None
    finally:
        for process in (bystander, left):
            process.kill()
            process.wait()


def test_an_engine_that_is_killed_at_random_moments(stage):
    """Not between two steps but anywhere, with the git that it runs living on for a while."""
    dice = random.Random(1)
    outcomes = set()
    for _turn in range(20):
        child = os.fork()
        if child == 0:
            try:
                stage.deliver()
            finally:
                os._exit(0)
        time.sleep(dice.uniform(0.0, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        outcomes.add(stage.expect_settled())
        stage.reset()
    assert False in outcomes


def test_a_cancelled_delivery_settles_before_it_goes(stage):
    """An engine that is stopped in the middle leaves no lock and nothing half."""

    async def cancelled(after_s: float) -> None:
        found = stage.found
        work = delivery.deliver(stage.paths, str(stage.repo), "main", found.tip, found.commit)
        task = asyncio.get_running_loop().create_task(work)
        await asyncio.wait([task], timeout=after_s)
        task.cancel()
        await asyncio.wait([task])

    for turn in range(12):
        asyncio.run(cancelled(turn * 0.004))
        stage.expect_whole()
        stage.reset()


def cut_off(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, command: str, *, after: bool = True, delay_s: float = 0
) -> None:
    """Kill engine and git in the middle of a delivery, where its files are new; before or after the branch moved."""
    with monkeypatch.context() as patch:
        die_in_git(patch, stage.root, command, engine=True, delay_s=delay_s, after=after)
        assert dies(stage.deliver, 10**9)


@pytest.mark.parametrize("command", ["read-tree", "update-ref"])
def test_what_the_operator_changes_between_crash_and_recovery_is_kept(stage, monkeypatch, command):
    """Their edit, their new file and their removal of what is not the delivery's survive in either direction."""
    cut_off(stage, monkeypatch, command)
    (stage.repo / "a.txt").write_text("the operator's\n")
    (stage.repo / "mine.txt").write_text("edited again\n")
    (stage.repo / "added/extra").write_text("extra\n")
    stage.recover()
    assert (stage.repo / "a.txt").read_text() == "the operator's\n"
    assert (stage.repo / "mine.txt").read_text() == "edited again\n"
    assert (stage.repo / "added/extra").read_text() == "extra\n"
    delivered = git(stage.repo, "rev-parse", "main") == stage.found.commit
    assert delivered == (command == "update-ref")
    now, wanted = picture(stage.repo), stage.after if delivered else stage.before
    changed = {name for name in now.keys() | wanted.keys() if now.get(name) != wanted.get(name)}
    assert changed == {"a.txt", "mine.txt", "added/extra"}
    assert git(stage.repo, "diff", "--name-only").split() == ["a.txt", "mine.txt"]
    assert not (stage.repo / ".git/index.lock").exists()


def test_a_link_that_the_operator_puts_in_the_way_is_not_followed(stage, monkeypatch):
    """Neither undoing nor finishing writes or removes anything behind it."""
    cut_off(stage, monkeypatch, "read-tree")
    outside = stage.root / "now/outside"
    shutil.move(stage.repo / "added", outside)
    os.symlink(outside, stage.repo / "added")
    kept = picture(outside)
    stage.recover()
    assert picture(outside) == kept
    assert (stage.repo / "added").is_symlink()


def test_a_lock_that_the_operator_removed_is_taken_again(stage, monkeypatch):
    """git's own advice is to remove it by hand; recovery does not depend on it."""
    cut_off(stage, monkeypatch, "read-tree")
    (stage.repo / ".git/index.lock").unlink()
    stage.expect_settled()


def test_a_lock_of_another_git_is_respected(stage, monkeypatch):
    """Recovery waits for the operator's git, says so, and can be tried again."""
    cut_off(stage, monkeypatch, "read-tree")
    lock = stage.repo / ".git/index.lock"
    lock.unlink()
    lock.write_text("")
    with pytest.raises(GitError, match=r"index\.lock is there"):
        stage.recover()
    assert lock.exists()
    lock.unlink()
    stage.expect_settled()


def test_commits_that_the_operator_makes_after_the_crash_are_kept(stage, monkeypatch):
    """A branch that has gone on from the new commit counts as delivered, and is not wound back."""
    cut_off(stage, monkeypatch, "update-ref")
    further = git(stage.repo, "commit-tree", "main^{tree}", "-p", "main", "-m", "further")
    git(stage.repo, "update-ref", "refs/heads/main", further)
    stage.recover()
    assert stage.deliver() == Delivered(commit=stage.found.commit)
    assert git(stage.repo, "rev-parse", "main") == further
    assert git(stage.repo, "status", "--porcelain") == stage.status


@pytest.mark.parametrize(
    ("name", "content", "ours"),
    [
        ("refs/heads/main.lock", "new", True),
        ("refs/heads/main.lock", "", True),
        ("HEAD.lock", "", True),
        ("refs/heads/main.lock", "0" * 40, False),
    ],
)
def test_a_left_over_lock_on_the_branch_is_removed_only_when_it_is_the_deliverys(
    stage, monkeypatch, name, content, ours
):
    """It names the new commit, or is empty, younger than the delivery and held by nobody."""
    cut_off(stage, monkeypatch, "read-tree")
    lock = stage.repo / ".git" / name
    lock.write_text(f"{stage.found.commit}\n" if content == "new" else content)
    stage.recover()
    assert lock.exists() is not ours


def test_an_older_empty_lock_is_left_alone(stage, monkeypatch):
    """What was there before the delivery began is somebody else's."""
    lock = stage.repo / ".git/HEAD.lock"
    lock.write_text("")
    os.utime(lock, (1, 1))
    cut_off(stage, monkeypatch, "read-tree")
    stage.recover()
    assert lock.exists()


def test_a_bare_repository_is_settled_too(stage, monkeypatch, tmp_path):
    """Without a working tree there is only the branch, which is moved or not."""
    for command in ("unpack-objects", "update-ref"):
        git(tmp_path, "clone", "--quiet", "--bare", str(stage.repo), f"{command}.git")
        bare = tmp_path / f"{command}.git"

        def deliver(bare: Path = bare):
            found = stage.found
            return asyncio.run(delivery.deliver(stage.paths, str(bare), "main", found.tip, found.commit))

        with monkeypatch.context() as patch:
            die_in_git(patch, stage.root, command, engine=True, delay_s=0.002)
            assert dies(deliver, 10**9)
        asyncio.run(delivery.recover(str(bare), "main", stage.found.tip, stage.found.commit))
        assert git(bare, "rev-parse", "main") in (stage.found.tip, stage.found.commit)
        assert deliver() == Delivered(commit=stage.found.commit)
        assert not (bare / "midwatch").exists()
        assert not list(bare.rglob("*.lock"))


def test_the_next_delivery_settles_what_was_left(stage, monkeypatch):
    """Nobody has to remember that something was cut off: whoever delivers into the repository puts it right first."""
    for command in ("read-tree", "update-ref"):
        cut_off(stage, monkeypatch, command)
        assert stage.deliver() == Delivered(commit=stage.found.commit)
        assert stage.expect_whole()
        stage.reset()


def test_what_a_living_engine_has_under_way_is_left_to_it(stage, monkeypatch):
    """Another workspace's engine may be delivering into the same repository at this moment."""
    ready, go = stage.root / "ready", stage.root / "go"
    child = os.fork()
    if child == 0:
        try:
            with monkeypatch.context() as patch:
                folder = stage.root / "waiting"
                folder.mkdir()
                wait = f"touch {ready}; while [ ! -e {go} ]; do sleep 0.01; done"
                (folder / "git").write_text(
                    f'#!/bin/sh\nif [ "$1" = update-ref ]; then {wait}; fi\nexec {REAL_GIT} "$@"\n'
                )
                (folder / "git").chmod(0o755)
                patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
                stage.deliver()
        finally:
            os._exit(0)
    end = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < end:
        time.sleep(0.01)
    asyncio.run(delivery.recover(str(stage.repo), "main", stage.found.tip, "0" * 40))
    answer = stage.deliver()
    assert isinstance(answer, Blocked)
    assert "index.lock" in answer.text
    go.touch()
    os.waitpid(child, 0)
    assert stage.expect_whole()


def test_converted_line_endings_are_told_from_the_operators_changes(stage, monkeypatch):
    """Where git writes other bytes than it stores, files are compared with what git would write."""
    git(stage.repo, "config", "core.autocrlf", "true")
    for path in git(stage.repo, "ls-files").splitlines():
        if path not in ("mine.txt", "staged.txt") and not (stage.repo / path).is_symlink():
            (stage.repo / path).unlink()
            git(stage.repo, "checkout-index", "-u", path)
    before = picture(stage.repo)
    cut_off(stage, monkeypatch, "read-tree")
    assert (stage.repo / "turn/inside").read_bytes() == b"t\r\n"
    (stage.repo / "added/0/file").write_bytes(b"the operator's\r\n")
    stage.recover()
    now = picture(stage.repo)
    assert now.pop("added/0/file") == '- b"the operator\'s\\r\\n"'
    assert now == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_in_the_middle_of_the_files_undoes_the_delivery(stage):
    """What was written is taken back, and once there is room the delivery goes through."""
    disk = stage.root / "disk"
    disk.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("this machine does not let root mount")
    try:
        repo, paths = disk / "repo", BuildPaths(stage.root / "now/other")
        repository(repo, {"a.txt": "a\n", "b.txt": "b\n" * 1000})
        noise = random.Random(0).randbytes(900_000).hex()
        found = asyncio.run(
            proposed(paths, repo, {"a.txt": "changed\n", "n1": noise, "n2": noise[::-1], "b.txt": None})
        )
        before = picture(repo)
        asyncio.run(
            delivery._carry_objects(paths, locate(str(repo)), Git(git_dir=repo / ".git"), found.tip, found.commit)
        )
        room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "filler").write_bytes(b"x" * (room - 2_700_000))
        answer = asyncio.run(delivery.deliver(paths, str(repo), "main", found.tip, found.commit))
        assert isinstance(answer, Blocked)
        assert "undone" in answer.text
        assert picture(repo) == before
        assert git(repo, "status", "--porcelain") == ""
        assert not (repo / ".git/index.lock").exists()
        (disk / "filler").unlink()
        assert asyncio.run(delivery.deliver(paths, str(repo), "main", found.tip, found.commit)) == Delivered(
            commit=found.commit
        )
    finally:
        subprocess.run(["umount", str(disk)], check=True)
