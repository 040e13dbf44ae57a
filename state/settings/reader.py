"""Reads `midwatch.toml`, typed, with every mistake in it named by file, line and key."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from state import units
from state.settings.keys import LIMITS, NAMED, SECTIONS, TASK, Key, Named
from state.settings.problems import Problem, SettingsError
from state.settings.values import Settings, TaskSettings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def load(path: Path) -> Settings:
    """Read the settings; a missing file gives the defaults. Raises SettingsError with every mistake in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (UnicodeDecodeError, OSError) as error:
        problem = Problem(file=str(path), line=1, key="", text=f"cannot be read: {error}")
        raise SettingsError((problem,)) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem(file=str(path), line=_line_in(error, text), key="", text=f"not TOML: {error}")
        raise SettingsError((problem,)) from error
    return _Reader(path, text).settings(data)


def _line_in(error: tomllib.TOMLDecodeError, text: str) -> int:
    _, _, rest = str(error).partition("at line ")
    digits = rest.partition(",")[0]
    return int(digits) if digits.isdecimal() else max(1, len(text.splitlines()))


def mistake(path: Path, at: tuple[str, ...], text: str) -> SettingsError:
    """Return the error for a key that was read and then found to be wrong, with its line."""
    reader = _Reader(path, path.read_text(encoding="utf-8", errors="replace") if path.is_file() else "")
    reader.note(at, text)
    return SettingsError(tuple(reader.problems))


class _Reader:
    """Turns what TOML says into settings and gathers every mistake on the way."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines(keepends=True)
        self.problems: list[Problem] = []

    def settings(self, data: Mapping[str, Any]) -> Settings:
        known = {section.name: section for section in SECTIONS}
        settings = Settings()
        for name, value in data.items():
            if name == "tasks":
                tasks = self._table((name,), value)
                made = {label: self._task((name, label), told) for label, told in tasks.items()}
                settings = msgspec.structs.replace(settings, tasks=made)
            elif name in NAMED:
                continue  # these may lean on the others, which stand above or below them
            elif name in known:
                changes = self._keys((name,), value, known[name].keys)
                part = msgspec.structs.replace(getattr(settings, name), **changes)
                settings = msgspec.structs.replace(settings, **{name: part})
            else:
                self._unknown((name,), (*known, "tasks", *NAMED), "section")
        for name in NAMED.keys() & data.keys():
            told = self._table((name,), data[name])
            named = {label: self._named((name, label), NAMED[name], value, settings) for label, value in told.items()}
            settings = msgspec.structs.replace(settings, **{name: named})
        if self.problems:
            raise SettingsError(tuple(sorted(self.problems, key=lambda problem: problem.line)))
        return settings

    def _task(self, at: tuple[str, ...], value: Any) -> TaskSettings:
        told = dict(self._table(at, value))
        limits = self._keys((*at, "limits"), told.pop("limits", {}), LIMITS)
        return TaskSettings(limits=limits, **self._keys(at, told, TASK, also=("limits",)))

    def _named(self, at: tuple[str, ...], kind: Named, value: Any, settings: Settings) -> Any:
        if not _NAME.fullmatch(at[-1]):
            self.note(at, "a name is made of letters, digits, - and _, at most 64 of them")
        table = self._table(at, value)
        missing = [key.name for key in kind.keys if key.name in kind.needed and key.name not in table]
        told = self._keys(at, table, kind.keys)
        if missing:
            self.note(at, f"{' and '.join(missing)} must be set")
        fields = {key.field for key in kind.keys if key.name in kind.needed}
        return kind.make(at[-1], told, settings) if fields <= told.keys() else kind.example

    def _keys(
        self, at: tuple[str, ...], value: Any, keys: tuple[Key, ...], also: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        known = {key.name: key for key in keys}
        changes = {}
        for name, told in self._table(at, value).items():
            if name not in known:
                self._unknown((*at, name), (*known, *also), "setting")
                continue
            try:
                changes[known[name].field] = known[name].kind.read(told)
            except ValueError as error:
                self.note((*at, name), str(error))
        return changes

    def _table(self, at: tuple[str, ...], value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.note(at, f"expected a section [{'.'.join(at)}], not {units.said(value)}")
        return {}

    def _unknown(self, at: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
        near = difflib.get_close_matches(at[-1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        self.note(at, f"no such {what}: {hint}")

    def note(self, at: tuple[str, ...], text: str) -> None:
        """Remember a mistake, with the line of the key that it is about."""
        self.problems.append(Problem(file=str(self._path), line=self._line(at), key=".".join(at), text=text))

    def _line(self, at: tuple[str, ...]) -> int:
        """The line on which a key begins: the one after the longest beginning of the file that does without it."""
        before = 0
        for count in range(1, len(self._lines) + 1):
            found = _parsed("".join(self._lines[:count]))
            if found is None:
                continue  # within a value of several lines
            for name in at:
                found = found.get(name) if isinstance(found, dict) else None
            if found is not None:
                break
            before = count
        return before + 1


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
