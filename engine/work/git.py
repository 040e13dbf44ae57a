"""Runs git so that nothing which a build wrote can make it run anything else."""

import functools
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from engine.safety import processes
from engine.work import programs
from engine.work.programs import Output
from state.errors import MidwatchError

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.sshCommand": "false",
    "core.pager": "cat",
    "core.editor": "false",
    "core.askPass": "false",
    "core.quotePath": "true",
    "core.safecrlf": "false",
    "core.protectNTFS": "true",
    # Whatever is written for the operator is on the disk before the branch names it.
    "core.fsync": "all",
    "core.fsyncMethod": "batch",
    "commit.gpgSign": "false",
    "credential.helper": "",
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "i18n.commitEncoding": "UTF-8",
}

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_SSH_COMMAND": "false",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
}

P = ParamSpec("P")
T = TypeVar("T")

MARK = "MIDWATCH_GIT"
"""The variable that names, in every git that the engine runs, the git directory that it works on."""
_WORDS_BYTES = 300
_ENDS_IN_S = 10.0


class GitError(MidwatchError):
    """git, or a repository, is not as it must be; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Repository:
    """An operator's repository: the folder that was named and where git keeps its parts."""

    path: Path
    git_dir: Path
    """What belongs to this working tree: HEAD, index."""
    common: Path
    """What all working trees share: objects, branches, settings."""

    @property
    def objects(self) -> Path:
        """The object store."""
        return self.common / "objects"


