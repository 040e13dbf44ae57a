"""Use: what builds called, spent and changed, and how much of a limit on it is taken."""

from collections.abc import Mapping
from datetime import UTC, datetime

from state.model.record import Noun

_BRIEF_S = 60.0


class Amount(Noun, frozen=True, kw_only=True):
    """What is counted of a build."""

    calls: int = 0
    """API calls."""
    spent: int = 0
    """Micro-dollars."""
    files: int = 0
    """Changed files; each counts once for a build."""

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(calls=self.calls + other.calls, spent=self.spent + other.spent, files=self.files + other.files)

    def beyond(self, other: "Amount") -> "Amount":
        """How much more this is than another, in nothing less than 0."""
        return Amount(
            calls=max(self.calls - other.calls, 0),
            spent=max(self.spent - other.spent, 0),
            files=max(self.files - other.files, 0),
        )


class Used(Noun, frozen=True, kw_only=True):
    """What was used in one minute; the same minute of the next day takes its place, so that there is never more."""

    at: datetime
    """The last moment of the minute at which something was counted."""
    by: Mapping[str, Amount]
    """By the build."""

    @property
    def key(self) -> str:
        """The record's key in its table: the minute of the day, in UTC."""
        return minute_key(self.at)


def minute_key(at: datetime) -> str:
    """Return the key of the minute that a moment lies in, such as `14:05`."""
    return f"{at.astimezone(UTC):%H:%M}"


class Usage(Noun, frozen=True, kw_only=True):
    """How much of a limit is taken at this moment."""

    figure: str
    """Such as `calls_per_min`, `usd_per_h`, `files_per_h` or `usd_per_night`."""
    used: int
    """Calls, files or micro-dollars."""
    limit: int
    """0 where there is none."""
    window_s: float
    """Over how long it counts; 0 for the night, however long that is."""
    scope: str = ""
    """Of whom: empty for all builds, else `category:NAME` or `task:LABEL`."""
    frees: tuple[tuple[datetime, int], ...] = ()
    """When how much of it does not count any more, the first first."""

    @property
    def name(self) -> str:
        """The figure with its scope, such as `usd_per_h of task:tidy`: what a yes to going beyond it is filed under."""
        return f"{self.figure} of {self.scope}" if self.scope else self.figure

    @property
    def column(self) -> str:
        """The field of an amount that it is about."""
        return {"calls": "calls", "usd": "spent", "files": "files"}[self.figure.partition("_")[0]]

    @property
    def brief(self) -> bool:
        """Whether it counts over so short a time that a build uses only a part of what it needs within it."""
        return 0 < self.window_s <= _BRIEF_S

    def at(self, now: datetime) -> int:
        """How much is taken at a later moment if nothing more is used until then."""
        return self.used - sum(amount for at, amount in self.frees if at <= now)

    def of(self, amount: Amount) -> int:
        """What of an amount counts here."""
        return int(getattr(amount, self.column))
