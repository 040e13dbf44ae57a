"""The drafted replies as files: for the operator only, in `escalations/drafts`."""

import re
from pathlib import Path

from state.disk import DISK, Disk
from state.files import Workspace, atomic_write
from state.model.links.mail import PREFIX

FOLDER = "drafts"
_LABEL = re.compile(rf"{PREFIX}[0-9a-f]{{12}}")
_MOST_BYTES = 1 << 20


class Drafts:
    """One file a conversation, mode 0600 in a folder of mode 0700. Blocks; from any process."""

    def __init__(self, workspace: Workspace, disk: Disk = DISK) -> None:
        self.folder: Path = workspace.escalations / FOLDER
        self._disk = disk

    def path(self, label: str) -> Path:
        """Return where a conversation's draft is."""
        assert _LABEL.fullmatch(label), "a label of a conversation names no other place"
        return self.folder / f"{label.replace(':', '-')}.eml"

    def read(self, label: str) -> bytes | None:
        """Return a draft as it is now, with whatever the operator changed; None where there is none."""
        try:
            with self.path(label).open("rb") as file:
                return file.read(_MOST_BYTES)
        except OSError:
            return None

    def keep(self, label: str, data: bytes) -> None:
        """Write a draft. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write(self.path(label), data, mode=0o600, disk=self._disk)

    def remove(self, label: str) -> None:
        """Take a draft away, if there is one. Raises OSError."""
        self.path(label).unlink(missing_ok=True)
