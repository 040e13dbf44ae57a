"""Reads `midwatch.toml`, typed, with every mistake in it named by file, line and key."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from state import units
from state.model.task import Category
from state.model.when.context import Context, ContextRule
from state.model.when.window import Exceptional, Window
from state.settings import week, windows
from state.settings.forms import NAMES, Key, Named, Section
from state.settings.keys import ACTION, DEFAULTS, LIMITS, NAMED, SECTIONS, TASK
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
        known = {section.name: section for section in SECTIONS if "." not in section.name}
        others: dict[str, Callable[[Any], Any]] = {
            "tasks": self._tasks,
            "windows": self._windows,
            "contexts": self._contexts,
            "holidays": self._holidays,
        }
        settings = Settings()
        for name, value in data.items():
            if name in others:
                settings = msgspec.structs.replace(settings, **{name: others[name](value)})
            elif name in NAMED:
                continue  # these may lean on the others, which stand above or below them
            elif name in known:
                settings = self._section(known[name], value, settings)
            else:
                self._unknown((name,), (*known, *others, *NAMED), "section")
        for name in NAMED.keys() & data.keys():
            settings = msgspec.structs.replace(settings, **self._all_named(name, NAMED[name], data[name], settings))
        for exception in settings.holidays.values():
            for window in exception.hours.keys() - settings.windows.keys():
                self._unknown(("holidays", exception.day.isoformat(), window), tuple(settings.windows), "window")
        if self.problems:
            raise SettingsError(tuple(sorted(self.problems, key=lambda problem: problem.line)))
        return settings

    def _section(self, section: Section, value: Any, settings: Settings) -> Settings:
        """Take a section, with those that stand within it, into the settings."""
        at = tuple(section.name.split("."))
        told = dict(self._table(at, value))
        within = {inner.name.rpartition(".")[2]: inner for inner in SECTIONS if _lies_in(inner, section)}
        for name in within.keys() & told.keys():
            settings = self._section(within[name], told.pop(name), settings)
        changes: dict[str, Any] = {
            scope: self._scope((*at, scope), told.pop(scope), section) for scope in section.scopes if scope in told
        }
        changes |= self._keys(at, told, section.keys, also=(*within, *section.scopes))
        if section.scope_field:
            apart = {scope: changes.pop(scope) for scope in section.scopes if scope in changes}
            for scoped in apart.values():
                settings = msgspec.structs.replace(settings, **{section.scope_field: scoped})
        part = msgspec.structs.replace(getattr(settings, section.holds), **changes)
        return msgspec.structs.replace(settings, **{section.holds: part})

    def _scope(self, at: tuple[str, ...], value: Any, section: Section) -> dict[str, Any]:
        """Read the sub-sections that hold a section's keys for one category or one task each."""
        found = {}
        for name, told in self._table(at, value).items():
            if at[-1] == "category" and name not in tuple(Category):
                self._unknown((*at, name), tuple(Category), "category")
            found[name] = section.scope_make(**self._keys((*at, name), told, section.scope_keys or section.keys))
        return found

    def _tasks(self, value: Any) -> dict[str, TaskSettings]:
        return {label: self._task(("tasks", label), told) for label, told in self._table(("tasks",), value).items()}

    def _task(self, at: tuple[str, ...], value: Any) -> TaskSettings:
        told = dict(self._table(at, value))
        limits = self._keys((*at, "limits"), told.pop("limits", {}), (*LIMITS, *ACTION))
        return TaskSettings(limits=limits, **self._keys(at, told, TASK, also=("limits",)))

    def _windows(self, value: Any) -> dict[str, Window]:
        table = self._table(("windows",), value)
        own = {name: told for name, told in table.items() if isinstance(told, dict)}
        plain = {name: told for name, told in table.items() if name not in own}
        found = dict(windows.BUILT_IN) if self._keys(("windows",), plain, windows.WINDOWS).get("defaults") else {}
        for name, told in own.items():
            made = self._window(name, told)
            if made is not None:
                found[name] = made
            else:
                found.pop(name, None)
        return found

    def _window(self, name: str, told: Mapping[str, Any]) -> Window | None:
        at = ("windows", name)
        known = windows.BUILT_IN.get(name)
        self._check_name(at)
        missing = [key for key in windows.NEEDED if key not in told] if known is None else []
        changes = self._keys(at, told, windows.WINDOW)
        if missing:
            self.note(at, f"{' and '.join(missing)} must be set")
        enabled = changes.pop("enabled", True)
        base = known or Window(name=name, start_min=0, end_min=0)
        return msgspec.structs.replace(base, **changes) if enabled else None

    def _contexts(self, value: Any) -> dict[Context, ContextRule]:
        found = {}
        for name, told in self._table(("contexts",), value).items():
            if name not in tuple(Context):
                self._unknown(("contexts", name), tuple(Context), "context")
                continue
            changes = self._keys(("contexts", name), told, windows.CONTEXT)
            found[Context(name)] = msgspec.structs.replace(windows.CONTEXTS[Context(name)], **changes)
        return found

    def _holidays(self, value: Any) -> dict[date, Exceptional]:
        found = {}
        for name, told in self._table(("holidays",), value).items():
            try:
                day = week.read_date(name)
                found[day] = Exceptional(day=day) if isinstance(told, dict) else week.read_exception(day, told)
            except ValueError as error:
                self.note(("holidays", name), str(error))
                continue
            if isinstance(told, dict):
                found[day] = msgspec.structs.replace(found[day], hours=self._hours(("holidays", name), told))
        return found

    def _hours(self, at: tuple[str, ...], told: Mapping[str, Any]) -> dict[str, tuple[int, int] | None]:
        found = {}
        for name, hours in told.items():
            try:
                found[name] = week.read_hours(hours)
            except ValueError as error:
                self.note((*at, name), str(error))
        return found

    def _check_name(self, at: tuple[str, ...], names: re.Pattern[str] = _NAME, told: str = NAMES) -> None:
        if not names.fullmatch(at[-1]):
            self.note(at, told)

    def _all_named(self, name: str, kind: Named, value: Any, settings: Settings) -> dict[str, Any]:
        table = self._table((name,), value)
        own = {label: told for label, told in table.items() if isinstance(told, dict)}
        plain = {label: told for label, told in table.items() if label not in own}
        found = {}
        told = self._keys((name,), plain, (*kind.own, *(DEFAULTS if kind.built_in else ())))
        if told.pop("defaults", False):
            found = {label: kind.make(label, dict(fields), settings) for label, fields in kind.built_in.items()}
        for label, fields in own.items():
            found[label] = self._named((name, label), kind, fields, settings)
        return {name: found, **told}

    def _named(self, at: tuple[str, ...], kind: Named, value: Any, settings: Settings) -> Any:
        self._check_name(at, kind.names, kind.names_told)
        table = self._table(at, value)
        base = kind.built_in.get(at[-1], {})
        missing = [key.name for key in kind.keys if key.name in kind.needed and key.name not in {*table, *base}]
        told = {**base, **self._keys(at, table, kind.keys)}
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
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
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


def _lies_in(inner: Section, section: Section) -> bool:
    return inner.name.rpartition(".")[0] == section.name


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
