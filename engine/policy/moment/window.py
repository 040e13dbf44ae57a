"""Whether the window that is open now lets a task start."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from engine.policy.estimate import against, at_any_time, said, seconds
from engine.policy.times import lasting, say_here
from state.model.task import Priority, Spec, WindowUse
from state.model.verdict import Finding, Stance
from state.model.when.window import Span

RULE = "window"


def check(spec: Spec, spans: Sequence[Span], windowed: bool, now: datetime, zone: tzinfo) -> Finding:
    """Wait for a window that takes the task; high priority, and where no windows are configured anything, needs none.

    `spans` are what is open now and what opens in the time to come, in order; `zone` is the operator's.
    """
    if not windowed:
        return _allow("no windows are configured: any time is fine")
    if spec.priority is Priority.HIGH:
        return _allow("high priority needs no window")
    if spec.window is WindowUse.ANY:
        return _allow("is told to start in any window and outside of them")
    why_not = _why_not_now(spec, spans, now)
    if not why_not:
        (span,) = (span for span in spans if span.opens_at <= now < span.closes_at)
        until = "" if span.endless else f" until {say_here(span.closes_at, now, zone)}"
        return _allow(f"the {span.window.name} window is open{until}; {said(spec)}")
    found = _opening(spec, spans, now)
    if found is None:
        waits = "no window that takes it opens within two weeks"
    else:
        waits = f"waits for the {found.window.name} window, which opens {say_here(found.opens_at, now, zone)}"
    return Finding(rule=RULE, verdict=Stance.WAIT, text=f"{why_not}; {waits}")


def takes(spec: Spec, span: Span | None, at: datetime) -> bool:
    """Whether a task may start in a span at a moment that lies in it; None is a moment without a window."""
    if at_any_time(spec):
        return True
    if span is None or against(spec, span.window):
        return False
    return spec.window is not WindowUse.FIT or span.endless or _left_s(span, at) >= seconds(spec)


def opens_at(spec: Spec, spans: Sequence[Span], now: datetime) -> datetime | None:
    """Return the first moment from now on at which a window takes a task; None when none does in the spans."""
    if at_any_time(spec):
        return now
    found = _opening(spec, spans, now)
    return None if found is None else max(found.opens_at, now)


def _opening(spec: Spec, spans: Sequence[Span], now: datetime) -> Span | None:
    return next((span for span in spans if span.closes_at > now and takes(spec, span, max(span.opens_at, now))), None)


def _why_not_now(spec: Spec, spans: Sequence[Span], now: datetime) -> str:
    span = next((span for span in spans if span.opens_at <= now < span.closes_at), None)
    if span is None:
        return "no window is open"
    if takes(spec, span, now):
        return ""
    reason = against(spec, span.window)
    if reason:
        return f"the {span.window.name} window {reason}"
    return f"{lasting(_left_s(span, now))} are left of the {span.window.name} window, and it {said(spec)}"


def _left_s(span: Span, at: datetime) -> float:
    return (span.closes_at - at).total_seconds()


def _allow(text: str) -> Finding:
    return Finding(rule=RULE, verdict=Stance.ALLOW, text=text)
