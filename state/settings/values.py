"""What the settings say, every default filled in."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from state.model.brakes.reversal import Compensation
from state.model.brakes.source import Source
from state.model.build import Limits
from state.model.counts.tokens import Price
from state.model.mode import Mode
from state.model.money import MICRO
from state.model.record import Noun
from state.model.task import Effect, Spec
from state.model.when.context import Context, ContextRule
from state.model.when.schedule import Schedule
from state.model.when.window import Exceptional, Window
from state.settings.brakes import AnomalySettings, BreakerSettings, CapSettings, NightSettings, RateSettings, Unpriced
from state.settings.keeping import SnapshotSettings
from state.settings.learning.patterns import PatternSettings
from state.settings.learning.problems import ProblemSettings
from state.settings.links import EmailSettings, ResearchSettings, SignalSettings
from state.zones import local_name


class SandboxKind(StrEnum):
    """How a build is isolated."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


class EngineSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine]`."""

    mode: Mode | None = None
    """None says nothing: the mode stays as it is, which for a workspace that nobody told otherwise is live."""
    live_after_s: float | None = None
    """How long a time of observing lasts that `mode` begins; None ends it never by itself."""


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


class HttpSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[http]`: the endpoint on the machine itself."""

    port: int = 0
    """0 leaves it off."""
    host: str = "127.0.0.1"
    open_metrics: bool = False
    """Whether figures are told to whoever asks, without the token."""


class Outlet(StrEnum):
    """Where the record's head is put outside."""

    REPORT = "report"
    GIT = "git"


class AuditSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[audit]`."""

    keep_s: float | None = 90 * 86_400.0
    """How long entries are kept; None keeps them for ever."""
    archive: str = ""
    """The absolute path of the folder to which old entries go; empty keeps them nowhere."""
    head: tuple[Outlet, ...] = (Outlet.REPORT, Outlet.GIT)
    head_command: str = ""


class ApprovalSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[approval]`: amounts in micro-dollars."""

    budget_over: int = 50 * MICRO


class TimeSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[time]`."""

    zone: str = msgspec.field(default_factory=local_name)
    """The operator's time zone; the machine's where none is named."""


class CalendarSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[calendar]`."""

    files: tuple[str, ...] = ()
    """Absolute paths of ICS files."""


class Words(StrEnum):
    """What becomes of personal data in what a task says of itself."""

    PSEUDONYMISE = "pseudonymise"
    KEEP = "keep"


class PrivacySettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[privacy]`: what is taken out of all that the engine writes down."""

    people: tuple[str, ...] = ()
    """Names; found as whole words, in either case."""
    authors: bool = False
    """Whether those who wrote in the repositories of tasks count as people."""
    patterns: tuple[str, ...] = ()
    """Regular expressions of RE2."""
    phone_region: str = ""
    """Two letters of the country whose national phone numbers are found too; empty for international ones only."""
    tasks: Words = Words.PSEUDONYMISE


class WatchSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[watch]`."""

    logs: tuple[str, ...] = ()
    """Absolute paths of files that others write to."""


class LegalSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[legal]`."""

    blocked_domains: tuple[str, ...] = ()
    no_automation: tuple[str, ...] = ()
    """Domains whose terms of service forbid programs."""
    blocked_actions: tuple[Effect, ...] = ()


class TaskSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[tasks.LABEL]`: what holds for one task only."""

    sandbox: SandboxKind = SandboxKind.BUBBLEWRAP
    stall_after_s: float | None = None
    anomalies: bool = True
    """Whether its builds are compared with those before them."""
    limits: Mapping[str, int | float] = {}
    """The fields of `Limits` that differ."""
    secrets: tuple[str, ...] = ()
    """What its builds are given without asking."""


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

    engine: EngineSettings = EngineSettings()
    queue: QueueSettings = QueueSettings()
    retry: RetrySettings = RetrySettings()
    stall: StallSettings = StallSettings()
    limits: Limits = DEFAULT_LIMITS
    categories: Mapping[str, Mapping[str, int | float]] = {}
    """By category, the fields of `Limits` that differ for its tasks."""
    rates: RateSettings = RateSettings()
    night: NightSettings = NightSettings()
    breaker: BreakerSettings = BreakerSettings()
    anomalies: AnomalySettings = AnomalySettings()
    caps: CapSettings = CapSettings()
    sandbox: SandboxSettings = SandboxSettings()
    git: GitSettings = GitSettings()
    http: HttpSettings = HttpSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    approval: ApprovalSettings = ApprovalSettings()
    audit: AuditSettings = AuditSettings()
    time: TimeSettings = msgspec.field(default_factory=TimeSettings)
    calendar: CalendarSettings = CalendarSettings()
    watch: WatchSettings = WatchSettings()
    legal: LegalSettings = LegalSettings()
    privacy: PrivacySettings = PrivacySettings()
    problems: ProblemSettings = ProblemSettings()
    patterns: PatternSettings = PatternSettings()
    email: EmailSettings = EmailSettings()
    research: ResearchSettings = ResearchSettings()
    signals: SignalSettings = SignalSettings()
    tasks: dict[str, TaskSettings] = {}
    schedules: dict[str, Schedule] = {}
    compensations: dict[str, Compensation] = {}
    secrets: dict[str, Source] = {}
    prices: dict[str, Price] = {}
    """By the name of a model, or by a pattern of names."""
    unpriced: Unpriced = Unpriced.PAUSE
    windows: dict[str, Window] = {}
    """Those that count; none means that any time is fine."""
    contexts: dict[Context, ContextRule] = {}
    """Those that the file names; `context_rules` has all."""
    holidays: dict[date, Exceptional] = {}


def limits_for(settings: Settings, spec: Spec) -> Limits:
    """Return what a task's builds may use: by the settings, for its category, for its label, then as it asks for."""
    own = {**settings.categories.get(spec.category, {}), **settings.tasks.get(spec.label, TaskSettings()).limits}
    asked = {name: value for name, value in msgspec.structs.asdict(spec.limits).items() if value is not None}
    return msgspec.structs.replace(settings.limits, **{**own, **asked})
