"""A build that plants things for git to trip over: the engine runs none of them, reads no further than the workspace,
and carries none of them into the operator's repository."""

import asyncio
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.work import delivery, workspace
from engine.work.delivery import Candidate, Delivered
from engine.work.git import GitError
from state.files import BuildPaths
from tests.engine.work.repositories import commit, git, order, picture, repository, write


@dataclass
class Stage:
    """An operator's repository, a build in it, and a program that leaves a trace when anything runs it."""

    root: Path
    repo: Path
    paths: BuildPaths
    base: str

    @property
    def tripwire(self) -> Path:
        return self.root / "tripwire"

    @property
    def trap(self) -> Path:
        return self.root / "trap"

    @property
    def work(self) -> Path:
        return self.paths.work

    def collect(self) -> workspace.Collected:
        return asyncio.run(workspace.collect(self.paths, self.base, "Mend it", "mend-it-1"))

    def through(self) -> workspace.Collected:
        """Do everything that the engine does with a result, up to the operator's branch."""

        async def all_of_it() -> workspace.Collected:
            collected = await workspace.collect(self.paths, self.base, "Mend it", "mend-it-1")
            if collected.result:
                await workspace.diff(self.paths, self.base, collected.result)
                await workspace.checkout(self.paths, collected.result, self.root / "verify")
                found = await delivery.candidate(self.paths, order(self.repo, self.base, collected.result))
                assert isinstance(found, Candidate)
                answer = await delivery.deliver(self.paths, str(self.repo), "main", found.tip, found.commit)
                assert isinstance(answer, Delivered), answer
            return collected

        return asyncio.run(all_of_it())

    def ours(self, *args: str) -> str:
        return git(self.paths.git, "--git-dir", str(self.paths.git), *args)

    def names(self, result: str) -> list[str]:
        return self.ours("ls-tree", "-r", "-z", "--name-only", result).split("\0")[:-1]

    def sprung(self) -> bool:
        """Whether the trap was sprung since this was last asked."""
        there = self.tripwire.exists()
        self.tripwire.unlink(missing_ok=True)
        return there


@pytest.fixture
def stage(tmp_path) -> Stage:
    repo = repository(tmp_path / "repo")
    paths = BuildPaths(tmp_path / "build")
    prepared = asyncio.run(workspace.prepare(paths, str(repo), "", label="mend-it", sandboxed=False))
    made = Stage(tmp_path, repo, paths, prepared.base)
    made.trap.write_text(f"#!/bin/sh\ntouch {made.tripwire}\ncat\n")
    made.trap.chmod(0o755)
    return made


HOOKS = (
    "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg "
    "post-commit pre-rebase post-checkout post-merge pre-push post-rewrite fsmonitor-watchman post-index-change "
    "reference-transaction pre-auto-gc push-to-checkout update pre-receive post-receive"
).split()


def test_hooks_are_not_run(stage):
    """Hooks of every name in the build's own repository stay still."""
    hooks = stage.work / ".git/hooks"
    hooks.mkdir()
    for name in HOOKS:
        os.symlink(stage.trap, hooks / name)
    write(stage.work, {"a.txt": "changed\n"})
    git(stage.work, "status")
    git(stage.work, "commit", "--all", "--quiet", "-m", "x")
    assert stage.sprung(), "the trap itself must work"
    stage.through()
    assert not stage.sprung()


EVIL = """
[core]
	fsmonitor = {trap}
	sshCommand = {trap}
	hooksPath = {root}
	pager = {trap}
	editor = {trap}
	askPass = {trap}
	attributesFile = {root}/attributes
	gitProxy = {trap}
	alternateRefsCommand = {trap}
[diff]
	external = {trap}
[diff "evil"]
	command = {trap}
	textconv = {trap}
[merge "evil"]
	driver = {trap}
[filter "evil"]
	clean = {trap}
	smudge = {trap}
	process = {trap}
	required = true
[gpg]
	program = {trap}
[commit]
	gpgSign = true
[credential]
	helper = {trap}
[include]
	path = {root}/more
"""


