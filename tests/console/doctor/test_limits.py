"""Proofs of the limits fail where none is set."""

import pytest

from console.doctor import limits
from state.model.task import LimitOverrides
from tests.console.doctor.test_sandbox import tried


def test_without_limits_nothing_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that may have more gets it, and its proof says so."""
    monkeypatch.setattr(limits, "LimitOverrides", lambda **_: LimitOverrides())
    proofs = tried(limits.memory, limits.file_size, limits.open_files, limits.output)
    assert [proof.tripped for proof in proofs] == [False] * 4
