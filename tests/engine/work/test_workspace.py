"""A build's workspace: made from a commit, read back as a commit."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.work import workspace
from engine.work.git import GitError
from state.files import BuildPaths
from tests.engine.work.repositories import ENVIRONMENT, built, commit, git, picture, repository, write


@pytest.fixture
def repo(tmp_path) -> Path:
    return repository(tmp_path / "repo")


@pytest.fixture
def paths(tmp_path) -> BuildPaths:
    return BuildPaths(tmp_path / "build")


def prepare(paths: BuildPaths, repo: Path | str, branch: str = "", *, sandboxed: bool = False) -> workspace.Prepared:
    return asyncio.run(workspace.prepare(paths, str(repo), branch, label="mend-it", sandboxed=sandboxed))


def collect(paths: BuildPaths, base: str) -> workspace.Collected:
    return asyncio.run(workspace.collect(paths, base, "Mend it", "mend-it-1"))


def ours(paths: BuildPaths, *args: str) -> str:
    return git(paths.git, "--git-dir", str(paths.git), *args)


def test_the_workspace_holds_the_branchs_tip(repo, paths):
    """The files are those of the commit, and base and branch say which one it is."""
    tip = commit(repo, {"run.sh": "#!/bin/sh\n", "a.txt": "second\n"})
    (repo / "run.sh").chmod(0o755)
    os.symlink("a.txt", repo / "link")
    tip = commit(repo, {})
    (repo / "untracked").write_text("x")
    prepared = prepare(paths, repo)
    assert prepared == workspace.Prepared(base=tip, branch="main")
    expected = picture(repo)
    del expected["untracked"]
    assert picture(paths.work) == expected


def test_another_branch_than_the_one_checked_out(repo, paths):
    """A named branch is what counts, also in its long form."""
    git(repo, "checkout", "--quiet", "-b", "side")
    side = commit(repo, {"side": "s\n"})
    git(repo, "checkout", "--quiet", "main")
    assert prepare(paths, repo, "refs/heads/side") == workspace.Prepared(base=side, branch="side")
    assert (paths.work / "side").exists()


def test_without_a_repository_there_is_an_empty_folder(paths):
    """It is made at once and again does no harm."""
    assert prepare(paths, "") == workspace.Prepared()
    workspace.prepare_empty(paths)
    assert list(paths.work.iterdir()) == []
    assert not paths.git.exists()


def test_an_attempt_to_prepare_can_be_made_again(repo, paths):
    """What a crash left of it is cleared first."""
    prepare(paths, repo)
    write(paths.work, {"half": "written"})
    workspace.clear(paths)
    prepare(paths, repo)
    assert not (paths.work / "half").exists()


def test_the_build_has_a_repository_of_its_own(repo, paths):
    """It sees a clean status, history, tags and its own branch, and commits without touching the operator's."""
    git(repo, "tag", "v1.2")
    before = git(repo, "for-each-ref")
    prepare(paths, repo)
    work = paths.work
    assert git(work, "status", "--porcelain") == ""
    assert git(work, "symbolic-ref", "HEAD") == "refs/heads/midwatch/mend-it"
    assert git(work, "describe", "--tags") == "v1.2"
    assert git(work, "log", "--format=%s", "main") == "the first"
    write(work, {"a.txt": "changed\n"})
    git(work, "commit", "--quiet", "--all", "-m", "Change a")
    assert git(work, "diff", "--name-only", "main") == "a.txt"
    assert git(repo, "for-each-ref") == before
    assert git(repo, "status", "--porcelain") == ""


def test_a_fresh_status_reads_no_file(repo, paths):
    """The index that the build is given knows its files, so that git need not look into them."""
    prepare(paths, repo)
    assert git(paths.work, "diff-files", "--name-only") == ""


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_inside_a_sandbox_the_objects_are_found_by_the_mounts(tmp_path, paths):
    """The build's git works without a word of complaint where only the mounts are there, borrowed objects and all."""
    origin = repository(tmp_path / "origin")
    git(tmp_path, "clone", "--quiet", "--shared", str(origin), "borrowing")
    borrowing = tmp_path / "borrowing"
    commit(borrowing, {"more": "m\n"})
    prepare(paths, borrowing, sandboxed=True)
    binds = [
        word
        for mount in asyncio.run(workspace.mounts(paths, str(borrowing)))
        for word in ("--ro-bind", mount.host, mount.inside)
    ]
    system = [word for name in ("/usr", "/bin", "/lib", "/lib64") for word in ("--ro-bind-try", name, name)]
    done = subprocess.run(
        ["bwrap", "--unshare-all", *system, "--dev", "/dev", "--bind", str(paths.work), "/work", *binds, "--chdir",
         "/work", "sh", "-c", "git log --format=%s && git status --porcelain && git commit -q --allow-empty -m x"],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "a commit\nthe first\n", "")