def test_settings_are_not_read(stage):
    """Nothing that the build's own config names is run."""
    config = stage.work / ".git/config"
    config.write_text(config.read_text() + EVIL.format(trap=stage.trap, root=stage.root))
    (stage.root / "more").write_text(f"[core]\n\tfsmonitor = {stage.trap}\n")
    write(stage.work, {"a.txt": "changed\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    git(stage.work, "status", ok=(0, 128))
    assert stage.sprung(), "the trap itself must work"
    stage.through()
    assert not stage.sprung()
    assert (stage.repo / "a.txt").read_text() == "changed\n"


@pytest.mark.parametrize("kind", ["clean", "smudge", "process"])
def test_the_operators_own_filters_get_nothing_of_the_build_to_eat(stage, kind):
    """Attributes of the build's may name a filter that the operator uses; it does not run, and the content arrives."""
    git(stage.repo, "config", f"filter.evil.{kind}", str(stage.trap))
    git(stage.repo, "config", "filter.evil.required", "true")
    write(stage.work, {"a.txt": "changed\n", "new.txt": "n\n", ".gitattributes": "*.txt filter=evil\n"})
    stage.through()
    assert not stage.sprung()
    assert (stage.repo / "new.txt").read_text() == "n\n"
    (stage.repo / "new.txt").write_text("again\n")
    git(stage.repo, "add", "new.txt", ok=(0, 128))
    (stage.repo / "new.txt").unlink()
    git(stage.repo, "checkout", "new.txt", ok=(0, 1, 128))
    assert stage.sprung(), "the trap itself must work"


def test_the_operators_own_merge_driver_is_not_run(stage):
    """When the branch has moved on, the engine merges by itself, whatever driver the attributes name."""
    git(stage.repo, "config", "merge.evil.driver", f"{stage.trap} %A < /dev/null")
    lines = "".join(f"{number}\n" for number in range(20))
    write(stage.work, {"a.txt": f"build\n{lines}", ".gitattributes": "* merge=evil diff=evil\n"})
    collected = stage.collect()

    async def late() -> Candidate | delivery.Conflict:
        commit(stage.repo, {"a.txt": f"{lines}operator\n", ".gitattributes": "* merge=evil\n"})
        return await delivery.candidate(stage.paths, order(stage.repo, stage.base, collected.result))

    found = asyncio.run(late())
    assert isinstance(found, delivery.Conflict)
    assert not stage.sprung()
    git(stage.repo, "checkout", "--quiet", "-b", "side", "HEAD~1")
    commit(stage.repo, {"a.txt": "side\n", ".gitattributes": "* merge=evil\n"})
    git(stage.repo, "merge", "main", ok=(0, 1))
    assert stage.sprung(), "the trap itself must work"


def test_a_nested_repository_is_not_entered(stage):
    """Its settings would run at the first look; its files are collected like any others."""
    nested = stage.work / "vendor/lib"
    repository(nested, {"lib.c": "int x;\n"})
    git(nested, "config", "core.fsmonitor", str(stage.trap))
    git(nested, "status")
    assert stage.sprung(), "the trap itself must work"
    collected = stage.through()
    assert not stage.sprung()
    assert "vendor/lib/lib.c" in stage.names(collected.result)
    assert collected.notes == ("left out vendor/lib/.git: git could take it for a repository",)
    assert (stage.repo / "vendor/lib/lib.c").exists()
    assert not (stage.repo / "vendor/lib/.git").exists()


def test_a_submodules_folder_is_not_entered(tmp_path, stage):
    """Where the repository has a submodule, a repository that the build puts there is never asked for its state."""
    library = repository(tmp_path / "library", {"lib.c": "int x;\n"})
    git(stage.repo, "submodule", "--quiet", "add", str(library), "lib")
    base = commit(stage.repo, {})
    workspace.clear(stage.paths)
    asyncio.run(workspace.prepare(stage.paths, str(stage.repo), "", label="x", sandboxed=False))
    stage.base = base
    (stage.work / "lib").rmdir()
    repository(stage.work / "lib", {"lib.c": "int evil;\n"})
    git(stage.work / "lib", "config", "core.fsmonitor", str(stage.trap))
    git(stage.work, "status")
    assert stage.sprung(), "the trap itself must work"
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.through()
    assert not stage.sprung()
    assert stage.ours("diff", "--name-only", base, collected.result) == "a.txt"


@pytest.mark.parametrize(
    "text",
    [
        '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n',
        '[submodule "../../x"]\n\tpath = x\n\turl = https://example.com/x\n',
        '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n\tupdate = !touch tripwire\n',
    ],
)
def test_a_poisoned_gitmodules_does_not_reach_the_operator(stage, text):
    """A list of submodules that git knows for an attack is refused, and nothing is merged."""
    write(stage.work, {".gitmodules": text, "a.txt": "changed\n"})
    tip = git(stage.repo, "rev-parse", "main")
    with pytest.raises(GitError):
        stage.through()
    assert git(stage.repo, "rev-parse", "main") == tip
    assert git(stage.repo, "status", "--porcelain") == ""


@pytest.mark.parametrize("form", ["symlink", "file", "worktree"])
def test_a_git_directory_that_leads_to_the_operators_is_not_followed(stage, form):
    """A .git that has become a way out is put aside itself, and what it leads to is not touched."""
    git(stage.work, "config", "--file", str(stage.repo / ".git/config"), "core.fsmonitor", str(stage.trap))
    os.rename(stage.work / ".git", stage.root / "old")
    target = stage.repo / ".git"
    if form == "symlink":
        os.symlink(target, stage.work / ".git")
    elif form == "file":
        (stage.work / ".git").write_text(f"gitdir: {target}\n")
    else:
        (stage.work / ".git").mkdir()
        (stage.work / ".git/commondir").write_text(f"{target}\n")
        (stage.work / ".git/HEAD").write_text("ref: refs/heads/main\n")
    stage.sprung()
    before = picture(target)
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.collect()
    assert collected.files_changed == 1
    assert picture(target) == before
    assert not stage.sprung()


def test_symlinks_are_stored_and_never_followed(stage):
    """A link out of the workspace arrives as a link; what it points to is not read."""
    secret = stage.root / "secret"
    secret.mkdir()
    (secret / "key").write_text("THE KEY\n")
    write(stage.work, {"d/b.txt": None})
    (stage.work / "d").rmdir()
    os.symlink(secret, stage.work / "d")
    os.symlink(secret / "key", stage.work / "key")
    os.symlink("../../../../etc/passwd", stage.work / "passwd")
    collected = stage.collect()
    listed = stage.ours("ls-tree", "-r", collected.result)
    assert {line.split("\t")[1]: line[:6] for line in listed.splitlines()} == {
        "a.txt": "100644",
        "d": "120000",
        "key": "120000",
        "passwd": "120000",
    }
    assert "THE KEY" not in asyncio.run(workspace.diff(stage.paths, stage.base, collected.result))


def test_what_the_build_says_of_its_commits_is_read_from_a_plain_file_only(stage):
    """A log that is a link, a pipe or sits behind a link lends nothing."""
    secret = stage.root / "secret"
    secret.write_text("a b c d\tcommit: THE KEY\n")
    log = stage.work / ".git/logs/HEAD"
    log.parent.mkdir()
    os.symlink(secret, log)
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.collect()
    assert "THE KEY" not in stage.ours("log", "-1", "--format=%B", collected.result)


def test_a_log_that_is_a_pipe_does_not_block(stage):
    """Nobody would ever write to it."""
    (stage.work / ".git/logs").mkdir()
    os.mkfifo(stage.work / ".git/logs/HEAD")
    write(stage.work, {"a.txt": "changed\n"})
    assert stage.collect().files_changed == 1


def test_a_link_to_the_same_file_elsewhere_changes_nothing_there(stage):
    """A hard link's other name keeps its bytes and rights."""
    outside = stage.root / "outside"
    outside.write_text("theirs\n")
    outside.chmod(0o640)
    os.link(outside, stage.work / "hard")
    collected = stage.through()
    assert "hard" in stage.names(collected.result)
    assert (outside.read_text(), outside.stat().st_mode & 0o777) == ("theirs\n", 0o640)
    (stage.repo / "hard").write_text("changed\n")
    assert outside.read_text() == "theirs\n"


@pytest.mark.parametrize("name", ["pipe", ".gitignore", ".gitattributes", "d/.gitignore"])
def test_special_files_are_left_out(stage, name):
    """A pipe would block whoever opens it, most of all where git looks for its rules."""
    os.mkfifo(stage.work / name)
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.collect()
    assert collected.notes == (f"left out {name}: not a regular file",)
    assert stage.names(collected.result) == ["a.txt", "d/b.txt"]


def test_sockets_and_devices_are_left_out(stage):
    """Neither is part of a result."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(stage.work / "socket"))
    expected = ["left out socket: not a regular file"]
    if os.geteuid() == 0:
        os.mknod(stage.work / "device", 0o600 | 0o020000, os.makedev(1, 5))
        expected.insert(0, "left out device: not a regular file")
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.collect()
    assert list(collected.notes) == expected
    assert stage.names(collected.result) == ["a.txt", "d/b.txt"]


@pytest.mark.parametrize(
    "name",
    [
        ".GIT",
        ".Git",
        "git~1",
        "GIT~1",
        ".git ",
        ".git.",
        ".git. .",
        ".git::$INDEX_ALLOCATION",
        ".g\u200cit",
        "\ufeff.git",
    ],
)
@pytest.mark.parametrize("folder", [True, False])
def test_what_another_system_takes_for_git_is_left_out(stage, name, folder):
    """On a file system that ignores case, dots or invisible signs, it would become the operator's .git."""
    if folder:
        write(stage.work, {f"sub/{name}/config": "[core]\n", f"sub/{name}/hooks/pre-commit": "x"})
    else:
        write(stage.work, {f"sub/{name}": "gitdir: /\n"})
    write(stage.work, {"sub/real.txt": "r\n"})
    collected = stage.through()
    assert stage.names(collected.result) == ["a.txt", "d/b.txt", "sub/real.txt"]
    assert len(collected.notes) == 1


@pytest.mark.parametrize("name", [".gitmodules", ".GITMODULES", "gitmod~1", "GI7EBA~1"])
def test_a_link_in_the_place_of_gitmodules_is_left_out(stage, name):
    """git refuses such a tree, and rightly so."""
    os.symlink("a.txt", stage.work / name)
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.through()
    assert stage.names(collected.result) == ["a.txt", "d/b.txt"]
    assert "symlink in the place of .gitmodules" in collected.notes[0]


def test_names_that_only_resemble_git_are_kept(stage):
    """Nothing is left out for a likeness that no system mistakes."""
    names = [
        ".github/workflows/x.yml",
        ".gitignore",
        ".gitattributes",
        ".gitkeep",
        "git",
        "x.git/y",
        ".git-blame",
        "git~2",
    ]
    write(stage.work, dict.fromkeys(names, "# x\n"))
    collected = stage.through()
    assert set(names) <= set(stage.names(collected.result))
    assert collected.notes == ()


def test_names_of_every_kind_arrive_as_they_are(stage):
    """Newlines, escape sequences, leading dashes, globs and bytes that are no text are only names."""
    names = [
        b"new\nline",
        b"\x1b[2J\x1b]0;title\x07",
        b"--force",
        b"-",
        b"*",
        b":(top)x",
        b"bad\xff\xfe",
        b" lead",
        b'q"uote',
        b"\\b",
    ]
    for name in names:
        with open(os.fsencode(stage.work) + b"/" + name, "wb") as file:
            file.write(name)
    collected = stage.through()
    assert collected.notes == ()
    listed = {os.fsencode(name) for name in stage.names(collected.result)}
    assert set(names) <= listed
    for name in names:
        with open(os.fsencode(stage.repo) + b"/" + name, "rb") as file:
            assert file.read() == name
    assert git(stage.repo, "status", "--porcelain") == ""


def test_names_in_notes_are_harmless(stage):
    """What a note says of a file can be printed."""
    write(stage.work, {"\x1b[31m/.git/config": "x", "a.txt": "changed\n"})
    assert stage.collect().notes == (r"left out \x1b[31m/.git: git could take it for a repository",)


def test_a_tree_too_deep_to_open_is_cut_off(stage):
    """Folders in folders without end neither break the walk nor reach the operator."""
    here = os.open(stage.work, os.O_RDONLY)
    for _level in range(60):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    write(stage.work, {"a.txt": "changed\n"})
    collected = stage.collect()
    assert stage.names(collected.result) == ["a.txt", "d/b.txt"]
    assert "its path is too long" in collected.notes[0]


def test_a_flood_of_traps_gives_a_short_list(stage):
    """Notes are bounded, whatever the build plants."""
    for number in range(200):
        write(stage.work, {f"{number}/.git/config": "x"})
    notes = stage.collect().notes
    assert len(notes) == 21
    assert notes[-1] == "left out 180 more paths of these kinds"


def test_an_embedded_bare_repository_is_only_files(stage):
    """A folder with the right files is a repository to whoever stands in it; the engine's git never looks for one."""
    bare = {"HEAD": "ref: refs/heads/main\n", "config": f"[core]\n\tbare = true\n\tfsmonitor = {stage.trap}\n"}
    write(stage.work, {**bare, "objects/x": "x", "refs/x": "x"})
    collected = stage.through()
    assert not stage.sprung()
    assert {"HEAD", "config", "objects/x", "refs/x"} <= set(stage.names(collected.result))


def test_attributes_that_cannot_be_obeyed_fail_in_words(stage):
    """A file that is not in the encoding that the attributes claim ends the collecting, not the engine."""
    write(stage.work, {".gitattributes": "*.x working-tree-encoding=UTF-16\n"})
    (stage.work / "bad.x").write_bytes(b"odd")
    with pytest.raises(GitError, match=r"bad\.x"):
        stage.collect()
