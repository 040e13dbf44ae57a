"""The fields of a task: how each is read from what an operator wrote."""

import difflib
import math
import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from state.model.money import from_dollars
from state.model.task import Category, Effect, LimitOverrides, Priority, WindowUse
from state.units import parse_duration, parse_size
from state.zones import zone_of

_Kind = TypeVar("_Kind", bound=StrEnum)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NOT_IN_BRANCH = re.compile(r"[\s~^:?*\[\\\x00-\x1f\x7f]|\.\.|@\{|//|^[-/.]|[/.]$|\.lock$")
_HOURS = re.compile(
    r"~?\s*(\d+(?:\.\d+)?)\s*(?:(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*)?(h|hrs?|hours?|m|mins?|minutes?)?", re.IGNORECASE
)
_HOURS_AND_MINUTES = re.compile(r"(\d+)\s*h\s*(\d+)\s*(?:m|min)?", re.IGNORECASE)
_BOX = re.compile(r"^\s*[-*]\s+(?:\[[ xX]\]\s*)?")
_LONGEST_TITLE = 200
_MOST_DOLLARS = 1_000_000_000

_PRIORITIES = {"hi": "high", "med": "medium", "normal": "medium", "lo": "low"}
_CATEGORIES = {
    "perf": "performance",
    "bug": "bug_fix",
    "bugfix": "bug_fix",
    "bugs": "bug_fix",
    "fix": "bug_fix",
    "doc": "documentation",
    "docs": "documentation",
    "infra": "infrastructure",
    "feat": "new_feature",
    "feature": "new_feature",
    "newfeature": "new_feature",
    "external": "external_action",
    "config": "configuration",
    "configuration_change": "configuration",
}
_EFFECTS = {
    "destroy": "destructive",
    "prod": "production",
    "money": "financial",
    "finance": "financial",
    "sensitive": "sensitive_data",
    "personal_data": "sensitive_data",
    "arch": "architecture",
}
_SIZES = {"memory": "memory_bytes", "file": "file_bytes", "output": "output_bytes", "disk": "disk_bytes"}
_COUNTS = {"processes": "processes", "open_files": "open_files"}
_SYNONYMS = {
    "name": "title",
    "desc": "description",
    "criterion": "criteria",
    "completion_criteria": "criteria",
    "time": "hours",
    "estimated_time": "hours",
    "tech_stack": "tech",
    "dependencies": "depends",
    "blocker": "blockers",
    "path": "paths",
    "effect": "effects",
    "grace": "grace_s",
    "limit": "limits",
    "repository": "repo",
    "timezone": "zone",
    "secret": "secrets",
}
SPLIT_AT_COMMAS = ("depends", "paths", "tech", "effects", "secrets")
"""Fields of which an option may hold several names in one word."""