def test_changes_of_every_kind_are_collected(repo, paths):
    """Added, changed, deleted, renamed, linked and made executable: the result's tree is the workspace's."""
    prepared = prepare(paths, repo)
    write(paths.work, {"a.txt": "changed\n", "new/deep/file": "n\n", "d/b.txt": None, "run": "#!/bin/sh\n"})
    (paths.work / "run").chmod(0o755)
    os.symlink("nowhere", paths.work / "dangling")
    collected = collect(paths, prepared.base)
    assert (collected.files_changed, collected.added, collected.deleted, collected.notes) == (5, 4, 2, ())
    assert ours(paths, "rev-parse", f"{collected.result}^") == prepared.base
    asyncio.run(workspace.checkout(paths, collected.result, paths.root / "fresh"))
    assert picture(paths.root / "fresh") == picture(paths.work)
    assert not (paths.root / "fresh/.git").exists()


def test_no_change_gives_no_result(repo, paths):
    """A build that only looked, or put everything back, made nothing."""
    prepared = prepare(paths, repo)
    write(paths.work, {"a.txt": "changed\n"})
    write(paths.work, {"a.txt": "a\n"})
    assert collect(paths, prepared.base) == workspace.Collected()


def test_what_the_build_committed_and_what_it_did_not_are_collected_alike(repo, paths):
    """The workspace's files count; the build's commits only lend their subjects."""
    prepared = prepare(paths, repo)
    write(paths.work, {"a.txt": "1\n"})
    git(paths.work, "commit", "--quiet", "--all", "-m", "First try")
    git(paths.work, "commit", "--quiet", "--amend", "-m", "Change a")
    write(paths.work, {"d/b.txt": "2\n"})
    collected = collect(paths, prepared.base)
    assert collected.files_changed == 2
    message = ours(paths, "log", "-1", "--format=%B", collected.result)
    assert message == "Mend it\n\n- Change a\nMidwatch-Build: mend-it-1"


def test_ignored_files_and_the_progress_list_are_left_out(repo, paths):
    """The repository's own rules hold, and the build's ticked list is not part of its result."""
    commit(repo, {".gitignore": "*.log\n"})
    prepared = prepare(paths, repo)
    write(paths.work, {"x.log": "l\n", "PROGRESS.md": "- [x] done\n", "docs/PROGRESS.md": "theirs\n"})
    collected = collect(paths, prepared.base)
    assert ours(paths, "diff", "--name-only", prepared.base, collected.result) == "docs/PROGRESS.md"


def test_a_progress_list_of_the_repositorys_own_is_collected(repo, paths):
    """Where the repository has such a file, a change of it counts."""
    commit(repo, {"PROGRESS.md": "theirs\n"})
    prepared = prepare(paths, repo)
    write(paths.work, {"PROGRESS.md": "changed\n"})
    assert collect(paths, prepared.base).files_changed == 1


def test_collecting_again_gives_the_same(repo, paths):
    """A crash in the middle of collecting costs nothing: the second time finds what the first one did."""
    prepared = prepare(paths, repo)
    write(paths.work, {"a.txt": "changed\n", "sub/.git/config": "x", "sub/file": "y"})
    git(paths.work, "commit", "--quiet", "--all", "-m", "Change a")
    (paths.git / "collect.index.lock").write_text("")
    first, second = collect(paths, prepared.base), collect(paths, prepared.base)
    assert first.digest == second.digest
    assert first.files_changed == second.files_changed == 2
    tree = "%T %B"
    assert ours(paths, "log", "-1", f"--format={tree}", first.result) == ours(
        paths, "log", "-1", f"--format={tree}", second.result
    )


def test_the_digest_is_that_of_the_whole_difference(repo, paths, tmp_path):
    """Equal changes have equal digests; a changed byte, mode or name gives another one."""
    changes = [{"a.txt": "1\n"}, {"a.txt": "2\n"}, {"e.txt": "1\n"}, {"a.txt": "1\n"}]
    digests = []
    for number, files in enumerate(changes):
        _prepared, collected = asyncio.run(built(BuildPaths(tmp_path / f"b{number}"), repo, files))
        digests.append(collected.digest)
    prepared = prepare(paths, repo)
    write(paths.work, {"a.txt": "1\n"})
    (paths.work / "a.txt").chmod(0o755)
    digests.append(collect(paths, prepared.base).digest)
    assert digests[0] == digests[3]
    assert len(set(digests)) == 4
    assert all(len(digest) == 64 for digest in digests)


