"""Real git repositories for tests, made and looked at with the operator's own git."""

import os
import subprocess
from pathlib import Path

from engine.work import delivery, workspace
from state.files import BuildPaths

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "user.name",
    "GIT_CONFIG_VALUE_0": "Operator",
    "GIT_CONFIG_KEY_1": "user.email",
    "GIT_CONFIG_VALUE_1": "operator@example.com",
    "GIT_CONFIG_KEY_2": "protocol.file.allow",
    "GIT_CONFIG_VALUE_2": "always",
}


def git(where: Path, *args: str, ok: tuple[int, ...] = (0,)) -> str:
    """Run the operator's git and return what it printed."""
    done = subprocess.run(["git", *args], cwd=where, env=ENVIRONMENT, capture_output=True, timeout=60)
    assert done.returncode in ok, f"git {args}: {done.stderr.decode()}"
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def write(root: Path, files: dict[str, str | None]) -> None:
    """Write files below a folder; None removes one."""
    for name, text in files.items():
        path = root / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def commit(where: Path, files: dict[str, str | None], message: str = "a commit") -> str:
    """Commit files in a working tree; return the commit."""
    write(where, files)
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(where, "rev-parse", "HEAD")


def repository(path: Path, files: dict[str, str | None] | None = None, *options: str) -> Path:
    """Make a repository on `main` with one commit."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--template=", "--initial-branch=main", *options)
    commit(path, files or {"a.txt": "a\n", "d/b.txt": "b\n"}, "the first")
    return path


def order(repo: Path, base: str, result: str, branch: str = "main", **more: str) -> delivery.Order:
    """An order to merge a result."""
    words = {"title": "Mend it", "label": "mend-it", "build": "mend-it-1", **more}
    return delivery.Order(repo=str(repo), branch=branch, base=base, result=result, **words)


async def built(
    paths: BuildPaths, repo: Path, files: dict[str, str | None], branch: str = ""
) -> tuple[workspace.Prepared, workspace.Collected]:
    """Go through a whole build whose command changes these files."""
    prepared = await workspace.prepare(paths, str(repo), branch, label="mend-it")
    write(paths.work, files)
    return prepared, await workspace.collect(paths, prepared.base, "Mend it", "mend-it-1")


async def proposed(
    paths: BuildPaths, repo: Path, files: dict[str, str | None], branch: str = "main"
) -> delivery.Candidate:
    """Go through a whole build up to the candidate."""
    prepared, collected = await built(paths, repo, files, branch)
    found = await delivery.candidate(paths, order(repo, prepared.base, collected.result, branch))
    assert isinstance(found, delivery.Candidate)
    return found


def picture(root: Path) -> dict[str, str]:
    """Every path below a folder, without its .git, and what it is; to compare before and after."""
    found = {}
    for folder, folders, files in os.walk(root):
        if ".git" in folders:
            folders.remove(".git")
        for name in (*files, *(f for f in folders if os.path.islink(os.path.join(folder, f)))):
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, root)
            if os.path.islink(path):
                found[relative] = f"link {os.readlink(path)}"
            else:
                executable = bool(os.stat(path).st_mode & 0o100)
                found[relative] = f"{'x' if executable else '-'} {Path(path).read_bytes()!r}"
    return found
