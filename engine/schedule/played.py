"""What a simulation tells: the starts, who waits for whom, and how much work the windows take and leave over."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from state.model.record import Noun
from state.model.when.context import Change, Context


class Bout(Noun, frozen=True, kw_only=True):
    """One build that would run. Its times were drawn, but for those that had passed."""

    label: str
    build: str
    attempt: int
    at: datetime
    window: str
    """The window that counts when it starts; empty when none does."""
    context: Context
    hours: float
    """How long its task is expected to last."""
    source: str
    """Where that comes from: `estimate`, `history` or `default`."""
    ends_at: datetime
    ending: str
    """`done`, `review` (its diff waits for the operator), `failed`, `out of time`, or `stopped` with its window."""


class Wait(Noun, frozen=True, kw_only=True):
    """A task that is not done in the end."""

    label: str
    state: str
    whom: str
    """`you`, `tasks` that it depends on, or `time` for one that goes on by itself."""
    reason: str
    since: datetime | None = None
    """From when on it waits for the operator."""


class Slot(Noun, frozen=True, kw_only=True):
    """One run of a schedule's command."""

    name: str
    at: datetime
    run: str


class Stretch(Noun, frozen=True, kw_only=True):
    """A time in which window, context and slots stay the same. Hours are those of all slots together."""

    window: str
    context: Context
    opens_at: datetime
    closes_at: datetime
    slots: int
    hours: float
    used_hours: float
    starts: int


class Overflow(Noun, frozen=True, kw_only=True):
    """A window with more work than hours: the work that could start in it, and in the end still waits for room."""

    window: str
    """Empty where no windows are configured."""
    hours: float
    used_hours: float
    over_hours: float
    labels: tuple[str, ...]


class Played(Noun, frozen=True, kw_only=True):
    """All that would happen from `start` to `end`."""

    start: datetime
    end: datetime
    seed: int
    assumed: tuple[str, ...]
    """What is taken for granted, in words."""
    running: tuple[Bout, ...]
    """The builds that were under way already."""
    starts: tuple[Bout, ...]
    waits: tuple[Wait, ...]
    windows: tuple[Stretch, ...]
    overflow: tuple[Overflow, ...]
    commands: tuple[Slot, ...]
    """What the schedules run; of one that runs very often only the last times."""
    decisions: int
    """How many times a task was judged."""


def stretches(changes: Sequence[Change], end: datetime, bouts: Sequence[Bout]) -> tuple[Stretch, ...]:
    """Return the times between the changes, with what runs in them."""
    closings = [*(change.at for change in changes[1:]), end]
    return tuple(
        Stretch(
            window=change.window,
            context=change.context,
            opens_at=change.at,
            closes_at=closes,
            slots=change.slots,
            hours=_hours(change.slots * (closes - change.at).total_seconds()),
            used_hours=_hours(sum(_within(bout, change.at, closes) for bout in bouts)),
            starts=sum(change.at <= bout.at < closes for bout in bouts),
        )
        for change, closes in zip(changes, closings, strict=True)
    )


def overflow(windows: Iterable[Stretch], over: Iterable[tuple[str, str, float]]) -> tuple[Overflow, ...]:
    """Return the windows with work left over, given the window, label and seconds of each task that found no room."""
    left: dict[str, list[tuple[str, float]]] = {}
    for window, label, seconds in over:
        left.setdefault(window, []).append((label, seconds))
    spans = tuple(windows)
    return tuple(
        Overflow(
            window=window,
            hours=round(sum(span.hours for span in spans if span.window == window), 2),
            used_hours=round(sum(span.used_hours for span in spans if span.window == window), 2),
            over_hours=_hours(sum(seconds for _, seconds in tasks)),
            labels=tuple(label for label, _ in tasks),
        )
        for window, tasks in sorted(left.items())
    )


def _within(bout: Bout, opens: datetime, closes: datetime) -> float:
    return max((min(bout.ends_at, closes) - max(bout.at, opens)).total_seconds(), 0.0)


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 2)
