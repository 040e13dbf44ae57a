"""Makes the demo's workspace, or finishes one that was left half made."""

import os
from datetime import datetime
from pathlib import Path

from console.demo.ledger import FILES
from engine.work.programs import clean_environment, run_sync
from state.errors import MidwatchError
from state.files import Lock, Workspace, atomic_write, create_workspace

SETTINGS = """\
# The demo's settings. `midwatch init` in another folder writes a midwatch.toml with every key and what it means.

[queue]
slots = 3

[retry]
times = 3
wait = "5s"
"""
_MARK = "demo"
_BRANCH = "main"
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Midwatch demo"), ("EMAIL", "demo@localhost"))
}


class DemoRefused(MidwatchError):
    """The folder is somebody else's, or is in use."""


def make(root: Path) -> tuple[Workspace, Path]:
    """Return the demo's workspace at `root` and the repository in it, made where they are missing.

    Raises DemoRefused where the folder holds anything else.
    """
    root = root.expanduser().resolve()
    if not is_demo(root) and root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DemoRefused(f"{root} holds something else: name a folder that is empty, or not there yet")
    root.mkdir(parents=True, exist_ok=True)
    hidden = Workspace(root).hidden
    hidden.mkdir(mode=0o700, exist_ok=True)
    # First the mark, so that what a crash leaves half made is known as ours.
    atomic_write(hidden / _MARK, "This workspace was made by `midwatch demo`.\n")
    if not Workspace(root).settings.exists():
        atomic_write(Workspace(root).settings, SETTINGS)
    workspace = create_workspace(root)
    repo = root / "ledger"
    if not _has_branch(repo):
        _commit(repo)
    return workspace, repo


def is_demo(root: Path) -> bool:
    """Whether a folder is a demo's workspace."""
    return (Workspace(root).hidden / _MARK).is_file()


def put_aside(root: Path, now: datetime) -> Path | None:
    """Move a demo's workspace out of the way and return where it is now; None when there is none.

    Raises DemoRefused where somebody works in it, or where it is no demo.
    """
    root = root.expanduser().resolve()
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return None
    if not is_demo(root):
        raise DemoRefused(f"{root} is no demo, so it stays where it is: name another folder")
    # Held while it moves, so that no engine starts in it meanwhile; the lock goes along with its folder.
    with Lock(Workspace(root)):
        aside = root.with_name(f"{root.name}-{now.astimezone():%Y%m%d-%H%M%S}")
        if aside.exists():
            raise DemoRefused(f"{aside} is in the way: try again in a second")
        os.rename(root, aside)
    return aside


def _has_branch(repo: Path) -> bool:
    refs = repo / ".git" / "refs" / "heads" / _BRANCH
    packed = repo / ".git" / "packed-refs"
    return refs.is_file() or (packed.is_file() and f" refs/heads/{_BRANCH}\n" in packed.read_text())


def _commit(repo: Path) -> None:
    for name, text in FILES.items():
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, text)
    _git(repo, "init", "-q", "-b", _BRANCH)
    _git(repo, "add", "--all")
    _git(repo, "commit", "-q", "-m", "Keep the shared expenses of a flat")


def _git(repo: Path, *arguments: str) -> None:
    quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    output = run_sync(["git", *arguments], cwd=repo, env=clean_environment(**quiet, **_IDENTITY))
    if output.code:
        raise MidwatchError(f"git {arguments[0]} failed in {repo}: {output.err.decode(errors='replace').strip()}")
