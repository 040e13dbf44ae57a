"""The operator's settings: `midwatch.toml`, typed, with errors that name file, line and key."""

import difflib
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from state import units
from state.errors import MidwatchError
from state.model.build import Limits
from state.model.money import MICRO
from state.model.record import Noun
from state.model.task import Spec

__all__ = [
    "Problem",
    "SandboxKind",
    "Settings",
    "SettingsError",
    "TaskSettings",
    "default_text",
    "limits_for",
    "load",
    "parse_duration",
    "parse_size",
]

parse_duration = units.parse_duration
parse_size = units.parse_size


class SandboxKind(StrEnum):
    """How a build is isolated."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


class QueueSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[queue]`."""

    slots: int = 2


class RetrySettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retry]`."""

    times: int = 3
    wait_s: float = 300.0


class StallSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[stall]`."""

    after_s: float = 4 * 3600.0


class SandboxSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sandbox]`."""

    read: tuple[str, ...] = ()
    idle_priority: bool = True
    """Whether builds run under SCHED_IDLE."""


class GitSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[git]`: who signs the commits that are merged."""

    name: str = "Midwatch"
    email: str = "midwatch@localhost"


class ApprovalSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[approval]`: amounts in micro-dollars."""

    budget_over: int = 50 * MICRO


class TaskSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[tasks.LABEL]`: what holds for one task only."""

    sandbox: SandboxKind = SandboxKind.BUBBLEWRAP
    stall_after_s: float | None = None
    limits: Mapping[str, int | float] = {}
    """The fields of `Limits` that differ."""


DEFAULT_LIMITS = Limits(
    memory_bytes=2 << 30,
    processes=512,
    file_bytes=1 << 30,
    open_files=1024,
    time_s=8 * 3600.0,
    output_bytes=16 << 20,
    disk_bytes=4 << 30,
    tmp_bytes=1 << 30,
)


class Settings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of `midwatch.toml`, every default filled in: durations in seconds, sizes in bytes, money in micro-dollars."""

    queue: QueueSettings = QueueSettings()
    retry: RetrySettings = RetrySettings()
    stall: StallSettings = StallSettings()
    limits: Limits = DEFAULT_LIMITS
    sandbox: SandboxSettings = SandboxSettings()
    git: GitSettings = GitSettings()
    approval: ApprovalSettings = ApprovalSettings()
    tasks: dict[str, TaskSettings] = {}


class Problem(Noun, frozen=True, kw_only=True):
    """One mistake in a settings file."""

    file: str
    line: int
    key: str
    """Dotted; empty where the file is not TOML at all."""
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.text}" if self.key else f"{where}: {self.text}"


class SettingsError(MidwatchError):
    """A settings file with mistakes; `problems` has all of them and the text a line for each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class _Key(NamedTuple):
    name: str
    field: str
    kind: units.Kind
    help: str


class _Section(NamedTuple):
    name: str
    help: str
    keys: tuple[_Key, ...]


def _isolation(value: Any) -> SandboxKind:
    if value not in tuple(SandboxKind):
        raise ValueError(f'expected "bubblewrap" or "none", not {units.said(value)}')
    return SandboxKind(value)


_ISOLATION = units.Kind(_isolation, lambda kind: f'"{kind}"')
_AT_LEAST_0, _AT_LEAST_1 = units.count(0), units.count(1)
_LIMITS = (
    _Key("memory", "memory_bytes", units.SIZE, "Memory of each process."),
    _Key("processes", "processes", _AT_LEAST_1, "Processes at the same time."),
    _Key("file", "file_bytes", units.SIZE, "The largest file it may write."),
    _Key("open_files", "open_files", _AT_LEAST_1, "Open files of each process."),
    _Key("time", "time_s", units.LASTING, "How long it may run."),
    _Key("output", "output_bytes", units.SIZE, "How much of its output is kept."),
    _Key("disk", "disk_bytes", units.SIZE, "How large its workspace may grow."),
    _Key("tmp", "tmp_bytes", units.SIZE, "How large its /tmp may grow."),
)
_SECTIONS = (
    _Section("queue", "What starts.", (_Key("slots", "slots", _AT_LEAST_1, "Builds at the same time."),)),
    _Section(
        "retry",
        "What happens after a failure.",
        (
            _Key("times", "times", _AT_LEAST_0, "How often a failed task is tried again before it waits for you."),
            _Key("wait", "wait_s", units.DURATION, "How long after the failure."),
        ),
    ),
    _Section(
        "stall",
        "When a build counts as stuck.",
        (_Key("after", "after_s", units.LASTING, "Without output, changed files or processor time for this long."),),
    ),
    _Section("limits", "What each build may use.", _LIMITS),
    _Section(
        "sandbox",
        "Where builds run.",
        (
            _Key("read", "read", units.PATHS, "More paths that builds may read, besides the system's."),
            _Key(
                "idle_priority", "idle_priority", units.TRUTH, "Builds run only when nothing else wants the processor."
            ),
        ),
    ),
    _Section(
        "git",
        "Who signs the commits that are merged.",
        (_Key("name", "name", units.TEXT, "A name."), _Key("email", "email", units.TEXT, "An address.")),
    ),
    _Section(
        "approval",
        "What waits for you before it starts.",
        (_Key("budget_over", "budget_over", units.MONEY, "A task that may spend more than this, in US dollars."),),
    ),
)
_TASK = (
    _Key("sandbox", "sandbox", _ISOLATION, '"none" runs it with your own rights: no protection at all.'),
    _Key("stall_after", "stall_after_s", units.LASTING, "In place of [stall] after."),
)


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


