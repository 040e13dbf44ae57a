"""Snapshots of small workspaces, for tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from engine.reversal.snapshots.vault import Manifest, Vault
from state.disk import DISK, Disk
from state.files import Workspace
from state.model.brakes.safekeeping import Kind
from tests.making import NOON
from tests.state.making import filled


def a_vault(root: Path, entries: int = 3, disk: Disk = DISK) -> Vault:
    """The vault of a workspace with something of everything in it."""
    workspace = filled(root / "work", entries)
    (workspace.root / "GOALS.md").write_text("ship it\n")
    (workspace.root / "memory" / "empty").mkdir(parents=True)
    (workspace.root / "memory" / "2026-03-04.md").write_text("a quiet night\n")
    (workspace.root / "notes.txt").write_text("nobody asked for this one\n")
    return Vault(workspace, disk)


def take(
    vault: Vault, *, hours: float = 0, kind: Kind = Kind.HAND, why: str = "", folders: Sequence[Path] = ()
) -> Manifest:
    """Make a snapshot so many hours after noon."""
    with vault.locked():
        return vault.create(at(hours), "operator:ada", kind, why, [str(folder) for folder in folders])


def at(hours: float) -> datetime:
    """So many hours after noon."""
    return NOON + timedelta(hours=hours)


def tree_of(root: Path) -> dict[str, object]:
    """Every name below a folder with what it holds and its permissions; a link with where it leads."""
    return {
        str(path.relative_to(root)): path.readlink() if path.is_symlink() else (path.lstat().st_mode, _held(path))
        for path in sorted(root.rglob("*"))
    }


def _held(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def own(workspace: Workspace) -> dict[str, object]:
    """The workspace's tree without what is the engine's own."""
    return {name: held for name, held in tree_of(workspace.root).items() if not name.startswith(".midwatch")}
