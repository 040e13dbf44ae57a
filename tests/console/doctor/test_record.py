"""Proofs of the record fail where tampering goes unnoticed."""

import pytest

from console.doctor import record
from tests.console.doctor.test_sandbox import tried


def test_a_copy_that_nobody_changed_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof notices when nothing is found, and holds when something is."""
    trials = record.TRIALS[:2]
    assert [proof.tripped for proof in tried(*trials)] == [True, True]
    monkeypatch.setitem(record._WAYS, "changed", lambda lines: lines)
    assert [proof.tripped for proof in tried(*trials)] == [False, True]


def test_a_rewritten_chain_is_noticed_by_its_published_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof holds where a chain was computed anew, and not where nothing was changed."""
    assert [proof.tripped for proof in tried(record.rewritten)] == [True]
    monkeypatch.setattr(record, "_resealed", lambda folder: None)
    assert [proof.tripped for proof in tried(record.rewritten)] == [False]