def test_unreadable_files_and_folders_are_collected(repo, paths):
    """Rights that a build took away from itself hide nothing."""
    prepared = prepare(paths, repo)
    write(paths.work, {"closed/file": "x\n", "shut": "y\n"})
    (paths.work / "shut").chmod(0)
    (paths.work / "closed/file").chmod(0)
    (paths.work / "closed").chmod(0)
    paths.work.chmod(0)
    assert collect(paths, prepared.base).files_changed == 2


def test_a_submodule_stays_as_it_was(tmp_path, repo, paths):
    """Its entry is kept, and what the build put into its folder is left out with a note."""
    library = repository(tmp_path / "library", {"lib.c": "int x;\n"})
    git(repo, "submodule", "--quiet", "add", str(library), "lib")
    commit(repo, {})
    prepared = prepare(paths, repo)
    assert list((paths.work / "lib").iterdir()) == []
    write(paths.work, {"lib/other.c": "int y;\n", "a.txt": "changed\n"})
    collected = collect(paths, prepared.base)
    assert ours(paths, "diff", "--name-only", prepared.base, collected.result) == "a.txt"
    assert collected.notes == ("left out what is in lib: it is a submodule",)


def test_line_endings_follow_the_repositorys_attributes(repo, paths):
    """A file that is to be checked out with other line endings is, and goes back as it was stored."""
    commit(repo, {".gitattributes": "*.bat text eol=crlf\n", "x.bat": "one\n"})
    prepared = prepare(paths, repo)
    assert (paths.work / "x.bat").read_bytes() == b"one\r\n"
    (paths.work / "x.bat").write_bytes(b"one\r\ntwo\r\n")
    collected = collect(paths, prepared.base)
    assert ours(paths, "cat-file", "blob", f"{collected.result}:x.bat") == "one\ntwo"


def test_a_sha256_repository_works_the_same(tmp_path, paths):
    """Longer object names are no obstacle."""
    repo = repository(tmp_path / "long", None, "--object-format=sha256")
    prepared = prepare(paths, repo)
    git(paths.work, "commit", "--quiet", "--allow-empty", "-m", "x")
    write(paths.work, {"a.txt": "changed\n"})
    assert len(collect(paths, prepared.base).result) == 64


def test_a_shallow_clone_works_the_same(tmp_path, repo, paths):
    """History that is not there is not needed."""
    commit(repo, {"a.txt": "second\n"})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repo}", "shallow")
    prepared = prepare(paths, tmp_path / "shallow")
    assert git(paths.work, "log", "--format=%s") == "a commit"
    write(paths.work, {"a.txt": "changed\n"})
    assert collect(paths, prepared.base).files_changed == 1


def test_a_partial_clone_says_how_to_complete_it(tmp_path, repo, paths):
    """Missing objects are not fetched; the operator is told what to run."""
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{repo}", "partial")
    with pytest.raises(GitError, match=r"git fetch --refetch --no-filter"):
        prepare(paths, tmp_path / "partial")
    git(tmp_path / "partial", "fetch", "--quiet", "--refetch", "--no-filter")
    workspace.clear(paths)
    prepare(paths, tmp_path / "partial")
    assert (paths.work / "a.txt").read_text() == "a\n"


def test_a_linked_working_tree_and_a_bare_repository_can_be_built_from(tmp_path, repo):
    """Whichever form the repository has, its branch's tip is what the build gets."""
    git(repo, "worktree", "add", "--quiet", "-b", "side", "../linked")
    side = commit(tmp_path / "linked", {"side": "s\n"})
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare.git")
    assert prepare(BuildPaths(tmp_path / "one"), tmp_path / "linked") == workspace.Prepared(base=side, branch="side")
    assert prepare(BuildPaths(tmp_path / "two"), tmp_path / "bare.git").branch == "main"
    assert (tmp_path / "two/work/a.txt").exists()