def slug(title: str) -> str:
    """Return the label that a title gives: lower-case words joined by dashes, at most 60 characters, or nothing."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return joined if len(joined) <= 60 else joined[:61].rpartition("-")[0][:60].strip("-") or joined[:60]


def field_name(key: str) -> str:
    """Return the one name of a field, whichever of its spellings is given."""
    plain = key.strip().lower().replace("-", "_")
    return _SYNONYMS.get(plain, plain)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"should be text, not {_shown(value)}")
    if "\0" in value:
        raise ValueError("holds a NUL character: take it out")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8 text") from None
    return value.strip()


def _line(value: object) -> str:
    text = _text(value)
    if "\n" in text or "\r" in text:
        raise ValueError("should be one line")
    return text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _zone(value: object) -> str:
    name = _line(value)
    zone_of(name)
    return name


def _title(value: object) -> str:
    title = _line(value)
    if not title:
        raise ValueError("is empty: say in a few words what is wanted")
    if len(title) > _LONGEST_TITLE:
        raise ValueError(f"is longer than {_LONGEST_TITLE} characters: put the rest into the description")
    return title


def _label(value: object) -> str:
    label = _line(value)
    if not _LABEL.fullmatch(label):
        hint = f", such as {slug(label)}" if slug(label) else ""
        raise ValueError(f"{_shown(label)} cannot be a label: use letters, digits, - and _ (at most 64){hint}")
    return label


def _texts(value: object, *, split: bool) -> tuple[str, ...]:
    if isinstance(value, str):
        parts: Sequence[object] = value.split(",") if split else value.split("\n")
    elif isinstance(value, (list, tuple)):
        parts = value
    else:
        raise ValueError(f"should be text or a list of texts, not {_shown(value)}")
    found = dict.fromkeys(_line(part) for part in parts)
    return tuple(part for part in found if part)


def _criteria(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain for text in _texts(value, split=False) if (plain := _BOX.sub("", text).strip())))


def _labels(value: object) -> tuple[str, ...]:
    named = _texts(value, split=True)
    return tuple(_label(part if _LABEL.fullmatch(part) else slug(part) or part) for part in named)


def _paths(value: object) -> tuple[str, ...]:
    found: list[str] = []
    for text in _texts(value, split=True):
        path = os.path.normpath(text)
        if os.path.isabs(path) or path.split(os.sep)[0] == "..":
            raise ValueError(f"{text} should be inside the repository and written from its root, such as src/app.py")
        found.append(path)
    return tuple(dict.fromkeys(found))


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{_shown(value)} is not {what}")
    return float(value)


def _hours(value: object) -> float:
    what = "a time: write 2, 2h, 30m or 1-2 hours"
    if not isinstance(value, str):
        hours = _number(value, what)
    elif both := _HOURS_AND_MINUTES.fullmatch(value.strip()):
        hours = int(both.group(1)) + int(both.group(2)) / 60
    elif match := _HOURS.fullmatch(value.strip()):
        # A range counts as its longer end: what is planned must fit.
        low, high = float(match.group(1)), float(match.group(2) or match.group(1))
        if high < low:
            raise ValueError(f"{_shown(value)} ends before it begins")
        hours = high / 60 if (match.group(3) or "h").lower().startswith("m") else high
    else:
        raise ValueError(f"{_shown(value)} is not {what}")
    if not 0 < hours <= 10_000:
        raise ValueError(f"{_shown(value)} is not {what} (more than 0, at most 10,000 hours)")
    return hours


def _dollars(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{_shown(value)} is not an amount in dollars: write 12.50")
    micro = from_dollars(value)
    if micro > from_dollars(_MOST_DOLLARS):
        raise ValueError(f"{_shown(value)} is more than a billion dollars")
    return micro


def _seconds(value: object) -> float:
    seconds = parse_duration(_line(value)) if isinstance(value, str) else _number(value, "a time: write 30s or 5m")
    if not 0 <= seconds <= 3600:
        raise ValueError(f"{_shown(value)} should be between 0s and 1h")
    return seconds


def moment(value: object, zone: tzinfo | None) -> datetime:
    """Return a time as UTC; one without an offset is of `zone`, or of the machine's where that is None. ValueError."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(_line(value))
        except ValueError:
            raise ValueError(f"{_shown(value)} is not a time: write 2026-02-06T23:00 or 2026-02-06T22:00Z") from None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{_shown(value)} is not a time: write 2026-02-06T23:00")
    if value.tzinfo is None and zone is not None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC)


def _branch(value: object) -> str:
    branch = _line(value)
    if _NOT_IN_BRANCH.search(branch):
        raise ValueError(f"{_shown(branch)} cannot be a branch's name")
    return branch


def _one_of(kind: type[_Kind], synonyms: Mapping[str, str], value: object) -> _Kind:
    plain = re.sub(r"[^a-z0-9]+", "_", _line(value).lower()).strip("_")
    name = synonyms.get(plain, plain)
    if name in list(kind):
        return kind(name)
    choices = ", ".join(kind)
    near = difflib.get_close_matches(plain, [*kind, *synonyms], n=1)
    meant = f"did you mean {synonyms.get(near[0], near[0])}? " if near else ""
    raise ValueError(f"{_shown(value)} is not known: {meant}(one of {choices})")


def _effects(value: object) -> tuple[Effect, ...]:
    return tuple(dict.fromkeys(_one_of(Effect, _EFFECTS, text) for text in _texts(value, split=True)))


