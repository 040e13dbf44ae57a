"""What the settings say of the brakes on all builds together."""

from collections.abc import Mapping
from enum import StrEnum

from state.model.money import MICRO
from state.model.record import Noun


class Rates(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that may be used in a sliding window; 0 is no limit. Money in micro-dollars."""

    calls_per_min: int = 0
    usd_per_h: int = 0
    files_per_h: int = 0
    """File changes; a file counts once for a build."""


class RateSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[limits.rates]`: all builds together, and those of one category or one task besides."""

    calls_per_min: int = 100
    usd_per_h: int = 10 * MICRO
    files_per_h: int = 50
    category: Mapping[str, Rates] = {}
    task: Mapping[str, Rates] = {}


class NightSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[limits.night]`: the most that may be used while the overnight window is open; 0 is no limit."""

    calls: int = 0
    usd: int = 50 * MICRO


class Unpriced(StrEnum):
    """What happens when a build uses a model without a price."""

    PAUSE = "pause"
    """It is held, and nothing is decided any more until the operator says so."""
    HOLD = "hold"
    """Only it is held."""


class BreakerSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[limits.breaker]`: when builds of one runner in one repository stop, and for how long."""

    failures: int = 5
    """Failures in a row; 0 never stops for them."""
    unchanged: int = 5
    """Successes in a row that changed nothing; 0 never stops for them."""
    wait_s: float = 900.0
    """Before one build may try again. Doubled each time that it fails, up to `longest_s`."""
    longest_s: float = 4 * 3600.0


class AnomalySettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[anomalies]`: when a figure of a build is too unlike those of the builds before it."""

    enabled: bool = True
    sigma: float = 3.0
    """How many standard deviations the edges of a band stand for."""
    min_samples: int = 10
    """From fewer builds nothing is concluded."""


class CapSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[anomalies.caps]`: beyond these a build is held however usual that is; 0 is no cap. Money in micro-dollars."""

    duration_s: float = 0.0
    output_per_min: int = 0
    """Bytes."""
    files: int = 0
    calls: int = 0
    spent: int = 0
    cpu_s: float = 0.0
    memory_bytes: int = 0
