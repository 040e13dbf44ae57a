"""All that is held of a person, as that person may ask for it."""

from typing import Any

import msgspec

from engine.safety.privacy import erasing
from engine.safety.privacy.subject import Subject
from engine.safety.privacy.vault import Vault
from state import line as lines
from state import segments
from state.files import Workspace
from state.records import UNREADABLE

_LONGEST = 2000


def everything(workspace: Workspace, subject: Subject) -> dict[str, Any]:
    """Return the entries, the words of tasks and the lines of files that hold a subject, as plain data."""
    found = erasing.search(workspace, subject)
    keeper = Vault(workspace)
    return {
        "entries": _entries(workspace, frozenset(entry.seq for entry in found.entries)),
        "tasks": {label: keeper.words(label) for label in found.tasks},
        "files": {place.path: _holding(workspace, place.path, subject) for place in (*found.files, *found.yours)},
    }


def _entries(workspace: Workspace, wanted: frozenset[int]) -> list[Any]:
    told = []
    for name in segments.names(workspace.journal):
        for raw in segments.lines(workspace.journal / name):
            if lines.seq_of(raw) in wanted:
                try:
                    told.append(msgspec.json.decode(raw))
                except UNREADABLE:
                    continue
    return told


def _holding(workspace: Workspace, path: str, subject: Subject) -> list[str]:
    text = (workspace.root / path).read_bytes().decode(errors="replace")
    return [line[:_LONGEST] for line in text.splitlines() if subject.in_text(line)]
