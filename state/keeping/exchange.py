"""Puts a whole journal in the place of one that cannot be used, so that a crash leaves the one or the other."""

import os

from state.disk import DISK, Disk
from state.files import Workspace

STAGE = "restoring"
"""The folder in `.midwatch` in which a restore prepares everything."""
_GO = "go"


def pending(workspace: Workspace) -> bool:
    """Whether a restore was prepared and not carried out to its end."""
    return (workspace.hidden / STAGE).exists()


def prepared(workspace: Workspace) -> Workspace:
    """Return the workspace, within that folder, whose journal is to take the place of this one's."""
    return Workspace(workspace.hidden / STAGE / "was")


def aside(workspace: Workspace, mark: str) -> str:
    """Return, relative to the workspace, where what was replaced by a restore is kept."""
    return str((workspace.hidden / "set-aside" / mark).relative_to(workspace.root))


def begin(workspace: Workspace, mark: str, disk: Disk = DISK) -> None:
    """Decide on the exchange, durably: from now on `settle` carries it out, whoever calls it. Under the lock."""
    disk.replace_with(workspace.hidden / STAGE / _GO, (mark.encode(),), 0o600)


def settle(workspace: Workspace, disk: Disk = DISK) -> str:
    """Carry out, or finish, an exchange that was decided on; returns its mark, empty without one. Under the lock.

    Each step leaves what the next call goes on from. Raises OSError.
    """
    go = workspace.hidden / STAGE / _GO
    try:
        mark = go.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
    old = workspace.root / aside(workspace, mark)
    old.mkdir(mode=0o700, parents=True, exist_ok=True)
    ready = prepared(workspace).journal
    # The checkpoint speaks for the journal that goes: it must never meet the one that comes.
    if ready.is_dir():
        for path in (workspace.checkpoint, workspace.journal):
            if os.path.lexists(path) and not os.path.lexists(old / path.name):
                disk.replace(path, old / path.name)
        disk.replace(ready, workspace.journal)
    for folder in (workspace.hidden, old):
        disk.sync_folder(folder)
    disk.remove(go)
    disk.sync_folder(go.parent)
    return mark
