"""Proofs of what builds may do together fail where nothing counts it."""

import pytest

from console.doctor import together
from tests.console.doctor.test_sandbox import tried


def test_they_hold_with_limits_and_not_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no rate and no breaker in the settings, builds go on and others start."""
    assert [proof.tripped for proof in tried(*together.TRIALS)] == [True, True]
    monkeypatch.setattr(together, "_FEW", "\n[limits.rates]\ncalls_per_min = 0\n[limits.action]\ncalls = 10\n")
    held = tried(together.breaker)
    assert not held[0].tripped and "a fourth build was started" in held[0].detail
