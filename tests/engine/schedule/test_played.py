"""The sums that a simulation tells."""

from datetime import datetime, timedelta

from engine.schedule.played import Bout, overflow, stretches
from state.model.when.context import Change, Context
from tests.making import NOON


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def a_bout(label: str, begins: float, ends: float) -> Bout:
    return Bout(
        label=label, build=f"{label}-1", attempt=1, at=at(begins), window="", context=Context.AVAILABLE,
        hours=1.0, source="estimate", ends_at=at(ends), ending="done",
    )  # fmt: skip


def a_change(hours: float, window: str, slots: int = 2) -> Change:
    return Change(at=at(hours), context=Context.AVAILABLE, window=window, slots=slots)


CHANGES = (a_change(0, "day"), a_change(4, "night"), a_change(6, "day", 1))
BOUTS = (a_bout("a", -1, 1), a_bout("b", 3, 5), a_bout("c", 4, 9))


def test_each_stretch_has_its_hours() -> None:
    """Hours count all slots, used hours only what lies within, starts only what begins within."""
    found = stretches(CHANGES, at(8), BOUTS)
    assert [(span.window, span.opens_at, span.closes_at) for span in found] == [
        ("day", at(0), at(4)),
        ("night", at(4), at(6)),
        ("day", at(6), at(8)),
    ]
    assert [(span.hours, span.used_hours, span.starts) for span in found] == [
        (8.0, 2.0, 1),
        (4.0, 3.0, 1),
        (2.0, 2.0, 0),
    ]


def test_overflow_sums_by_window() -> None:
    """What finds no room is summed under its window, beside all hours of that window."""
    spans = stretches(CHANGES, at(8), BOUTS)
    first, second = overflow(spans, [("day", "x", 3600.0), ("night", "y", 1800.0), ("day", "z", 7200.0)])
    assert (first.window, first.hours, first.used_hours, first.over_hours) == ("day", 10.0, 4.0, 3.0)
    assert first.labels == ("x", "z")
    assert (second.window, second.over_hours) == ("night", 0.5)
    assert overflow(spans, []) == ()
