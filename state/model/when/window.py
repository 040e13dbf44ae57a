"""A window: a part of the week, in local time, that says what may start in it."""

from collections.abc import Mapping
from datetime import date, datetime

from state.model.record import Noun
from state.model.task import Priority
from state.model.when.context import Context

DAY_MIN = 24 * 60
"""Minutes of a day by the clock on the wall."""
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
"""Monday is 0."""


class Window(Noun, frozen=True, kw_only=True):
    """Opens on some days at `start_min` and closes at `end_min`, both minutes after local midnight.

    An end at or before the start is on the next day. Where windows overlap, the one of the highest priority counts, and
    of equals the one whose name comes first.
    """

    name: str
    days: tuple[int, ...] = EVERY_DAY
    start_min: int
    end_min: int
    priority: int = 0
    context: Context = Context.AVAILABLE
    """What kind of time it is while the window counts."""
    longest_s: float | None = None
    """The longest estimate of a task that starts in it, in seconds; None takes any."""
    lowest: Priority = Priority.LOW
    """The lowest priority that starts in it."""

    @property
    def length_s(self) -> int:
        """How long it is open on a day without a change of the clock, in seconds."""
        minutes = self.end_min - self.start_min
        return 60 * (minutes if minutes > 0 else minutes + DAY_MIN)


class Exceptional(Noun, frozen=True, kw_only=True):
    """What differs on one date: it counts as another weekday, or windows have other times or do not open."""

    day: date
    counts_as: int | None = None
    """The weekday (Monday is 0) whose windows open on it; None keeps its own."""
    off: bool = False
    """Whether no window opens on it."""
    hours: Mapping[str, tuple[int, int] | None] = {}
    """By a window's name its minutes of opening and closing on this date; None keeps it shut."""


class Span(Noun, frozen=True, kw_only=True):
    """A stretch of time in which one window counts. Spans of a week never overlap."""

    window: Window
    opens_at: datetime
    closes_at: datetime
    """The first moment after it."""
    endless: bool = False
    """Whether it goes on beyond what was looked at, so that `closes_at` is only the end of looking."""
