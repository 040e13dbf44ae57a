"""Proofs on keys fail where they are handed to anybody."""

import pytest

from console.doctor import keys
from console.doctor.stand import spec
from tests.console.doctor.test_sandbox import tried


def test_they_hold_here_and_would_tell_if_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds as things are; with a task that asks for nothing, or a reader that minds nothing, it does not."""
    assert [proof.tripped for proof in tried(*keys.TRIALS)] == [True, True, True]
    monkeypatch.setattr(keys, "spec", lambda label, **_: spec(label))
    monkeypatch.setattr(keys, "fetch", lambda source: keys._VALUE)
    assert [proof.tripped for proof in tried(*keys.TRIALS)] == [False, False, False]
