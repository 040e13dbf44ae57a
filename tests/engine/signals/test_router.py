"""What becomes of a signal by rule, as a table."""

from typing import Any

import pytest

from engine.signals.router import Bounds, route
from state.model.escalation import Urgency
from state.model.signals.signal import Handling, Signal, SignalType

BOUNDS = Bounds(confidence=0.7, impact=50_000_000)


def a_signal(kind: SignalType, **fields: Any) -> Signal:
    return Signal(id="ci-1", type=kind, **fields)


@pytest.mark.parametrize("kind", SignalType)
@pytest.mark.parametrize("claim", [{"confidence": 0.69}, {"impact": 50_000_001}])
def test_one_that_is_unsure_or_costs_much_is_for_the_operator(kind: SignalType, claim: dict[str, Any]) -> None:
    """Whatever its type and priority; the task of one that asks for one waits for a yes."""
    for priority in Urgency:
        found = route(a_signal(kind, priority=priority, **claim), BOUNDS)
        assert (found.handling is Handling.ASKED) or (found.handling is Handling.QUEUED and found.doubt)


@pytest.mark.parametrize("kind", [SignalType.GOALS_UPDATED, SignalType.TASK_QUEUE_GROWING])
def test_what_only_tells_is_written_down(kind: SignalType) -> None:
    """Unless it says to matter."""
    assert route(a_signal(kind), BOUNDS).handling is Handling.LOGGED
    assert route(a_signal(kind, confidence=0.7, impact=50_000_000), BOUNDS).handling is Handling.LOGGED
    assert route(a_signal(kind, priority=Urgency.URGENT), BOUNDS).handling is Handling.ASKED
    assert route(a_signal(SignalType.SYSTEM_HEALTH, priority=Urgency.LOW), BOUNDS).handling is Handling.LOGGED


@pytest.mark.parametrize(
    "kind",
    sorted(set(SignalType) - {SignalType.GOALS_UPDATED, SignalType.TASK_QUEUE_GROWING, SignalType.SPAWN_AGENT}),
)
def test_what_no_rule_can_decide_asks(kind: SignalType) -> None:
    """There is nobody else who could."""
    found = route(a_signal(kind), BOUNDS)
    assert found.handling is Handling.ASKED and found.why


def test_an_unknown_type_asks() -> None:
    """Also at the lowest priority."""
    found = route(a_signal(SignalType.UNCLEAR, said="moonrise", priority=Urgency.LOW), BOUNDS)
    assert found.handling is Handling.ASKED and "not known" in found.why


def test_a_task_is_without_doubt_only_when_it_says_so() -> None:
    """One that says nothing of how sure it is is not sure."""
    assert not route(a_signal(SignalType.SPAWN_AGENT, confidence=0.7), BOUNDS).doubt
    assert "does not say how sure" in route(a_signal(SignalType.SPAWN_AGENT), BOUNDS).doubt
    assert "55%" in route(a_signal(SignalType.SPAWN_AGENT, confidence=0.55), BOUNDS).doubt
    assert "$80.00" in route(a_signal(SignalType.SPAWN_AGENT, confidence=1.0, impact=80_000_000), BOUNDS).doubt
