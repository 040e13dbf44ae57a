"""The operator's settings: `midwatch.toml`, typed, with errors that name file, line and key."""

from enum import StrEnum
from pathlib import Path

from state.model.build import Limits
from state.model.record import Noun


class SandboxKind(StrEnum):
    """How a build is isolated."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


class QueueSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[queue]`."""

    slots: int = 2
    """Builds at the same time."""


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
    """More paths that builds may read, besides the system's."""
    idle_priority: bool = True
    """Builds run only when nothing else wants the processor (SCHED_IDLE)."""


class GitSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[git]`: who signs the commits that are merged."""

    name: str = "Midwatch"
    email: str = "midwatch@localhost"


class ApprovalSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[approval]`: amounts in micro-dollars."""

    budget_over: int = 50_000_000
    """A task that may spend more than this needs approval."""


class TaskSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[tasks.LABEL]`: what holds for one task only."""

    sandbox: SandboxKind = SandboxKind.BUBBLEWRAP
    stall_after_s: float | None = None
    limits: "dict[str, int | float]" = {}


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
    """All of `midwatch.toml`, with every default filled in. Durations in seconds, sizes in bytes, money in micro-dollars."""

    queue: QueueSettings = QueueSettings()
    retry: RetrySettings = RetrySettings()
    stall: StallSettings = StallSettings()
    limits: Limits = DEFAULT_LIMITS
    sandbox: SandboxSettings = SandboxSettings()
    git: GitSettings = GitSettings()
    approval: ApprovalSettings = ApprovalSettings()
    tasks: dict[str, TaskSettings] = {}


def load(path: Path) -> Settings:
    """Read the settings; a missing file gives the defaults. Raises SettingsError."""
    raise NotImplementedError


def default_text() -> str:
    """Return a commented `midwatch.toml` with every key and its default."""
    return "# Midwatch's settings.\n"
