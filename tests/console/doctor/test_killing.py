"""Proofs of the kill switch fail where it kills nothing."""

import pytest

from console.doctor import killing
from tests.console.doctor.test_sandbox import tried


def test_a_switch_that_does_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds nothing to kill, while a build runs, is no kill switch."""
    monkeypatch.setattr("engine.safety.kill_switch.engage", lambda *_: ())
    (proof,) = tried(killing.engine_is_gone)
    assert not proof.tripped and "nothing was found to kill" in proof.detail