@dataclass(frozen=True, slots=True)
class Git:
    """git on exactly one git directory, which is always named and never looked for."""

    git_dir: Path
    work_tree: Path | None = None
    index: Path | None = None
    settings: tuple[tuple[str, str], ...] = ()
    """More settings, that overrule those of the git directory."""

    async def run(
        self,
        *args: str,
        stdin: bytes | Path = b"",
        ok: tuple[int, ...] = (0,),
        env: Mapping[str, str] | None = None,
        sink: Callable[[bytes], None] | None = None,
        keep_bytes: int = 1 << 30,
    ) -> Output:
        """Run one git command. Raises GitError, with git's own words, on an exit code that is not in `ok`."""
        cwd = self.work_tree if self.work_tree is not None else self.git_dir
        output = await programs.run(
            ["git", *args],
            cwd=cwd,
            env=self.environment() | dict(env or {}),
            stdin=stdin,
            sink=sink,
            keep_bytes=keep_bytes,
        )
        if output.code not in ok and not output.cut:
            raise GitError(f"git {args[0]} failed in {cwd}: {words(output)}")
        return output

    async def text(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run one git command and return what it printed, without the newline at the end."""
        output = await self.run(*args, stdin=stdin, env=env)
        return output.out.decode("utf-8", "surrogateescape").rstrip("\n")

    def environment(self) -> dict[str, str]:
        """Return all that git is told from outside: its places, and settings that overrule any file's."""
        settings = [*_SETTINGS.items(), *self.settings]
        env = programs.clean_environment(**_ENVIRONMENT, **{"GIT_DIR": str(self.git_dir), MARK: str(self.git_dir)})
        if self.work_tree is not None:
            env["GIT_WORK_TREE"] = str(self.work_tree)
        if self.index is not None:
            env["GIT_INDEX_FILE"] = str(self.index)
        env["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (key, value) in enumerate(settings):
            env[f"GIT_CONFIG_KEY_{number}"] = key
            env[f"GIT_CONFIG_VALUE_{number}"] = value
        return env


def end_left_running(variable: str, value: str) -> None:
    """Kill every git that an engine before this one left running with this mark, and wait until it is gone."""
    entry = os.fsencode(f"{variable}={value}")
    found = [processes.identify(pid) for pid in processes.pids() if processes.carries(pid, entry)]
    fds = [fd for identity in found if identity and (fd := processes.open_pidfd(identity)) is not None]
    try:
        for fd in fds:
            processes.send(fd, signal.SIGKILL)
        if not processes.wait_all(fds, _ENDS_IN_S):
            raise GitError("a git that was left running cannot be ended: look for it with `ps -C git`")
    finally:
        for fd in fds:
            os.close(fd)


def in_words(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make what the disk refuses a GitError: a full disk or missing rights are the operator's to mend."""

    @functools.wraps(work)
    async def worded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await work(*args, **kwargs)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise GitError(f"{place}{error.strerror or error}: make room or mend its rights, then try again") from error

    return worded


def words(output: Output) -> str:
    """Return the first of what git complained about, on one line and harmless to show."""
    lines = [line for line in output.err.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("hint:", "warning:"))] or lines
    said = " / ".join(line.removeprefix("fatal: ").removeprefix("error: ") for line in told[:2])
    return shown(said.encode()[:_WORDS_BYTES]) or f"exit code {output.code}"


def shown(name: bytes) -> str:
    """Return a file's name as text that is safe to print: what is not printable is written as an escape."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def locate(path: str) -> Repository:
    """Find a repository's parts by reading plain files: a working tree, a linked one or a bare repository.

    Raises GitError when the folder is gone or holds none.
    """
    root = Path(path)
    if not root.is_dir():
        raise GitError(f"the repository {root} is gone: put it back, or change the task's repo")
    dot = root / ".git"
    if dot.is_dir():
        git_dir = dot
    elif dot.is_file():
        git_dir = _linked(dot)
    else:
        git_dir = root
    common = git_dir
    if (git_dir / "commondir").is_file():
        common = (git_dir / (git_dir / "commondir").read_text().strip()).resolve()
    if not ((git_dir / "HEAD").is_file() or (git_dir / "HEAD").is_symlink()) or not (common / "objects").is_dir():
        raise GitError(f"{root} is not a git repository: name the folder that holds its .git")
    return Repository(path=root, git_dir=git_dir.resolve(), common=common.resolve())


def _linked(dot: Path) -> Path:
    text = dot.read_text(errors="replace").strip()
    target = dot.parent / text.removeprefix("gitdir:").strip()
    if not text.startswith("gitdir:") or not target.is_dir():
        raise GitError(f"{dot} does not lead to a git directory: repair it with `git worktree repair`")
    return target


async def operators(repository: Repository) -> Git:
    """Return git on the operator's repository, with every filter that its settings define made to do nothing.

    Content that a build made may carry attributes that name such a filter; it must not be fed to it.
    """
    git = Git(git_dir=repository.git_dir)
    listed = await git.run("config", "--null", "--name-only", "--get-regexp", r"^filter\.", ok=(0, 1))
    keys = {key.rpartition(".")[0] for key in listed.out.decode("utf-8", "surrogateescape").split("\0") if key}
    off = [
        (f"{key}.{name}", value)
        for key in sorted(keys)
        for name, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    ]
    return Git(git_dir=repository.git_dir, settings=tuple(off))


async def tip_of(git: Git, branch: str, repo: str) -> str:
    """Return the commit that a branch is at. Raises GitError when there is no such branch or no commit on it."""
    output = await git.run("show-ref", "--verify", "--hash", f"refs/heads/{branch}", ok=(0, 1, 128))
    if output.code == 0:
        return output.out.decode().strip()
    head = await git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    if head.out.decode("utf-8", "replace").strip() == f"refs/heads/{branch}":
        raise GitError(f"the branch {branch} of {repo} has no commit yet: make a first commit in it")
    raise GitError(f"there is no branch {branch} in {repo}: make it, or change the task's branch")


async def branch_of(git: Git, repo: str) -> str:
    """Return the name of the branch that is checked out. Raises GitError when HEAD is not on one."""
    output = await git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    name = output.out.decode("utf-8", "surrogateescape").strip()
    if not name.startswith("refs/heads/"):
        raise GitError(f"no branch is checked out in {repo} (HEAD is detached): name the branch to merge into")
    return name.removeprefix("refs/heads/")
