"""The operator's settings: `midwatch.toml`, typed, with errors that name file, line and key."""

from state.settings.brakes import BreakerSettings, NightSettings, Rates, RateSettings, Unpriced
from state.settings.keeping import SnapshotSettings
from state.settings.problems import Problem, SettingsError
from state.settings.reader import load, mistake
from state.settings.text import default_text
from state.settings.values import (
    DEFAULT_LIMITS,
    ApprovalSettings,
    AuditSettings,
    CalendarSettings,
    EngineSettings,
    GitSettings,
    HttpSettings,
    LegalSettings,
    PrivacySettings,
    QueueSettings,
    RetrySettings,
    SandboxKind,
    SandboxSettings,
    Settings,
    StallSettings,
    TaskSettings,
    TimeSettings,
    WatchSettings,
    Words,
    limits_for,
)
from state.settings.windows import context_rules
from state.units import parse_duration, parse_size

__all__ = [
    "DEFAULT_LIMITS",
    "ApprovalSettings",
    "AuditSettings",
    "BreakerSettings",
    "CalendarSettings",
    "EngineSettings",
    "GitSettings",
    "HttpSettings",
    "LegalSettings",
    "NightSettings",
    "PrivacySettings",
    "Problem",
    "QueueSettings",
    "RateSettings",
    "Rates",
    "RetrySettings",
    "SandboxKind",
    "SandboxSettings",
    "Settings",
    "SettingsError",
    "SnapshotSettings",
    "StallSettings",
    "TaskSettings",
    "TimeSettings",
    "Unpriced",
    "WatchSettings",
    "Words",
    "context_rules",
    "default_text",
    "limits_for",
    "load",
    "mistake",
    "parse_duration",
    "parse_size",
]
