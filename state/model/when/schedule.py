"""A schedule: a command that runs at the times of a cron expression, and what came of it."""

from datetime import datetime
from enum import StrEnum

from state.model.record import Noun


class Seconds(StrEnum):
    """Where the seconds stand in an expression of six fields."""

    FIRST = "first"
    """As Quartz and Spring have it: `0 30 2 * * *` is half past two."""
    LAST = "last"
    """As croniter has it: `30 2 * * * 0` is half past two."""


class Misfire(StrEnum):
    """What becomes of the slots that passed while nothing could run."""

    SKIP = "skip"
    """None of them runs."""
    ONCE = "once"
    """The last of them runs, for all."""
    ALL = "all"
    """The last ones run one after the other, `at_most` of them."""


class Schedule(Noun, frozen=True, kw_only=True):
    """What the operator configured. A slot is a moment that the expression names."""

    name: str
    cron: str
    run: str
    """A command line of midwatch's own, such as `report nightly`."""
    zone: str = "UTC"
    seconds: Seconds = Seconds.FIRST
    enabled: bool = True
    lacks: str = ""
    """Which setting must be told before it can run, in words; empty when none is missing."""
    misfire: Misfire = Misfire.ONCE
    at_most: int = 10
    grace_s: float = 60.0
    """How late a slot may start and still count as on time."""
    jitter_s: float = 0.0
    """Each schedule starts later than its slots by a time of its own, which is less than this."""
    time_limit_s: float = 3600.0
    """How long a run may take before it is stopped."""

    @property
    def timing(self) -> str:
        """What its slots depend on: when this changes, the next slot is looked for anew."""
        return f"{self.cron}|{self.zone}|{self.seconds}"


class Ran(StrEnum):
    """How a run ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    KILLED = "killed"
    """The kill switch ended it."""
    INTERRUPTED = "interrupted"
    """The engine ended while it ran. What it had done by then is not known, and it is not run again."""


class Run(Noun, frozen=True, kw_only=True):
    """One run: the slot that it was for, and when it really began."""

    slot: datetime | None
    """None when the operator asked for it out of turn."""
    by: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Ran = Ran.RUNNING
    exit_code: int | None = None
    text: str = ""
    """The last words that it printed, or why it could not run."""


class Missed(Noun, frozen=True, kw_only=True):
    """A slot that no run was made for."""

    slot: datetime
    why: str
    noted_at: datetime


class ScheduleState(Noun, frozen=True, kw_only=True):
    """How far a schedule has come; one record for each name."""

    name: str
    timing: str = ""
    """The timing that `next_slot` was found with; empty when it must be looked for."""
    next_slot: datetime | None = None
    """The slot that is decided next; every earlier one has been, and never is again."""
    owed: tuple[datetime, ...] = ()
    """Slots that were decided to run and have not begun, oldest first."""
    asked_by: str = ""
    """Who asked for a run out of turn that has not begun."""
    running: Run | None = None
    last: Run | None = None
    """The latest run that is over."""
    runs: int = 0
    missed: tuple[Missed, ...] = ()
    """The latest missed slots, oldest first."""
    missed_count: int = 0
    """All that were missed."""
    paused: bool = False

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.name


def subject(name: str) -> str:
    """Return what a question about a schedule is filed under; no task's label can be the same."""
    return f"schedule:{name}"
