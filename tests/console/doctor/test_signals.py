"""Proofs about signals fail where one comes through."""

import pytest

from console.doctor import signals
from tests.console.doctor.test_sandbox import tried


def test_a_signal_that_may_act_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sure one starts its task, and the same proof finds no guard."""
    monkeypatch.setattr(signals, "_DOUBT", {"confidence": 1.0})
    doubtful, no_signal = tried(signals.doubtful, signals.no_signal)
    assert not doubtful.tripped
    assert no_signal.tripped and "no ordinary file" in no_signal.detail
