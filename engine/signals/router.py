"""Decides by rule what becomes of a signal: whatever no rule can decide is for the operator."""

from typing import NamedTuple

from state.model.escalation import EscalationKind, Urgency
from state.model.money import to_dollars
from state.model.signals.signal import Handling, Signal, SignalType

_TELLING = frozenset({SignalType.GOALS_UPDATED, SignalType.TASK_QUEUE_GROWING})
"""What only tells of something that can be seen elsewhere."""

KINDS = {
    SignalType.SYSTEM_HEALTH: EscalationKind.SYSTEM_HEALTH,
    SignalType.DAEMON_CRASHED: EscalationKind.SYSTEM_HEALTH,
    SignalType.APPROVAL_NEEDED: EscalationKind.APPROVAL_NEEDED,
    SignalType.REVIEW_NEEDED: EscalationKind.REVIEW_NEEDED,
    SignalType.BUILD_FAILED: EscalationKind.BUILD_FAILED,
    SignalType.BUILD_STALLED: EscalationKind.BUILD_STALLED,
    SignalType.LIMIT_REACHED: EscalationKind.LIMIT_REACHED,
    SignalType.ANOMALY: EscalationKind.ANOMALY,
    SignalType.OPPORTUNITY: EscalationKind.OPPORTUNITY,
}
"""What a signal is among the questions to the operator; all others are unclear."""


class Bounds(NamedTuple):
    """What is decided without the operator."""

    confidence: float
    """From 0.0 to 1.0: nothing that is less sure."""
    impact: int
    """Micro-dollars: nothing where more is at stake."""


class Route(NamedTuple):
    """What is to become of a signal."""

    handling: Handling
    why: str
    doubt: str = ""
    """Why the operator must agree to the task that it asks for; empty where the rules on tasks are enough."""


def route(signal: Signal, bounds: Bounds) -> Route:
    """Return what is to become of a signal, and why."""
    doubt = doubts(signal, bounds)
    if signal.type is SignalType.SPAWN_AGENT:
        unsure = doubt or ("it does not say how sure it is" if signal.confidence is None else "")
        return Route(Handling.QUEUED, "it asks for a task, which may start only as the gate allows", unsure)
    if doubt:
        return Route(Handling.ASKED, doubt)
    if signal.said:
        return Route(Handling.ASKED, "its type is not known")
    if signal.type in _TELLING and signal.priority.rank >= Urgency.MEDIUM.rank:
        return Route(Handling.LOGGED, "it tells of something, and asks for nothing")
    if signal.type is SignalType.SYSTEM_HEALTH and signal.priority is Urgency.LOW:
        return Route(Handling.LOGGED, "it is of low priority")
    return Route(Handling.ASKED, "no rule can decide it")


def doubts(signal: Signal, bounds: Bounds) -> str:
    """Return why a signal is for the operator by its own word on itself; empty where it is not."""
    if signal.confidence is not None and signal.confidence < bounds.confidence:
        return f"it says to be {signal.confidence:.0%} sure, and below {bounds.confidence:.0%} you decide"
    if signal.impact is not None and signal.impact > bounds.impact:
        return (
            f"it says that {to_dollars(signal.impact)} are at stake, and you decide above {to_dollars(bounds.impact)}"
        )
    return ""