class _Reader:
    """Turns what TOML says into settings and gathers every mistake on the way."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines(keepends=True)
        self._problems: list[Problem] = []

    def settings(self, data: Mapping[str, Any]) -> Settings:
        known = {section.name: section for section in _SECTIONS}
        settings = Settings()
        for name, value in data.items():
            if name == "tasks":
                tasks = self._table((name,), value)
                made = {label: self._task((name, label), told) for label, told in tasks.items()}
                settings = msgspec.structs.replace(settings, tasks=made)
            elif name in known:
                changes = self._keys((name,), value, known[name].keys)
                part = msgspec.structs.replace(getattr(settings, name), **changes)
                settings = msgspec.structs.replace(settings, **{name: part})
            else:
                self._unknown((name,), (*known, "tasks"), "section")
        if self._problems:
            raise SettingsError(tuple(sorted(self._problems, key=lambda problem: problem.line)))
        return settings

    def _task(self, at: tuple[str, ...], value: Any) -> TaskSettings:
        told = dict(self._table(at, value))
        limits = self._keys((*at, "limits"), told.pop("limits", {}), _LIMITS)
        return TaskSettings(limits=limits, **self._keys(at, told, _TASK, also=("limits",)))

    def _keys(
        self, at: tuple[str, ...], value: Any, keys: tuple[_Key, ...], also: tuple[str, ...] = ()
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
                self._note((*at, name), str(error))
        return changes

    def _table(self, at: tuple[str, ...], value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self._note(at, f"expected a section [{'.'.join(at)}], not {units.said(value)}")
        return {}

    def _unknown(self, at: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
        near = difflib.get_close_matches(at[-1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        self._note(at, f"no such {what}: {hint}")

    def _note(self, at: tuple[str, ...], text: str) -> None:
        self._problems.append(Problem(file=str(self._path), line=self._line(at), key=".".join(at), text=text))

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


def limits_for(settings: Settings, spec: Spec) -> Limits:
    """Return what a task's builds may use: the settings, then `[tasks.LABEL.limits]`, then what the task asks for."""
    own = settings.tasks.get(spec.label, TaskSettings()).limits
    asked = {name: value for name, value in msgspec.structs.asdict(spec.limits).items() if value is not None}
    return msgspec.structs.replace(settings.limits, **{**own, **asked})


def default_text() -> str:
    """Return a commented `midwatch.toml` with every key and its default."""
    parts = ["# Midwatch's settings. Each key stands here with its default: take its # away to change it.\n"]
    settings = Settings()
    for section in _SECTIONS:
        part = getattr(settings, section.name)
        rows = [(f"# {key.name} = {key.kind.show(getattr(part, key.field))}", key.help) for key in section.keys]
        parts.append(f"\n# {section.help}\n[{section.name}]\n{_aligned(rows)}")
    rows = [
        ("# [tasks.LABEL]", "What holds for the task of this label only."),
        (f"# sandbox = {_ISOLATION.show(SandboxKind.BUBBLEWRAP)}", _TASK[0].help),
        (f"# stall_after = {units.LASTING.show(settings.stall.after_s)}", _TASK[1].help),
        ("# [tasks.LABEL.limits]", "In place of [limits]; the same keys."),
        (f"# memory = {units.SIZE.show(settings.limits.memory_bytes)}", _LIMITS[0].help),
    ]
    parts.append(f"\n{_aligned(rows)}")
    return "".join(parts)


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = max(len(left) for left, _ in rows)
    return "".join(f"{left:<{width}}  # {right}\n" for left, right in rows)
