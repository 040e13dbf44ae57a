"""Proofs of the gate fail where it lets things through."""

from typing import Any

import pytest

from console.doctor import gate
from console.doctor.stand import spec
from tests.console.doctor.test_sandbox import tried


def test_tasks_that_may_start_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing vague or dangerous about them the same proofs find no guard."""
    monkeypatch.setattr(gate, "spec", lambda label, **_: spec(label))
    vague, dangerous = tried(gate.vague, gate.dangerous)
    assert not vague.tripped and not dangerous.tripped
    assert "external" in dangerous.detail


def test_a_merge_that_was_never_verified_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the verify command says yes, the proof of the verification does not hold."""

    def agreeable(label: str, **changes: Any) -> Any:
        return spec(label, **{**changes, "verify": "true"} if "verify" in changes else changes)

    monkeypatch.setattr("console.doctor.stand.spec", agreeable)
    (proof,) = tried(gate.unverified)
    assert not proof.tripped and "'two'" in proof.detail
