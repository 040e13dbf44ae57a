"""Proofs on privacy fail where it is not kept."""

import pytest

from console.doctor import privacy
from engine.safety.privacy.scrubber import Scrubber
from state.store import Store
from tests.console.doctor.test_sandbox import tried


def test_they_hold_here_and_would_tell_if_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds as things are; with a scrubber that finds nothing and a store that erases nothing, it does not."""
    assert [proof.tripped for proof in tried(*privacy.TRIALS)] == [True, True, True]
    monkeypatch.setattr(Scrubber, "passes", lambda *_: True)
    monkeypatch.setattr(Scrubber, "found", lambda *_: ())
    monkeypatch.setattr(Store, "take", lambda *_: None)
    assert [proof.tripped for proof in tried(*privacy.TRIALS)] == [False, False, False]