def limits(value: object, wrong: Callable[[str, str], None]) -> LimitOverrides:
    """Return the limits of `KEY=VALUE` texts or of a table; each mistake goes to `wrong` with its key."""
    if isinstance(value, (list, tuple)):
        pairs = [str(text).partition("=") for text in value]
        value = {name.strip(): given.strip() for name, _, given in pairs}
    if not isinstance(value, Mapping):
        wrong("", f"should be KEY=VALUE or a table, such as memory=2G, not {_shown(value)}")
        return LimitOverrides()
    found: dict[str, Any] = {}
    for key, given in value.items():
        plain = field_name(str(key)).removesuffix("_bytes")
        name = "time" if plain in ("hours", "time_s") else plain
        try:
            if name in _SIZES:
                found[_SIZES[name]] = _positive(parse_size(given) if isinstance(given, str) else given)
            elif name in _COUNTS:
                found[_COUNTS[name]] = _positive(int(given) if isinstance(given, str) and given.isdecimal() else given)
            elif name == "time":
                found["time_s"] = _time_limit(given)
            else:
                wrong(str(key), f"unknown{hint(name, [*_SIZES, *_COUNTS, 'time'])}")
        except OverflowError:
            wrong(str(key), f"{_shown(given)} is too much")
        except ValueError as error:
            wrong(str(key), str(error))
    return LimitOverrides(**found)


def _positive(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 62:
        raise ValueError(f"{_shown(value)} is not a whole number above 0")
    return value


def _time_limit(value: object) -> float:
    seconds = parse_duration(_line(value)) if isinstance(value, str) else _number(value, "a time: write 30m or 8h")
    if seconds <= 0:
        raise ValueError(f"{_shown(value)} should be more than 0")
    return seconds


def repository(value: object, base: Path) -> str:
    """Return the real path of a git repository, or nothing for nothing. ValueError when there is none."""
    text = _line(value)
    if not text:
        return ""
    try:
        path = (base / Path(text).expanduser()).resolve()
    except RuntimeError as error:
        raise ValueError(f"{text} cannot be followed: {error}") from None
    if not path.is_dir():
        raise ValueError(f"{path} is not there: give the folder of a git repository")
    if not _is_repository(path):
        around = next((str(parent) for parent in path.parents if _is_repository(parent)), "")
        hint = f"it is inside {around}; give that" if around else "run git init there, or give another"
        raise ValueError(f"{path} is not a git repository: {hint}")
    return str(path)


def _is_repository(path: Path) -> bool:
    dot_git = path / ".git"
    if dot_git.is_file():
        return dot_git.read_bytes()[:8] == b"gitdir: "
    folder = dot_git if dot_git.is_dir() else path
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def hint(name: str, known: Sequence[str]) -> str:
    """Return the end of an "unknown" message: the nearest known name, or all of them."""
    near = difflib.get_close_matches(name, [*known, *_SYNONYMS], n=1)
    if near:
        return f": did you mean {near[0]}?"
    return f": the fields are {', '.join(sorted(known))}"


READERS: dict[str, Callable[[object], object]] = {
    "label": _label,
    "title": _title,
    "description": _text,
    "criteria": _criteria,
    "priority": lambda value: _one_of(Priority, _PRIORITIES, value),
    "category": lambda value: _one_of(Category, _CATEGORIES, value),
    "hours": _hours,
    "tech": lambda value: _texts(value, split=True),
    "depends": _labels,
    "blockers": lambda value: _texts(value, split=False),
    "paths": _paths,
    "branch": _branch,
    "command": _text,
    "verify": _text,
    "value": _dollars,
    "budget": _dollars,
    "effects": _effects,
    "window": lambda value: _one_of(WindowUse, {}, value),
    "cron": _line,
    "zone": _zone,
    "grace_s": _seconds,
    "secrets": lambda value: _texts(value, split=True),
}
"""What turns a written value into a Spec's, for each field that needs nothing else; each raises ValueError."""

FIELDS = (*READERS, "repo", "limits", "start_at")
"""Every field that a task may be given."""