def test_another_users_repository_can_be_built_from(repo, paths):
    """Who owns the repository does not matter: it is named by the operator, never found."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for folder, _folders, files in os.walk(repo):
        for name in (folder, *(os.path.join(folder, file) for file in files)):
            os.chown(name, 1234, 1234)
    prepare(paths, repo)
    assert (paths.work / "a.txt").exists()


def test_four_workspaces_are_made_at_once(tmp_path, repo):
    """Builds of one repository are prepared side by side."""

    async def all_of_them() -> list[workspace.Prepared]:
        folders = [BuildPaths(tmp_path / f"b{number}") for number in range(4)]
        return await asyncio.gather(*(workspace.prepare(each, str(repo), "", label=each.root.name) for each in folders))

    assert len({prepared.base for prepared in asyncio.run(all_of_them())}) == 1
    assert all((tmp_path / f"b{number}/work/a.txt").exists() for number in range(4))


def test_the_diff_is_shown_and_cut_where_it_is_long(repo, paths):
    """People read a patch; a cut one says so."""
    prepared = prepare(paths, repo)
    write(paths.work, {"a.txt": "".join(f"line {number}\n" for number in range(1000))})
    result = collect(paths, prepared.base).result
    whole = asyncio.run(workspace.diff(paths, prepared.base, result))
    assert "+line 999\n" in whole
    cut = asyncio.run(workspace.diff(paths, prepared.base, result, limit_bytes=500))
    assert cut.startswith(whole[:400])
    assert cut.endswith("[the rest of the diff is not shown: it is longer than 500 bytes]\n")
    assert asyncio.run(workspace.diff(paths, prepared.base, "")) == ""


def test_a_checkout_wants_an_empty_folder(repo, paths):
    """Verification never runs on top of something else."""
    prepared = prepare(paths, repo)
    with pytest.raises(GitError, match="is not empty"):
        asyncio.run(workspace.checkout(paths, prepared.base, paths.work))


def test_deliverables_are_the_regular_files(paths):
    """Without a repository, what a build leaves is listed by relative path; links and special files are not."""
    workspace.prepare_empty(paths)
    assert workspace.deliverables(paths) == ()
    write(paths.work, {"report.txt": "r", "deep/er/x": "x", ".hidden": "h"})
    os.symlink("/etc/passwd", paths.work / "link")
    os.symlink("/etc", paths.work / "folder")
    os.mkfifo(paths.work / "fifo")
    Path(os.fsdecode(os.fsencode(paths.work) + b"/bad\xff")).write_text("b")
    assert workspace.deliverables(paths) == (".hidden", "deep/er/x", "report.txt")


def test_a_repository_that_a_build_made_stays_whole(paths):
    """Without a repository of the operator's, one that the build made is not taken apart, nor listed file by file."""
    workspace.prepare_empty(paths)
    repository(paths.work / "made")
    assert workspace.deliverables(paths) == ("made/a.txt", "made/d/b.txt")
    assert git(paths.work / "made", "status", "--porcelain") == ""


def test_what_a_build_closed_is_cleared(repo, paths):
    """Rights that were taken away do not keep a folder from being removed."""
    prepare(paths, repo)
    write(paths.work, {"closed/file": "x"})
    (paths.work / "closed").chmod(0)
    workspace.clear(paths)
    assert not paths.work.exists()
    workspace.clear(paths)


def test_what_a_dead_git_left_does_not_hinder_a_checkout(repo, paths):
    """Its lock was on an index that nobody else uses."""
    prepared = prepare(paths, repo)
    (paths.git / "fresh.index.lock").write_text("")
    asyncio.run(workspace.checkout(paths, prepared.base, paths.root / "fresh"))
    assert (paths.root / "fresh/a.txt").exists()


def test_what_the_disk_refuses_is_said_in_words(repo, paths):
    """An expected failure, not a defect: the text names the place."""
    paths.root.write_text("a file where the folder must be")
    with pytest.raises(GitError, match=r"build.*: make room or mend its rights"):
        prepare(paths, repo)


def test_a_long_list_of_deliverables_is_bounded(paths):
    """A build cannot fill the journal with names."""
    workspace.prepare_empty(paths)
    for number in range(1100):
        (paths.work / str(number)).write_text("")
    assert len(workspace.deliverables(paths)) == 1000


def test_readable_paths_are_mounted_where_they_are():
    """What the settings let builds read keeps its place."""
    (mount,) = workspace.readable(["/opt/sdk"])
    assert (mount.host, mount.inside) == ("/opt/sdk", "/opt/sdk")


def test_a_repository_that_vanished_is_said_so(tmp_path, repo, paths):
    """Between two builds, or between preparing and the mounts, the operator may move it."""
    prepare(paths, repo)
    repo.rename(tmp_path / "elsewhere")
    with pytest.raises(GitError, match="is gone"):
        asyncio.run(workspace.mounts(paths, str(repo)))
    with pytest.raises(GitError, match="is gone"):
        prepare(BuildPaths(tmp_path / "second"), repo)


def test_a_workspace_that_vanished_is_said_so(repo, paths):
    """Nothing is taken for an empty result."""
    prepared = prepare(paths, repo)
    shutil.rmtree(paths.work)
    with pytest.raises(GitError, match="is gone"):
        collect(paths, prepared.base)
    os.symlink(repo, paths.work)
    with pytest.raises(GitError, match="no longer a folder"):
        collect(paths, prepared.base)
