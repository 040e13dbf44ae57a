"""The true words of tasks that the record knows by placeholders, kept where they can be erased."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.safety.privacy.scrubber import PERSONAL, Scrubber
from state.disk import DISK, Disk
from state.files import Workspace, atomic_write
from state.model.record import Noun
from state.model.task import Spec
from state.records import UNREADABLE
from state.settings import Words

FOLDER = "private"
TOLD = ("title", "description", "criteria", "blockers")
"""The fields in which a task speaks of people and need not: what is run must stay as it is."""
RUN = ("command", "verify")
_NO_SECRETS = "a task is written down for good: take it out, and grant it by name with --secret"
_PLACEHOLDER = re.compile(r"\[[a-z]+ \d+\]")


class Kept(Noun, frozen=True, kw_only=True):
    """What stands in a file of the vault."""

    label: str
    words: dict[str, str]
    """By placeholder."""


class Vault:
    """One file a task, in `.midwatch/private`, mode 0600. It may be read from any process."""

    def __init__(self, workspace: Workspace, disk: Disk = DISK) -> None:
        self.folder: Path = workspace.hidden / FOLDER
        self._disk = disk

    def labels(self) -> list[str]:
        """The tasks that it holds words of."""
        return sorted(path.stem for path in self.folder.glob("*.json")) if self.folder.is_dir() else []

    def words(self, label: str) -> dict[str, str]:
        """Return a task's words by their placeholders; none where there are none, or none that can be read."""
        try:
            return msgspec.json.decode(self._path(label).read_bytes(), type=Kept).words
        except (FileNotFoundError, *UNREADABLE):
            return {}

    def keep(self, label: str, words: Mapping[str, str]) -> None:
        """Replace a task's words; with none its file goes. Raises OSError."""
        if not words:
            self._path(label).unlink(missing_ok=True)
            return
        self.folder.mkdir(mode=0o700, exist_ok=True)
        data = msgspec.json.encode(Kept(label=label, words=dict(words)))
        atomic_write(self._path(label), data, mode=0o600, disk=self._disk)

    def told(self, label: str, text: str) -> str:
        """Return a text of a task with its true words put back, for its own build or for the operator's eyes."""
        if not _PLACEHOLDER.search(text):
            return text
        words = self.words(label)
        return _PLACEHOLDER.sub(lambda found: words.get(found[0], found[0]), text)

    def _path(self, label: str) -> Path:
        return self.folder / f"{label}.json"


def unfit(fields: Mapping[str, Any], scrubber: Scrubber) -> Iterator[tuple[str, str]]:
    """Yield each field of a task that cannot be written down as it is, with what to do, in words."""
    for field in (*TOLD, *RUN):
        for kind, _ in (found for text in _texts(fields.get(field, "")) for found in scrubber.found(text)):
            if kind not in PERSONAL:
                yield field, f"holds a {kind}, and {_NO_SECRETS}"
                break
    kinds = {kind for kind, _ in scrubber.found(fields.get("label", ""))}
    if kinds & PERSONAL and scrubber.settings.tasks is Words.PSEUDONYMISE:
        yield "label", f"holds a {min(kinds & PERSONAL)}, and a label stands everywhere: choose another"


def without_people(text: str, scrubber: Scrubber) -> str:
    """Return a text with the kind of each thing that tells of a person in its place, unless tasks are kept as told."""
    if scrubber.settings.tasks is Words.KEEP:
        return text
    return scrubber.replace(text, lambda kind, value: f"[{kind}]" if kind in PERSONAL else value)


def pseudonymised(spec: Spec, scrubber: Scrubber) -> tuple[Spec, dict[str, str]]:
    """Return a task with a placeholder for everything that tells of a person, and the words by placeholder."""
    if scrubber.settings.tasks is Words.KEEP:
        return spec, {}
    numbers: dict[str, int] = {}
    placeholders: dict[str, str] = {}

    def put(kind: str, value: str) -> str:
        if kind not in PERSONAL:
            return value
        if value not in placeholders:
            numbers[kind] = numbers.get(kind, 0) + 1
            placeholders[value] = f"[{kind} {numbers[kind]}]"
        return placeholders[value]

    told = {field: _changed(getattr(spec, field), lambda text: scrubber.replace(text, put)) for field in TOLD}
    words = {placeholder: value for value, placeholder in placeholders.items()}
    return (msgspec.structs.replace(spec, **told), words) if words else (spec, {})


def _changed(value: str | tuple[str, ...], change: Callable[[str], str]) -> str | tuple[str, ...]:
    return change(value) if isinstance(value, str) else tuple(change(text) for text in value)


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
